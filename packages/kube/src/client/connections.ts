import type { Dispatcher } from "undici";
import { Pool, ProxyAgent } from "undici";
import type { ClusterConfig, TlsMaterial } from "../config/cluster-config.ts";
import { proxyFor } from "./proxy.ts";

// kube-apiserver closes a connection that was idle for 90 s; a request that
// meets the closing would fail, so we close first.
const IDLE = 30_000;

/**
 * The connections to one server: a single pool, which keeps them open between
 * requests and opens one more for each that runs beside others. When the TLS
 * material changes, a new pool takes over, and the old one ends with the last
 * request that runs on it.
 */
export class Connections {
  /** The server, and the way there if it is not direct; for messages. */
  readonly name: string;
  readonly #config: ClusterConfig;
  readonly #server: URL;
  readonly #proxy: URL | undefined;
  readonly #connectTimeout: number;
  readonly #all = new Set<Dispatcher>();
  #current: { readonly version: string; readonly dispatcher: Dispatcher } | undefined;

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

  /** @throws {ConfigError} the TLS material cannot be read. */
  async dispatcher(signal: AbortSignal): Promise<Dispatcher> {
    const { material, version } = await this.#config.tls(signal);
    if (this.#current?.version === version) return this.#current.dispatcher;
    const dispatcher = this.#open(material);
    const old = this.#current?.dispatcher;
    this.#current = { version, dispatcher };
    this.#all.add(dispatcher);
    old?.close().finally(() => this.#all.delete(old));
    return dispatcher;
  }

  /** Cuts all connections; what runs on them fails with the reason. */
  async destroy(reason: Error): Promise<void> {
    const all = [...this.#all];
    this.#all.clear();
    this.#current = undefined;
    await Promise.all(all.map((dispatcher) => dispatcher.destroy(reason)));
  }

  #open(tls: TlsMaterial): Dispatcher {
    const timeout = this.#connectTimeout;
    const options = { keepAliveTimeout: IDLE, allowH2: false };
    if (this.#proxy === undefined) return new Pool(this.#server.origin, { ...options, connect: { ...tls, timeout } });
    const uri = this.#proxy.href;
    return new ProxyAgent({ ...options, uri, requestTls: { ...tls, timeout }, proxyTls: { timeout } });
  }
}
