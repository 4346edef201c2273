import { Readable, Writable } from "node:stream";
import type { WebSocket } from "ws";

const BUFFER = 64 * 1024;
/** In v5.channel.k8s.io: the channel that tells of the end of another. */
const CLOSE = 255;

/** The server's end of a WebSocket whose messages begin with the number of a channel. */
export class ServerChannels {
  readonly #socket: WebSocket;
  readonly #readers = new Map<number, (data: Buffer | undefined) => boolean>();
  readonly #full = new Set<number>();

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#dispatch(data));
    socket.on("error", () => socket.terminate());
    socket.once("close", () => {
      for (const reader of this.#readers.values()) reader(undefined);
    });
  }

  /** `reader` gets what comes and, at the end, undefined; false holds back what follows until `drained`. */
  read(channel: number, reader: (data: Buffer | undefined) => boolean): void {
    this.#readers.set(channel, reader);
  }

  drained(channel: number): void {
    if (this.#full.delete(channel) && this.#full.size === 0) this.#socket.resume();
  }

  readable(channel: number): Readable {
    const stream = new Readable({
      highWaterMark: BUFFER,
      read: () => this.drained(channel),
      destroy: (error, done) => {
        this.#readers.delete(channel);
        this.drained(channel);
        done(error);
      },
    });
    this.read(channel, (data) => stream.push(data ?? null));
    return stream;
  }

  writable(channel: number): Writable {
    return new Writable({
      highWaterMark: BUFFER,
      write: (chunk: Buffer, _encoding, done) => this.send(channel, chunk, done),
    }).on("error", () => {});
  }

  send(channel: number, data: Uint8Array, done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(channel), data]), done);
  }

  #dispatch(data: Buffer): void {
    const [channel, closed] = data;
    if (channel === undefined) return;
    if (channel === CLOSE && closed !== undefined) {
      this.#readers.get(closed)?.(undefined);
      this.#readers.delete(closed);
    } else if (data.length > 1 && this.#readers.get(channel)?.(data.subarray(1)) === false) {
      this.#full.add(channel);
      this.#socket.pause();
    }
  }
}
