import { createSecureContext, type SecureContext } from "node:tls";
import type { Dispatcher, ProxyAgent } from "undici";
// Not by undici's index: it loads twice as much, and Bun puts a stub of its own in its place.
import buildConnector from "undici/lib/core/connect.js";
import SingleConnection from "undici/lib/dispatcher/client.js";
import type { ClusterConfig, TlsMaterial } from "../config/cluster-config.ts";
import { ConfigError } from "../config/errors.ts";
import { diagnostics } from "./diagnostics.ts";
import { proxyFor } from "./proxy.ts";

// kube-apiserver closes a connection that was idle for 90 s; a request that
// meets the closing would fail, so we close first.
const IDLE = 30_000;
/** As many connections are kept for later; a crowd of streams that ends leaves more. */
const KEPT = 32;

/** One connection, for one request at a time. */
export interface Lease {
  readonly dispatcher: Dispatcher;
  /** The request is over, and the connection good for another. */
  release(): void;
  /** The connection is to be cut. */
  drop(reason: Error): void;
}

/** What was connected with the same TLS material. */
interface Generation {
  readonly version: string;
  readonly open: () => Dispatcher;
  readonly idle: Dispatcher[];
}

/**
 * The pool of connections to one server. Each carries one request at a time;
 * the one used last is used again first. When the TLS material changes, new
 * connections take over, and each old one ends with the request that runs on it.
 *
 * Not undici's Pool: that connects anew after each request that was aborted,
 * which for watches is the rule, and takes two sockets where one would do.
 */
export class Connections {
  /** The server, and the way there if it is not direct; for messages. */
  readonly name: string;
  readonly #config: ClusterConfig;
  readonly #server: URL;
  readonly #proxy: URL | undefined;
  readonly #connectTimeout: number;
  readonly #all = new Set<Dispatcher>();
  #current: Generation | undefined;

  /**
   * @param connectTimeout milliseconds.
   * @throws {ConfigError} the proxy is wrong.
   */
  constructor(config: ClusterConfig, connectTimeout: number) {
    this.#config = config;
    this.#server = new URL(config.server);
    this.#proxy = proxyFor(this.#server, config.proxyUrl, process.env);
    this.name = this.#proxy === undefined ? config.server : `${config.server} through the proxy ${this.#proxy.host}`;
    this.#connectTimeout = connectTimeout;
  }

  /** @throws {ConfigError} the TLS material cannot be had or used. */
  async lease(signal: AbortSignal): Promise<Lease> {
    // A proxy's agent lacks its methods unless all of undici is loaded.
    const undici = this.#proxy && (await import("undici/index.js"));
    const { material, version } = await this.#config.tls(signal);
    const generation =
      this.#current?.version === version ? this.#current : this.#renew(version, material, undici?.ProxyAgent);
    const dispatcher = generation.idle.pop() ?? this.#open(generation);
    return {
      dispatcher,
      release: () => {
        if (generation === this.#current && generation.idle.length < KEPT) generation.idle.push(dispatcher);
        else this.#close(dispatcher);
      },
      drop: (reason) => {
        this.#all.delete(dispatcher);
        dispatcher.destroy(reason).catch(() => {});
      },
    };
  }

  /** Cuts all connections; what runs on them fails with the reason. */
  async destroy(reason: Error): Promise<void> {
    const all = [...this.#all];
    this.#all.clear();
    this.#current = undefined;
    await Promise.all(all.map((dispatcher) => dispatcher.destroy(reason)));
  }

  #open(generation: Generation): Dispatcher {
    const dispatcher = generation.open();
    this.#all.add(dispatcher);
    return dispatcher;
  }

  #close(dispatcher: Dispatcher): void {
    dispatcher.close().then(
      () => this.#all.delete(dispatcher),
      () => {},
    );
  }

  #renew(version: string, material: TlsMaterial, Agent: typeof ProxyAgent | undefined): Generation {
    for (const dispatcher of this.#current?.idle ?? []) this.#close(dispatcher);
    this.#current = { version, open: this.#opener(material, Agent), idle: [] };
    return this.#current;
  }

  #opener(material: TlsMaterial, Agent: typeof ProxyAgent | undefined): () => Dispatcher {
    const options = { keepAliveTimeout: IDLE, allowH2: false };
    const timeout = this.#connectTimeout;
    const tls = { ...(this.#server.protocol === "https:" ? this.#prepare(material) : {}), timeout };
    if (this.#proxy === undefined || Agent === undefined) {
      const connect = told(buildConnector(tls), this.#server.origin);
      return () => new SingleConnection(this.#server.origin, { ...options, connect });
    }
    // To undici, TLS settings for the way to a SOCKS proxy mean that the proxy itself speaks TLS.
    const proxyTls = this.#proxy.protocol === "socks5:" ? {} : { proxyTls: { timeout } };
    const factory = (origin: URL, given: SingleConnection.Options) => {
      const connect = typeof given.connect === "function" ? told(given.connect, this.#server.origin) : given.connect;
      return new SingleConnection(origin, { ...given, ...(connect && { connect }) });
    };
    const proxied = { ...options, ...proxyTls, uri: this.#proxy.href, connections: 1, requestTls: tls, factory };
    return () => new Agent(proxied);
  }

  /** Reads the certificates once, which costs milliseconds, and not again for each connection. */
  #prepare({ ca, cert, key, ...rest }: TlsMaterial): TlsMaterial & { secureContext: SecureContext } {
    try {
      return { ...rest, secureContext: createSecureContext({ ca, cert, key }) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`the certificates or the key for ${this.#config.server} cannot be used: ${reason}`);
    }
  }
}

/** The same, telling of each connection how it comes and goes. */
function told(connect: buildConnector.connector, server: string): buildConnector.connector {
  const { connection } = diagnostics;
  return (options, callback) =>
    connect(options, (...[error, socket]: Parameters<buildConnector.Callback>) => {
      if (error) return callback(error, null);
      if (connection.hasSubscribers) connection.publish({ type: "opened", server });
      socket.once("close", () => {
        if (connection.hasSubscribers) connection.publish({ type: "closed", server });
      });
      callback(null, socket);
    });
}
