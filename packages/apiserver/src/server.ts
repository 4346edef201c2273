import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { selfSignedCertificate } from "./certificate.ts";
import { Containers } from "./containers/containers.ts";
import type { Authorize } from "./http/access.ts";
import { type HandlerOptions, handle } from "./http/handler.ts";
import type { WatchStream } from "./http/watch-stream.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import { ensureNamespaces } from "./registry/namespaces.ts";
import { ObjectStore } from "./store/object-store.ts";

/** How an in-memory API server behaves. */
export interface ApiServerOptions {
  /** 0, the default, for any free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default: a new one with the usual namespaces. The store of a stopped server brings its objects and history. */
  store?: ObjectStore;
  /** Milliseconds since 1970, for the timestamps of objects; default `Date.now`. */
  clock?: () => number;
  /** Milliseconds between the bookmarks of a watch, default 60 000. */
  bookmarkInterval?: number;
  /**
   * Serve HTTPS with a new self-signed certificate, which the kubeconfig names;
   * default false. kubectl sends its token over HTTPS only.
   */
  tls?: boolean;
  /** The bearer token that clients must bring; default a random one. */
  token?: string;
  /** Decides on each request to a resource; default all may do all. */
  authorize?: Authorize;
  /**
   * Sees each request first. What it answers itself, for which it returns true, the
   * server does not: for faults such as a 429, or an answer that never comes.
   */
  intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** An in-memory API server that listens. */
export interface ApiServer {
  /** Such as `http://127.0.0.1:41233`. */
  readonly url: string;
  /** The one that was asked for, or the free one that was found. */
  readonly port: number;
  /** The bearer token that clients must bring. */
  readonly token: string;
  /** The objects; hand it to the next server to have it go on. */
  readonly store: ObjectStore;
  /** What runs in the Pods: their logs, commands and ports. */
  readonly containers: Containers;
  /** YAML text with the URL and a user that has the token. */
  kubeconfig(): string;
  /** Closes the port and all connections; the store stays. */
  stop(): Promise<void>;
  /** Destroys all connections; new ones are taken. */
  cutConnections(): void;
  /**
   * Cuts each watch after this many more bytes of events, be it in the middle of
   * one: the watches that are open and those to come, until it is called with undefined.
   */
  cutWatchesAfterBytes(bytes: number | undefined): void;
}

/**
 * Starts an in-memory Kubernetes API server and resolves once it listens.
 * Rejects with the system's error where the port cannot be had.
 *
 * ```ts
 * const server = await startApiServer();
 * const client = new Client(await configFromText(server.kubeconfig()));
 * const namespaces = await Api.v1Namespace(client).list();
 * console.log(namespaces.items.map(({ metadata }) => metadata.name).join()); // default,kube-node-lease,kube-public,kube-system
 * await client.close();
 * await server.stop();
 * ```
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { host = "127.0.0.1", store = new ObjectStore(), clock = Date.now } = options;
  const token = options.token ?? randomBytes(16).toString("hex");
  const registry = { store, clock };
  ensureNamespaces(registry);
  const watches = new Set<WatchStream>();
  let watchBytes: number | undefined;
  const certificate = options.tls === true ? selfSignedCertificate(host) : undefined;
  const containers = new Containers(clock);
  const handlerOptions: HandlerOptions = {
    registry,
    token,
    authorize: options.authorize,
    containers,
    bookmarkInterval: options.bookmarkInterval ?? 60_000,
    onWatch(watch, watchResponse) {
      watch.cutAfter(watchBytes);
      watches.add(watch);
      watchResponse.once("close", () => watches.delete(watch));
    },
  };
  const listener: RequestListener = (request, response) => {
    if (options.intercept?.(request, response) !== true) void handle(request, response, handlerOptions);
  };
  const http = certificate === undefined ? createHttpServer(listener) : createHttpsServer(certificate, listener);
  // Longer than a client leaves a connection idle, so that it is the client that closes it.
  http.keepAliveTimeout = 120_000;
  // Those that no longer speak HTTP, which the server knows nothing of.
  const upgraded = new Set<Socket>();
  http.on("upgrade", (request, socket: Socket, head) => {
    upgraded.add(socket.once("close", () => upgraded.delete(socket)));
    socket.on("error", () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once("finish", () => socket.end());
    void handle(request, response, handlerOptions, { socket, head });
  });
  const cutConnections = () => {
    http.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
  };
  http.listen(options.port ?? 0, host);
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const scheme = certificate === undefined ? "http" : "https";
  const url = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    url,
    port,
    token,
    store,
    containers,
    kubeconfig: () => kubeconfigText({ url, token, certificate: certificate?.cert }),
    async stop() {
      const closed = once(http, "close");
      http.close();
      cutConnections();
      await closed;
    },
    cutConnections,
    cutWatchesAfterBytes(bytes) {
      watchBytes = bytes;
      for (const watch of watches) watch.cutAfter(bytes);
    },
  };
}
