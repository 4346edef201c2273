import type { Readable } from "node:stream";

/** A request to the API, free of any cluster: what `RawApi` builds and a `Client` sends. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, such as `/api/v1/pods?limit=500`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface RequestOptions {
  signal?: AbortSignal;
  /** Milliseconds until the answer must have arrived whole; default 30 000, none for streams. */
  timeout?: number;
}

/** The answer to a request whose body is read as it comes. */
export interface StreamedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Destroy it to drop the connection. */
  readonly body: Readable;
}

/**
 * What the layers above need of a client; `Client` is the implementation.
 * All three reject with `ApiError` for an answer of 400 or more, with
 * `ConnectionError` where no answer came, and with the signal's reason.
 */
export interface Transport {
  /** Sends and parses the JSON answer. */
  request<T>(request: ApiRequest, options?: RequestOptions): Promise<T>;
  requestText(request: ApiRequest, options?: RequestOptions): Promise<string>;
  /** Resolves once the headers are there and the status is below 400. */
  stream(request: ApiRequest, options?: RequestOptions): Promise<StreamedResponse>;
}
