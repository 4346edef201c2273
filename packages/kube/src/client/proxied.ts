import type { Dispatcher } from "undici";
// A proxy's agent lacks its methods unless all of undici is loaded.
import { ProxyAgent } from "undici/index.js";
import SingleConnection from "undici/lib/dispatcher/client.js";
import type { TlsMaterial } from "../config/cluster-config.ts";
import { connectionOptions, connectorOptions, type Destination, told } from "./direct.ts";

/**
 * Opens connections to the server through the proxy.
 *
 * @throws {ConfigError} the certificates or the key cannot be used.
 */
export function openThroughProxy(proxy: URL, to: Destination, material: TlsMaterial): () => Dispatcher {
  const { server, timeout } = to;
  // To undici, TLS settings for the way to a SOCKS proxy mean that the proxy itself speaks TLS.
  const proxyTls = proxy.protocol === "socks5:" ? {} : { proxyTls: { timeout } };
  const requestTls = connectorOptions(to, material);
  const factory = (origin: URL, given: SingleConnection.Options) => {
    const connect = typeof given.connect === "function" ? told(given.connect, server.origin) : given.connect;
    return new SingleConnection(origin, { ...given, ...(connect && { connect }) });
  };
  const options = { ...connectionOptions, ...proxyTls, uri: proxy.href, connections: 1, requestTls };
  return () => new ProxyAgent({ ...options, factory });
}
