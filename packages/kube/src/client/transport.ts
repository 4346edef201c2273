import type { Duplex, Readable } from "node:stream";
import type { ApiRequest } from "../resource/request.ts";

export type { ApiRequest } from "../resource/request.ts";

/** How one request is sent. */
export interface RequestOptions {
  /** Gives the request up; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds until the answer must have arrived whole; default 30 000, none for streams. */
  timeout?: number;
}

/** The answer to a request whose body is read as it comes. */
export interface StreamedResponse {
  /** The HTTP status, below 300. */
  readonly status: number;
  /** Lower-case names; an array where one came several times. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Destroy it to drop the connection. */
  readonly body: Readable;
}

/** The answer 101: from now on the connection is the caller's. */
export interface UpgradedResponse {
  /** As those of a `StreamedResponse`. */
  readonly headers: StreamedResponse["headers"];
  /** Destroy it to drop the connection. */
  readonly socket: Duplex;
}

/**
 * What the layers above need of a client; `Client` is the implementation.
 * All three reject with `ApiError` for an answer of 300 or more, with
 * `ConnectionError` where no answer came, and with the signal's reason.
 */
export interface Transport {
  /** Which cluster it speaks with, by the URL of its server; absent where that is not known. */
  readonly config?: { readonly server: string };
  /** Sends and parses the JSON answer. */
  request<T>(request: ApiRequest, options?: RequestOptions): Promise<T>;
  /** Resolves with the answer as it came, once it is whole. */
  requestText(request: ApiRequest, options?: RequestOptions): Promise<string>;
  /** Resolves once the headers are there and the status is below 300. */
  stream(request: ApiRequest, options?: RequestOptions): Promise<StreamedResponse>;
  /**
   * Turns a connection into one of another protocol, such as `websocket`: for the
   * subresources that speak with containers. May be missing where nobody needs those.
   */
  upgrade?(request: ApiRequest, protocol: string, options?: RequestOptions): Promise<UpgradedResponse>;
}
