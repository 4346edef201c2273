import { DecodeError } from "../client/errors.ts";
import type { WatchEvent } from "../resource/object.ts";

const NEWLINE = 10;

/** Bytes of a watch in, its events out: one JSON object a line. */
export class EventLines<K> {
  /** The beginning of a line whose end has not come. */
  #rest: Buffer[] = [];
  #broken: DecodeError | undefined;

  /** Whether all that came has been given out. */
  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  /** @throws DecodeError where a line is not JSON; the events before it are given out first. */
  push(chunk: Uint8Array): WatchEvent<K>[] {
    if (this.#broken !== undefined) throw this.#broken;
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
        if (events.length === 0) throw this.#broken;
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
