import { createHash, randomBytes } from "node:crypto";
import type { Duplex, Writable } from "node:stream";
import * as ws from "ws";
import { ConnectionError } from "../errors.ts";
import { connectionError } from "../failure.ts";
import type { ApiRequest, RequestOptions, Transport } from "../transport.ts";

/** Milliseconds. What sits between, such as a load balancer, cuts connections on which nothing moves. */
const PING_INTERVAL = 15_000;
/** Milliseconds without a sign of life, not even the answer to a ping, after which the server counts as gone. */
const SILENCE = 60_000;
/** Milliseconds that the server has to answer our close. */
const CLOSE_TIMEOUT = 2_000;
/** The server decides how much it sends at once; far above what it does. */
const LONGEST_MESSAGE = 64 * 1024 * 1024;
/** RFC 6455, section 1.3. */
const HANDSHAKE_ID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// The two halves of `ws`, which its type declarations leave out: here the
// connection, with its TLS, proxies and credentials, is the client's own.
interface Sender {
  send(data: Uint8Array, options: object, done: (error?: Error | null) => void): void;
  ping(data: Uint8Array, mask: boolean): void;
  pong(data: Uint8Array, mask: boolean): void;
  close(code: number, data: string, mask: boolean): void;
}
const { Receiver, Sender } = ws as unknown as {
  Receiver: new (options: { isServer: boolean; maxPayload: number }) => Writable;
  Sender: new (socket: Duplex) => Sender;
};

export interface WebSocketListener {
  message(data: Buffer): void;
  /** Once, at the end; with an error where it was not a regular close. */
  closed(error: Error | undefined): void;
}

/**
 * Opens a WebSocket by the subprotocol that the server likes best.
 * Rejects as a `Transport` does.
 */
export async function openWebSocket(
  transport: Transport,
  request: ApiRequest,
  protocols: readonly string[],
  options: RequestOptions,
): Promise<WebSocketConnection> {
  if (transport.upgrade === undefined)
    throw new TypeError("this transport cannot open WebSockets: it has no upgrade()");
  const key = randomBytes(16).toString("base64");
  const headers = {
    ...request.headers,
    "sec-websocket-version": "13",
    "sec-websocket-key": key,
    "sec-websocket-protocol": protocols.join(", "),
  };
  const response = await transport.upgrade({ ...request, headers }, "websocket", options);
  const name = (request.path.split("?", 1)[0] ?? "").split("/").slice(-3).join("/");
  const protocol = response.headers["sec-websocket-protocol"];
  const accept = createHash("sha1")
    .update(key + HANDSHAKE_ID)
    .digest("base64");
  const wrong =
    response.headers["sec-websocket-accept"] !== accept
      ? "its answer to the WebSocket handshake is wrong"
      : typeof protocol !== "string" || !protocols.includes(protocol)
        ? `it speaks none of ${protocols.join(", ")}`
        : undefined;
  if (wrong === undefined) {
    return new WebSocketConnection(response.socket, String(protocol), name, options.signal);
  }
  response.socket.destroy();
  throw new ConnectionError(`cannot talk to ${name}: ${wrong}`);
}

/** The client's end of a WebSocket (RFC 6455). Nothing is read before `listen`. */
export class WebSocketConnection {
  readonly protocol: string;
  readonly #name: string;
  readonly #signal: AbortSignal | undefined;
  readonly #socket: Duplex;
  readonly #sender: Sender;
  readonly #receiver = new Receiver({ isServer: false, maxPayload: LONGEST_MESSAGE });
  #pings: NodeJS.Timeout | undefined;
  #heard = Date.now();
  #paused = false;
  #closing = false;
  /** The server closed it, and not because of an error. */
  #regular = false;
  #error: Error | undefined;

  constructor(socket: Duplex, protocol: string, name: string, signal: AbortSignal | undefined) {
    this.protocol = protocol;
    this.#name = name;
    this.#signal = signal;
    this.#socket = socket;
    this.#sender = new Sender(socket);
  }

  listen(listener: WebSocketListener): void {
    const socket = this.#socket;
    this.#receiver
      .on("message", (data: Buffer) => listener.message(data))
      .on("ping", (data: Buffer) => {
        if (!this.#closing) this.#sender.pong(data, true);
      })
      .on("conclude", (code: number, reason: Buffer) => this.#concluded(code, reason))
      .on("error", (error) => this.destroy(this.#failure(error)))
      .on("drain", () => this.#resume());
    socket
      .on("data", (chunk: Buffer) => {
        this.#heard = Date.now();
        if (!this.#receiver.write(chunk)) socket.pause();
      })
      .on("error", (error) => {
        this.#error ??= this.#failure(error);
      })
      .on("end", () => socket.destroy());
    this.#pings = setInterval(() => this.#ping(), PING_INTERVAL).unref();
    const ended = () => {
      clearInterval(this.#pings);
      const cut = this.#closing ? undefined : this.#failure(new Error("the connection was cut"));
      listener.closed(this.#regular ? undefined : (this.#error ?? cut));
    };
    if (socket.closed) ended();
    else socket.once("close", ended);
    this.#resume();
  }

  /** `done` is called when it is on its way, or cannot be any more. */
  send(data: Uint8Array, done: (error?: Error | null) => void): void {
    if (this.#closing || this.#socket.destroyed) done(this.#error ?? this.#failure(new Error("it is closed")));
    else this.#sender.send(data, { binary: true, fin: true, mask: true, compress: false }, done);
  }

  /** Holds the server back; a little may still come. */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#heard = Date.now();
    this.#resume();
  }

  /** What was sent before arrives. */
  close(): void {
    if (this.#closing || this.#socket.destroyed) return;
    this.#closing = true;
    this.#sender.close(1000, "", true);
    this.#socket.end();
    this.#paused = false;
    this.#resume();
    setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT).unref();
  }

  destroy(error: Error): void {
    this.#error ??= error;
    this.#socket.destroy(error);
  }

  #resume(): void {
    if (!this.#paused && !this.#receiver.writableNeedDrain) this.#socket.resume();
  }

  #concluded(code: number, reason: Buffer): void {
    // 1005: the close frame has no code.
    if (code === 1000 || code === 1005) this.#regular = true;
    else this.#error ??= this.#failure(new Error(`the server closed it: ${reason.toString() || `code ${code}`}`));
    this.close();
  }

  #ping(): void {
    if (this.#closing || this.#socket.destroyed) return;
    // What is held back cannot answer.
    if (!this.#paused && Date.now() - this.#heard > SILENCE) {
      this.destroy(this.#failure(new Error(`no sign of life for ${SILENCE / 1000} s`)));
    } else {
      this.#sender.ping(Buffer.alloc(0), true);
    }
  }

  #failure(cause: unknown): Error {
    if (!this.#signal?.aborted) return connectionError(cause, this.#name, true);
    const { reason } = this.#signal;
    return reason instanceof Error ? reason : new Error(String(reason));
  }
}
