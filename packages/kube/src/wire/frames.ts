import type { WatchEvent } from "../resource/object.ts";
import { DecodeError } from "./errors.ts";
import { type Projection, project } from "./projection.ts";

const NEWLINE = 0x0a;
// An object in etcd has at most 1.5 MiB by default; what is ten times that was not sent by an API server.
const LONGEST_LINE = 16 * 1024 * 1024;
const TYPES: ReadonlySet<unknown> = new Set(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]);

/**
 * Cuts the bytes of a watch into its events: JSON, one a line. Chunks may end
 * anywhere, within a character too.
 */
export class EventDecoder<K> {
  readonly #longestLine: number;
  /** The beginning of a line whose end has not come yet. */
  #parts: Uint8Array[] = [];
  #length = 0;
  #lines = 0;
  readonly #projection: Projection | undefined;

  /** @param projection of the objects; that of a BOOKMARK or ERROR is left whole. */
  constructor(longestLine = LONGEST_LINE, projection?: Projection) {
    this.#longestLine = longestLine;
    this.#projection = projection;
  }

  /**
   * Appends to `events` those that end in this chunk.
   *
   * @throws {DecodeError} a line is no event or is too long. `events` then holds
   * what came before it, and nothing that comes after it can be trusted.
   */
  push(chunk: Uint8Array, events: WatchEvent<K>[]): void {
    const bytes = asBuffer(chunk);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.#checkLength(end - start);
      const line = this.#length === 0 ? bytes.toString("utf8", start, end) : this.#join(bytes.subarray(start, end));
      start = end + 1;
      this.#lines++;
      if (line !== "") events.push(this.#parse(line));
    }
    if (start === bytes.length) return;
    this.#checkLength(bytes.length - start);
    this.#parts.push(start === 0 ? bytes : bytes.subarray(start));
    this.#length += bytes.length - start;
  }

  /**
   * To be called when the stream has ended.
   *
   * @throws {DecodeError} it ended within an event.
   */
  end(): void {
    if (this.#length > 0) {
      throw new DecodeError(`the watch ended ${this.#length} bytes into event ${this.#lines + 1}`);
    }
  }

  #join(last: Uint8Array): string {
    const line = Buffer.concat([...this.#parts, last], this.#length + last.length).toString("utf8");
    this.#parts = [];
    this.#length = 0;
    return line;
  }

  #checkLength(more: number): void {
    if (this.#length + more > this.#longestLine) {
      throw new DecodeError(`event ${this.#lines + 1} of the watch is longer than ${this.#longestLine} bytes`);
    }
  }

  #parse(line: string): WatchEvent<K> {
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch {
      // The parser's message quotes the text, which may be a Secret's.
      throw new DecodeError(`event ${this.#lines} of the watch, ${line.length} characters, is not JSON`);
    }
    if (!isEvent<K>(event)) {
      throw new DecodeError(`event ${this.#lines} of the watch has no known type or no object`);
    }
    if (this.#projection !== undefined && event.type !== "BOOKMARK" && event.type !== "ERROR") {
      event.object = project(event.object, this.#projection) as K;
    }
    return event;
  }
}

/**
 * The events of a watch's body, all that came with one chunk together: an array
 * a chunk costs far fewer promises than an event each. Ends when the body ends.
 *
 * @throws {DecodeError} once the events before the fault have been yielded; see `EventDecoder`.
 */
export async function* decodeEvents<K>(
  body: AsyncIterable<Uint8Array>,
  longestLine?: number,
): AsyncGenerator<WatchEvent<K>[], void, undefined> {
  const decoder = new EventDecoder<K>(longestLine);
  for await (const chunk of body) {
    const events: WatchEvent<K>[] = [];
    let fault: unknown;
    try {
      decoder.push(chunk, events);
    } catch (error) {
      fault = error;
    }
    if (events.length > 0) yield events;
    if (fault !== undefined) throw fault;
  }
  decoder.end();
}

function isEvent<K>(value: unknown): value is WatchEvent<K> {
  if (typeof value !== "object" || value === null) return false;
  const { type, object } = value as { type?: unknown; object?: unknown };
  return TYPES.has(type) && typeof object === "object" && object !== null;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
