import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { ConfigError, reason } from "./errors.ts";

// Loaded where there are certificates: Node's TLS costs memory and time.

export interface KeyPair {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** @throws {ConfigError} not a certificate and its key. */
export function checkKeyPair(pair: KeyPair, what: string): void {
  try {
    createSecureContext({ cert: pair.cert, key: pair.key });
  } catch (error) {
    throw new ConfigError(`${what} do not make a pair of PEM certificate and key: ${reason(error)}`);
  }
}

/** @throws {ConfigError} no certificate. */
export function checkCa(ca: Buffer, what: string): void {
  try {
    new X509Certificate(ca);
  } catch (error) {
    throw new ConfigError(`${what} holds no PEM certificate: ${reason(error)}`);
  }
}
