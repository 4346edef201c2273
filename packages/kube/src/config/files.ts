import { readFile } from "node:fs/promises";
import type { KeyPair } from "./certificates.ts";
import { ConfigError, reason } from "./errors.ts";
import type { PemSource } from "./kubeconfig.ts";
import { Renewed, type Source } from "./renewed.ts";

/** How long what a file held is used before it is read again; as in client-go. */
const REREAD_MS = 60_000;

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
  const load = async () => {
    const ca = await readPem(pem, what);
    const { checkCa } = await import("./certificates.ts");
    checkCa(ca, naming(pem, what));
    return ca;
  };
  return "file" in pem ? reread(load, now) : once(load);
}

/** The client certificate and its key; a new pair is used once both are in place. */
export function keyPairSource(cert: PemSource, key: PemSource, where: string, now: () => number): Source<KeyPair> {
  const load = async () => {
    const pair = {
      cert: await readPem(cert, `${where}: client-certificate`),
      key: await readPem(key, `${where}: client-key`),
    };
    const { checkKeyPair } = await import("./certificates.ts");
    checkKeyPair(pair, `${where}: client-certificate and client-key`);
    return pair;
  };
  return "file" in cert || "file" in key ? reread(load, now) : once(load);
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

function naming(pem: PemSource, what: string): string {
  return "file" in pem ? `${what} ${pem.file}` : `${what}-data`;
}
