import { ConfigError } from "./errors.ts";

/**
 * A text as the value of a header: its UTF-8 bytes, one to a character, as Node writes headers.
 *
 * @throws {ConfigError} with `what`, and not the text: a control character cannot be sent.
 */
export function headerValue(text: string, what: string): string {
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(bytes)) {
    throw new ConfigError(`${what} holds a line break or another control character, which a header cannot carry`);
  }
  return bytes;
}
