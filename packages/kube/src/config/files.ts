import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { ConfigError } from "./errors.ts";
import type { PemSource } from "./kubeconfig.ts";
import { Renewed, type Source } from "./renewed.ts";

/** How long what a file held is used before it is read again; as in client-go. */
const REREAD_MS = 60_000;

export interface KeyPair {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/**
 * What `read` makes of files, read again at most once a minute. Files are replaced one after the
 * other and not always atomically, so while a later reading fails the last good one stays in use;
 * once the server refuses it, it is forgotten, and then the failure shows.
 */
export function reread<T>(read: () => Promise<T>, now: () => number): Source<T> {
  return new Renewed<T>({
    now,
    load: async (_signal, previous) => {
      const renewAt = now() + REREAD_MS;
      try {
        return { value: await read(), renewAt };
      } catch (error) {
        if (previous === undefined) throw error;
        return { value: previous, renewAt };
      }
    },
  });
}

/** The certificate authorities at `pem`. */
export function caSource(pem: PemSource, what: string, now: () => number): Source<Buffer> {
  const load = async () => checkCa(await readPem(pem, what), naming(pem, what));
  return "file" in pem ? reread(load, now) : once(load);
}

/** The client certificate and its key; a new pair is used once both are in place. */
export function keyPairSource(cert: PemSource, key: PemSource, where: string, now: () => number): Source<KeyPair> {
  const load = async () => {
    const pair = {
      cert: await readPem(cert, `${where}: client-certificate`),
      key: await readPem(key, `${where}: client-key`),
    };
    return checkKeyPair(pair, `${where}: client-certificate and client-key`);
  };
  return "file" in cert || "file" in key ? reread(load, now) : once(load);
}

/** @throws {ConfigError} not a certificate and its key. */
export function checkKeyPair(pair: KeyPair, what: string): KeyPair {
  try {
    createSecureContext({ cert: pair.cert, key: pair.key });
    return pair;
  } catch (error) {
    throw new ConfigError(`${what} do not make a pair of PEM certificate and key: ${reason(error)}`);
  }
}

/** The content of a file; `what` is what messages call it. */
export async function read(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ConfigError(
      `${what} ${file} ${isMissing(error) ? "does not exist" : `cannot be read: ${reason(error)}`}`,
    );
  }
}

export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === "ENOENT" || code === "ENOTDIR";
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Loads now, so that a bad value is an error of `get`, and never again. */
function once<T>(load: () => Promise<T>): Source<T> {
  const promise = load();
  promise.catch(() => {});
  return { get: () => promise, forget: () => false };
}

async function readPem(pem: PemSource, what: string): Promise<Buffer> {
  if ("file" in pem) return read(pem.file, what);
  const data = pem.data.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data)) throw new ConfigError(`${what}-data is not base64`);
  return Buffer.from(data, "base64");
}

function checkCa(ca: Buffer, what: string): Buffer {
  try {
    new X509Certificate(ca);
    return ca;
  } catch (error) {
    throw new ConfigError(`${what} holds no PEM certificate: ${reason(error)}`);
  }
}

function naming(pem: PemSource, what: string): string {
  return "file" in pem ? `${what} ${pem.file}` : `${what}-data`;
}
