import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** A stream of UTF-8 as lines without their ends; what follows the last end is a line too. */
export async function* lines(body: Readable): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder("utf8");
  // Pieces of a line that has not ended yet: joined once, so that a long one costs no more.
  let begun: string[] = [];
  for await (const chunk of body) {
    const parts = decoder.write(chunk as Buffer).split("\n");
    const last = parts.pop() ?? "";
    for (const part of parts) {
      yield begun.join("") + part;
      begun = [];
    }
    begun.push(last);
  }
  const rest = begun.join("") + decoder.end();
  if (rest !== "") yield rest;
}
