import { createSecureContext, type SecureContext } from "node:tls";
import type { Dispatcher } from "undici";
// Not by undici's index: it loads twice as much, and Bun puts a stub of its own in its place.
import buildConnector from "undici/lib/core/connect.js";
import SingleConnection from "undici/lib/dispatcher/client.js";
import type { TlsMaterial } from "../config/cluster-config.ts";
import { ConfigError } from "../config/errors.ts";
import { diagnostics } from "./diagnostics.ts";

// kube-apiserver closes a connection that was idle for 90 s; a request that
// meets the closing would fail, so we close first.
const IDLE = 30_000;

export const connectionOptions = { keepAliveTimeout: IDLE, allowH2: false };

export interface Destination {
  readonly server: URL;
  /** As the configuration has it; for messages. */
  readonly name: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * Opens connections straight to the server.
 *
 * @throws {ConfigError} the certificates or the key cannot be used.
 */
export function openDirectly(to: Destination, material: TlsMaterial): () => Dispatcher {
  const { origin } = to.server;
  const connect = told(buildConnector(connectorOptions(to, material)), origin);
  return () => new SingleConnection(origin, { ...connectionOptions, connect });
}

/**
 * How to connect to the server itself. The certificates are read once, which costs
 * milliseconds, and not again for each connection.
 *
 * @throws {ConfigError} the certificates or the key cannot be used.
 */
export function connectorOptions(
  { server, name, timeout }: Destination,
  material: TlsMaterial,
): buildConnector.BuildOptions {
  if (server.protocol !== "https:") return { timeout };
  const { ca, cert, key, ...rest } = material;
  let secureContext: SecureContext;
  try {
    secureContext = createSecureContext({ ca, cert, key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`the certificates or the key for ${name} cannot be used: ${reason}`);
  }
  return { ...rest, secureContext, timeout };
}

/** The same, telling of each connection how it comes and goes. */
export function told(connect: buildConnector.connector, server: string): buildConnector.connector {
  const { connection } = diagnostics;
  return (options, callback) =>
    connect(options, (...[error, socket]: Parameters<buildConnector.Callback>) => {
      if (error) return callback(error, null);
      if (connection.hasSubscribers) {
        connection.publish({ type: "opened", server });
        socket.once("close", () => connection.publish({ type: "closed", server }));
      }
      callback(null, socket);
    });
}
