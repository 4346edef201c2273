import { DecodeError } from "../client/errors.ts";
import type { WatchEvent } from "../resource/object.ts";

const NEWLINE = 10;

/** Bytes of a watch in, its events out: one JSON object a line. */
export class EventLines<K> {
  /** The beginning of a line whose end has not come. */
  #rest: Buffer[] = [];
  #broken: DecodeError | undefined;

  /** Why there is no reading on, once all events that `push` gave out are dealt with. */
  get broken(): DecodeError | undefined {
    return this.#broken;
  }

  /** Whether all that came has been given out. */
  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  /** The events whose lines end in the chunk, up to a line that is not JSON. */
  push(chunk: Uint8Array): WatchEvent<K>[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const events: WatchEvent<K>[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = this.#line(bytes, start, end);
      start = end + 1;
      if (line === "") continue;
      try {
        events.push(JSON.parse(line) as WatchEvent<K>);
      } catch {
        // The text may hold secrets, and the parser's message quotes it.
        this.#broken = new DecodeError(`a line of ${line.length} characters in the watch is not JSON`);
        return events;
      }
    }
    if (start < bytes.length) this.#rest.push(bytes.subarray(start));
    return events;
  }

  #line(bytes: Buffer, start: number, end: number): string {
    if (this.#rest.length === 0) return bytes.toString("utf8", start, end);
    const whole = Buffer.concat([...this.#rest, bytes.subarray(start, end)]);
    this.#rest = [];
    return whole.toString("utf8");
  }
}
