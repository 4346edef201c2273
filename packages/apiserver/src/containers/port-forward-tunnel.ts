import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Containers } from "./containers.ts";
import { refused } from "./port-forward.ts";
import { SpdyDecoder, SpdyEncoder, type SpdyFrame } from "./spdy.ts";

/** How kubectl forwards ports since 1.31: any number of connections, as streams of SPDY within a WebSocket. */
export const tunnelProtocol = "SPDY/3.1+portforward.k8s.io";

export function servePortForwardTunnel(socket: WebSocket, containers: Containers): void {
  const tunnel = new Tunnel(socket, containers);
  const decoder = new SpdyDecoder();
  let reading = Promise.resolve();
  socket.on("message", (data: Buffer) => {
    // A frame may take time to decode, and none overtakes another.
    reading = reading
      .then(async () => {
        for await (const frame of decoder.decode(data)) await tunnel.take(frame);
      })
      .catch(() => socket.terminate());
  });
  socket.on("error", () => socket.terminate());
  socket.once("close", () => tunnel.closed());
}

/** Each connection has two streams with the same request id, `error` first, then `data`. */
class Tunnel {
  readonly #socket: WebSocket;
  readonly #containers: Containers;
  readonly #encoder = new SpdyEncoder();
  readonly #errorStreams = new Map<string, number>();
  readonly #connections = new Map<number, Duplex>();
  readonly #full = new Set<number>();

  constructor(socket: WebSocket, containers: Containers) {
    this.#socket = socket;
    this.#containers = containers;
  }

  async take(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case "syn-stream":
        this.#socket.send(await this.#encoder.synReply(frame.stream));
        return this.#open(frame.stream, frame.headers);
      case "data":
        return this.#data(frame.stream, frame.data, frame.fin);
      case "reset":
        this.#connections.get(frame.stream)?.destroy();
        return;
      case "ping":
        this.#socket.send(this.#encoder.ping(frame.id));
    }
  }

  closed(): void {
    for (const connection of this.#connections.values()) connection.destroy();
  }

  #open(stream: number, headers: ReadonlyMap<string, string>): void {
    const request = headers.get("requestid") ?? "";
    if (headers.get("streamtype") === "error") {
      this.#errorStreams.set(request, stream);
      return;
    }
    const errors = this.#errorStreams.get(request) ?? 0;
    this.#errorStreams.delete(request);
    const port = Number(headers.get("port"));
    const handler = this.#containers.portHandler(port);
    if (handler === undefined) {
      this.#send(errors, Buffer.from(refused(port)), true);
      this.#send(stream, Buffer.alloc(0), true);
      return;
    }
    const connection = new Duplex({
      read: () => this.#drained(stream),
      write: (chunk: Buffer, _encoding, done) => this.#send(stream, chunk, false, done),
      final: (done) => this.#send(stream, Buffer.alloc(0), true, done),
      destroy: (error, done) => {
        this.#connections.delete(stream);
        this.#drained(stream);
        // kubectl waits for the end of the errors, and of the data where that was cut.
        if (!connection.writableFinished) this.#send(stream, Buffer.alloc(0), true);
        this.#send(errors, Buffer.alloc(0), true);
        done(error);
      },
    });
    this.#connections.set(
      stream,
      connection.on("error", () => {}),
    );
    handler(connection);
  }

  #data(stream: number, data: Buffer, fin: boolean): void {
    const connection = this.#connections.get(stream);
    if (connection === undefined) return;
    if (data.length > 0 && !connection.push(data)) {
      this.#full.add(stream);
      this.#socket.pause();
    }
    if (fin) connection.push(null);
  }

  #drained(stream: number): void {
    if (this.#full.delete(stream) && this.#full.size === 0) this.#socket.resume();
  }

  #send(stream: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void = () => {}): void {
    if (this.#socket.readyState !== this.#socket.OPEN) {
      done();
      return;
    }
    const frames = [...this.#encoder.data(stream, data, fin)];
    const last = frames.pop() as Buffer;
    for (const frame of frames) this.#socket.send(frame);
    this.#socket.send(last, done);
  }
}
