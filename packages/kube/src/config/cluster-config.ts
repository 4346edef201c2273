/** What TLS needs to reach the API server, in the shape of the options of `tls.connect`. */
export interface TlsMaterial {
  /** PEM of the certificate authorities to trust instead of the system's. */
  readonly ca?: string | Buffer;
  /** PEM of the client certificate, with its chain. */
  readonly cert?: string | Buffer;
  /** PEM of the client certificate's private key. */
  readonly key?: string | Buffer;
  /** The name to verify (and to send as SNI) instead of the host of the server's address. */
  readonly servername?: string;
  /** `false` where the kubeconfig says `insecure-skip-tls-verify`; else absent. */
  readonly rejectUnauthorized?: boolean;
}

/**
 * One cluster, one user, one namespace: all that a client needs in order to send requests.
 * Made by `loadConfig`; credentials are read late and renewed as they age.
 */
export interface ClusterConfig {
  /** `https://host:port[/path]`, without a trailing slash. */
  readonly server: string;
  /** The context's namespace, or `default`. */
  readonly namespace: string;
  /** Names from the kubeconfig, for messages; absent in a cluster. */
  readonly context?: string;
  /** The cluster's name. */
  readonly cluster?: string;
  /** The user's name. */
  readonly user?: string;
  /** `http:`, `https:` or `socks5:` URL through which to connect; absent: the environment decides. */
  readonly proxyUrl?: string;
  /**
   * The current TLS material, and a version that changes whenever any of it does, so that the
   * client can renew its connections. Cheap while nothing changed: call it for each request.
   *
   * @throws {ConfigError} a file or a credential plugin failed.
   */
  tls(signal?: AbortSignal): Promise<{ readonly material: TlsMaterial; readonly version: string }>;
  /**
   * Headers of authentication and impersonation for one request, lower-case names; several values
   * of one name are an array, to be sent as several headers. Renews what has expired.
   *
   * @throws {ConfigError} a file or a credential plugin failed.
   */
  headers(signal?: AbortSignal): Promise<Readonly<Record<string, string | string[]>>>;
  /**
   * To be called after an answer of 401: forgets cached credentials, so that the next `headers`
   * and `tls` read them anew. True if a retry makes sense.
   */
  refresh(signal?: AbortSignal): Promise<boolean>;
}
