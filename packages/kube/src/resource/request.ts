/** A request to the API, free of any cluster: what `RawApi` builds and a `Client` sends. */
export interface ApiRequest {
  /** In HTTP's sense; `PATCH` needs the content type of its patch. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, such as `/api/v1/pods?limit=500`. */
  readonly path: string;
  /** Lower-case names. Without credentials, which a `Client` adds. */
  readonly headers?: Readonly<Record<string, string>>;
  /** As it is sent; absent for none. */
  readonly body?: string | Uint8Array;
}
