import type { Dispatcher } from "undici";
import type { ClusterConfig, TlsMaterial } from "../config/cluster-config.ts";
import { proxyFor } from "./proxy.ts";

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

/** Makes of TLS material what opens connections with it. */
type Opener = (material: TlsMaterial) => () => Dispatcher;

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
  #opener: Promise<Opener> | undefined;
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
    this.#opener ??= this.#loadOpener();
    const opener = await this.#opener;
    const { material, version } = await this.#config.tls(signal);
    const generation = this.#current?.version === version ? this.#current : this.#renew(version, opener(material));
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

  #renew(version: string, open: () => Dispatcher): Generation {
    for (const dispatcher of this.#current?.idle ?? []) this.#close(dispatcher);
    this.#current = { version, open, idle: [] };
    return this.#current;
  }

  /** With the first connection, and only then, what opens one is loaded: most of what a client costs. */
  async #loadOpener(): Promise<Opener> {
    const to = { server: this.#server, name: this.#config.server, timeout: this.#connectTimeout };
    const proxy = this.#proxy;
    if (proxy === undefined) {
      const { openDirectly } = await import("./direct.ts");
      return (material) => openDirectly(to, material);
    }
    const { openThroughProxy } = await import("./proxied.ts");
    return (material) => openThroughProxy(proxy, to, material);
  }
}
