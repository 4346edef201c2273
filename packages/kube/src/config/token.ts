import { ConfigError } from "./errors.ts";
import type { Credential } from "./exec.ts";
import { read, reread } from "./files.ts";
import { headerValue } from "./header-value.ts";
import type { Source } from "./renewed.ts";

/** The credential that is a bearer token. */
export function bearer(token: string, what: string): Credential {
  return { authorization: `Bearer ${headerValue(token, what)}` };
}

/**
 * The bearer token in a file. `token`, where given beside it, stands in while the file cannot be
 * read, as in client-go.
 */
export function tokenFileSource(
  file: string,
  what: string,
  now: () => number,
  token?: string | undefined,
): Source<Credential> {
  return reread(async () => {
    const fromFile = readToken(file, what);
    return bearer(await (token === undefined ? fromFile : fromFile.catch(() => token)), what);
  }, now);
}

async function readToken(file: string, what: string): Promise<string> {
  const token = (await read(file, what)).toString("utf8").trim();
  if (token === "") throw new ConfigError(`${what} ${file} is empty`);
  return token;
}
