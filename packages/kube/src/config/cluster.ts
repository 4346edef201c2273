import { isDeepStrictEqual } from "node:util";
import type { KeyPair } from "./certificates.ts";
import type { ClusterConfig, TlsMaterial } from "./cluster-config.ts";
import type { Credential } from "./exec.ts";
import type { Source } from "./renewed.ts";

type Tls = { readonly material: TlsMaterial; readonly version: string };
type Headers = Readonly<Record<string, string | string[]>>;

/** The parts of a `ClusterConfig`; the sources say how each credential is had and renewed. */
export interface ClusterParts {
  server: string;
  namespace: string;
  context?: string | undefined;
  cluster?: string | undefined;
  user?: string | undefined;
  proxyUrl?: string | undefined;
  tlsServerName?: string | undefined;
  insecureSkipTlsVerify: boolean;
  ca: Source<Buffer | undefined>;
  keyPair: Source<KeyPair | undefined>;
  /** Its client certificate, if it has one, goes before `keyPair`. */
  credential: Source<Credential>;
  impersonation: Headers;
}

/**
 * The one `ClusterConfig`. Secrets are in private fields, so that a log of the object has none.
 *
 * A source gives the same promise as long as its value is fresh, so the answers of `tls` and
 * `headers` are made once for each such promise: a request with unchanged credentials costs a
 * comparison.
 */
export class ConfiguredCluster implements ClusterConfig {
  readonly server: string;
  readonly namespace: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  declare readonly proxyUrl?: string;
  readonly #parts: ClusterParts;
  #headers: { from: Promise<Credential>; answer: Promise<Headers> } | undefined;
  #tls: { from: readonly Promise<unknown>[]; answer: Promise<Tls> } | undefined;
  #latest: Tls | undefined;
  #version = 0;

  constructor(parts: ClusterParts) {
    this.server = parts.server;
    this.namespace = parts.namespace;
    if (parts.context !== undefined) this.context = parts.context;
    if (parts.cluster !== undefined) this.cluster = parts.cluster;
    if (parts.user !== undefined) this.user = parts.user;
    // a proxy's URL may hold a password: there for who asks, but not when the object is printed
    if (parts.proxyUrl !== undefined) Object.defineProperty(this, "proxyUrl", { value: parts.proxyUrl });
    this.#parts = parts;
  }

  headers(signal?: AbortSignal): Promise<Headers> {
    const from = this.#parts.credential.get(signal);
    if (this.#headers?.from !== from) {
      this.#headers = { from, answer: from.then((credential) => this.#headersWith(credential)) };
    }
    return this.#headers.answer;
  }

  tls(signal?: AbortSignal): Promise<Tls> {
    const { ca, keyPair, credential } = this.#parts;
    const from = [ca.get(signal), keyPair.get(signal), credential.get(signal)] as const;
    if (this.#tls === undefined || from.some((promise, index) => promise !== this.#tls?.from[index])) {
      const answer = Promise.all(from).then(([ca, keyPair, credential]) =>
        this.#tlsWith(ca, credential.keyPair ?? keyPair),
      );
      this.#tls = { from, answer };
    }
    return this.#tls.answer;
  }

  async refresh(signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    const credential = this.#parts.credential.forget();
    const keyPair = this.#parts.keyPair.forget();
    return credential || keyPair;
  }

  #headersWith({ authorization }: Credential): Headers {
    return { ...(authorization === undefined ? {} : { authorization }), ...this.#parts.impersonation };
  }

  #tlsWith(ca: Buffer | undefined, keyPair: KeyPair | undefined): Tls {
    const { tlsServerName, insecureSkipTlsVerify } = this.#parts;
    const material: TlsMaterial = {
      ...(ca === undefined ? {} : { ca }),
      ...keyPair,
      ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
      ...(insecureSkipTlsVerify ? { rejectUnauthorized: false } : {}),
    };
    // a file that was read again and holds the same is no change
    if (this.#latest === undefined || !isDeepStrictEqual(material, this.#latest.material)) {
      this.#latest = { material, version: String(++this.#version) };
    }
    return this.#latest;
  }
}
