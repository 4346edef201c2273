import type { Readable } from "node:stream";
import { ApiError, ConnectionError, DecodeError } from "../client/errors.ts";
import type { Transport } from "../client/transport.ts";
import type { KubeObject, WatchEvent } from "../resource/object.ts";
import type { ApiRequest } from "../resource/request.ts";
import { EventDecoder } from "../wire/frames.ts";
import type { Projection } from "../wire/projection.ts";
import type { Clock } from "./clock.ts";
import type { Answer } from "./state.ts";
import { type Transform, transformEvents } from "./transform.ts";

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly request: ApiRequest;
  /** Milliseconds until the headers of the answer must be there. */
  readonly patience: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Of the objects; absent: they are kept whole. */
  readonly projection: Projection | undefined;
  /** Of the objects, when they have been cut down. */
  readonly transform: Transform<KubeObject, KubeObject> | undefined;
  /** Called whenever the server gave a sign of life. */
  readonly heard: () => void;
}

/** One watch request: its answers, one after the other, until it is over. */
export class WatchConnection<K> {
  readonly #options: ConnectionOptions;
  readonly #asked: number;
  readonly #abort = new AbortController();
  readonly #decoder: EventDecoder<K>;
  /** Why there is no reading on. */
  #fault: unknown;
  #body: Readable | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #silent = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#decoder = new EventDecoder<K>(undefined, options.projection);
    this.#asked = options.clock.now();
    options.signal.addEventListener("abort", this.close);
  }

  /**
   * The next answer, once there is one, or `silence` milliseconds have brought
   * none. Never rejects. Silence counts only in here: a consumer that takes its
   * time between two calls holds the server back, it does not make it dead.
   */
  async answer(silence: number): Promise<Answer<K>> {
    let waited = this.#options.patience;
    try {
      this.#chunks ??= await this.#within(waited, this.#open());
      waited = silence;
      for (;;) {
        if (this.#fault !== undefined) throw this.#fault;
        const chunk = await this.#within(silence, this.#chunks.next());
        if (chunk.done === true) return this.#end();
        const events = this.#decode(chunk.value);
        if (events.length > 0) return { type: "events", events };
      }
    } catch (error) {
      if (this.#silent) return { type: "silence", milliseconds: waited, opened: this.#chunks !== undefined };
      if (error instanceof ApiError) this.#options.heard();
      return { type: "error", error: asKnown(error) };
    }
  }

  /** A fault waits until the events before it have been dealt with. */
  #decode(chunk: Uint8Array): WatchEvent<K>[] {
    const events: WatchEvent<K>[] = [];
    try {
      this.#decoder.push(chunk, events);
    } catch (error) {
      this.#fault = error;
    }
    const { transform } = this.#options;
    if (transform !== undefined) this.#fault = transformEvents(events, transform).fault ?? this.#fault;
    return events;
  }

  #end(): Answer<K> {
    try {
      this.#decoder.end();
    } catch (error) {
      // What came was right as far as it went.
      throw new ConnectionError(`the connection was cut: ${(error as Error).message}`, { cause: error });
    }
    return { type: "end", lasted: this.#options.clock.now() - this.#asked };
  }

  /** Drops the connection. */
  readonly close = (): void => {
    this.#options.signal.removeEventListener("abort", this.close);
    this.#abort.abort();
    this.#body?.destroy();
  };

  async #open(): Promise<AsyncIterator<Uint8Array>> {
    const { transport, request } = this.#options;
    const { body } = await transport.stream(request, { signal: this.#abort.signal });
    this.#body = body;
    // Given up while the transport was making it.
    if (this.#abort.signal.aborted) body.destroy();
    return body[Symbol.asyncIterator]();
  }

  /** Waits for the server, not longer than `silence`. */
  async #within<T>(silence: number, sign: Promise<T>): Promise<T> {
    const timer = this.#options.clock.setTimeout(() => {
      this.#silent = true;
      this.close();
    }, silence);
    try {
      const value = await sign;
      this.#options.heard();
      return value;
    } finally {
      this.#options.clock.clearTimeout(timer);
    }
  }
}

/** Errors of sockets come in many classes; to the watch they are all a connection that broke. */
function asKnown(error: unknown): Error {
  if (error instanceof ApiError || error instanceof ConnectionError || error instanceof DecodeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ConnectionError(`the watch connection broke: ${message}`, { cause: error });
}
