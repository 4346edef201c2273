import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { ConnectionError } from "../errors.ts";
import type { ApiRequest, RequestOptions, Transport } from "../transport.ts";
import { Channels } from "./channels.ts";
import { openWebSocket, type WebSocketConnection } from "./websocket.ts";

/** Two channels a port, data and errors, each of which begins with the port's number, two bytes little-endian. */
const PROTOCOLS = ["v4.channel.k8s.io"];
const BUFFER = 64 * 1024;

/** One connection to each of some ports of a pod. */
export interface PortForward {
  /**
   * The connection to one of the ports that were asked for. It ends when all of them do, and
   * fails with a ConnectionError where the pod's does; it may be left without a listener for
   * errors. What is not read holds back the other ports.
   *
   * The protocol cannot say that we have no more to send: to end a connection, destroy the stream.
   *
   * @throws {RangeError} that port was not asked for.
   */
  stream(port: number): Duplex;
  /** Ends all connections; what was written before arrives. */
  close(): void;
}

/** Where to listen, and until when. */
export interface ListenOptions {
  /** Default: any that is free. */
  localPort?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Ends the listening and all connections. */
  signal?: AbortSignal;
  /** Told why a connection could not be made or was cut. */
  onError?: (error: unknown) => void;
}

/** A port of this computer that stands for one of a pod. */
export interface PortListener {
  /** The one that was asked for, or the free one that was found. */
  readonly localPort: number;
  /** Ends the listening and all connections. */
  close(): Promise<void>;
}

export async function openPortForward(
  transport: Transport,
  request: ApiRequest,
  ports: readonly number[],
  options: RequestOptions,
): Promise<PortForward> {
  const socket = await openWebSocket(transport, request, PROTOCOLS, options);
  const channels = new Channels(socket);
  const streams = new Map<number, Duplex>();
  for (const [index, port] of ports.entries()) streams.set(port, forwarded(socket, channels, index, port, streams));
  channels.start(() => {});
  return {
    stream(port) {
      const stream = streams.get(port);
      if (stream === undefined) throw new RangeError(`port ${port} is not forwarded; ${ports.join(", ")} are`);
      return stream;
    },
    close: () => socket.close(),
  };
}

function forwarded(
  socket: WebSocketConnection,
  channels: Channels,
  index: number,
  port: number,
  all: ReadonlyMap<number, Duplex>,
): Duplex {
  const data = 2 * index;
  const stream = new Duplex({
    highWaterMark: BUFFER,
    read: () => channels.drained(data),
    write: (chunk: Buffer, _encoding, done) => channels.write(data, chunk, done),
    destroy(error, done) {
      channels.read(data, ignored);
      channels.drained(data);
      // No words for the end of one: the end of all.
      if ([...all.values()].every((each) => each.destroyed)) socket.close();
      done(error);
    },
  });
  channels.read(data, {
    push: withoutPort((bytes) => stream.push(bytes)),
    closed(error) {
      if (error === undefined) stream.push(null);
      else stream.destroy(error);
    },
  });
  channels.read(data + 1, {
    push: withoutPort((bytes) => {
      stream.destroy(new ConnectionError(`port ${port} of the pod: ${bytes.toString().trim()}`));
      return true;
    }),
    closed() {},
  });
  return stream.on("error", () => {});
}

const ignored = { push: () => true, closed() {} };

/** Leaves out the first two bytes of a channel, which may come with others or alone. */
function withoutPort(push: (data: Buffer) => boolean): (data: Buffer) => boolean {
  let missing = 2;
  return (data) => {
    const skipped = Math.min(missing, data.length);
    missing -= skipped;
    return skipped === data.length || push(data.subarray(skipped));
  };
}

/** @param open one connection to the port. */
export async function listen(
  open: (signal: AbortSignal) => Promise<PortForward>,
  port: number,
  options: ListenOptions,
): Promise<PortListener> {
  const { localPort = 0, host = "127.0.0.1", signal, onError = () => {} } = options;
  signal?.throwIfAborted();
  const stopping = new AbortController();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: false, pauseOnConnect: true }, (local) => {
    sockets.add(local.on("close", () => sockets.delete(local)));
    serve(local).catch((error) => {
      local.destroy();
      if (!stopping.signal.aborted) onError(error);
    });
  });
  async function serve(local: Socket): Promise<void> {
    local.on("error", () => {});
    const forward = await open(stopping.signal);
    const remote = forward.stream(port);
    remote.on("error", (error) => onError(error));
    remote.once("close", () => local.end());
    local.once("close", () => forward.close());
    local.pipe(remote, { end: false });
    remote.pipe(local);
  }
  const close = async () => {
    signal?.removeEventListener("abort", close);
    if (stopping.signal.aborted) return;
    stopping.abort();
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  server.listen(localPort, host);
  await once(server, "listening");
  signal?.addEventListener("abort", close);
  if (signal?.aborted) await close();
  const address = server.address();
  return { localPort: typeof address === "object" && address !== null ? address.port : localPort, close };
}
