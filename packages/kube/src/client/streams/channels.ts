import { Readable, Writable } from "node:stream";
import type { WebSocketConnection } from "./websocket.ts";

/** As much of one channel as its reader may be behind before the server is held back. */
const BUFFER = 64 * 1024;
/** What is written at once goes in messages of so many bytes; servers take no message of any size. */
const LONGEST_MESSAGE = 64 * 1024;
/** The channel on which v5.channel.k8s.io tells that another one has ended. */
const CLOSE = 255;

/**
 * Several streams over one WebSocket: the first byte of each message is the
 * number of its channel. One channel that is not read holds back all.
 */
export class Channels {
  readonly #socket: WebSocketConnection;
  readonly #readers = new Map<number, Reader>();
  readonly #full = new Set<number>();

  constructor(socket: WebSocketConnection) {
    this.#socket = socket;
  }

  /** Begins to read; `closed` comes once, after all streams were ended or, with an error, destroyed. */
  start(closed: (error: Error | undefined) => void): void {
    this.#socket.listen({
      message: (data) => this.#dispatch(data),
      closed: (error) => {
        for (const reader of this.#readers.values()) reader.closed(error);
        closed(error);
      },
    });
  }

  /** Calls `push` with what comes on a channel; where it returns false, nothing more comes before `drained`. */
  read(channel: number, reader: Reader): void {
    this.#readers.set(channel, reader);
  }

  readable(channel: number): Readable {
    const stream = new Readable({
      highWaterMark: BUFFER,
      read: () => this.drained(channel),
      destroy: (error, done) => {
        // Nobody reads it any more, so it must not hold back the others.
        this.#readers.delete(channel);
        this.drained(channel);
        done(error);
      },
    });
    this.read(channel, {
      push: (data) => stream.push(data),
      closed(error) {
        if (error === undefined) stream.push(null);
        else stream.destroy(error);
      },
    });
    return stream.on("error", () => {});
  }

  drained(channel: number): void {
    if (this.#full.delete(channel) && this.#full.size === 0) this.#socket.resume();
  }

  /** @param ended called once all that was written is on its way. */
  writable(channel: number, ended: (done: (error?: Error | null) => void) => void): Writable {
    return new Writable({
      highWaterMark: BUFFER,
      write: (chunk: Buffer, _encoding, done) => this.write(channel, chunk, done),
      final: ended,
    }).on("error", () => {});
  }

  write(channel: number, data: Buffer, done: (error?: Error | null) => void): void {
    const next = (from: number) => {
      const piece = data.subarray(from, from + LONGEST_MESSAGE);
      const rest = from + piece.length;
      this.#socket.send(Buffer.concat([Buffer.of(channel), piece]), (error) => {
        if (error || rest >= data.length) done(error);
        else next(rest);
      });
    };
    next(0);
  }

  /** Tells the server that nothing more comes on a channel, where the protocol has words for that. */
  end(channel: number, done: (error?: Error | null) => void): void {
    if (this.#socket.protocol.startsWith("v5.")) this.#socket.send(Buffer.of(CLOSE, channel), done);
    else done();
  }

  #dispatch(data: Buffer): void {
    const [channel, closed] = data;
    if (channel === CLOSE && closed !== undefined) {
      this.#readers.get(closed)?.closed(undefined);
      this.#readers.delete(closed);
    } else if (
      channel !== undefined &&
      data.length > 1 &&
      this.#readers.get(channel)?.push(data.subarray(1)) === false
    ) {
      this.#full.add(channel);
      this.#socket.pause();
    }
  }
}

export interface Reader {
  /** False to hold back what follows. */
  push(data: Buffer): boolean;
  closed(error: Error | undefined): void;
}
