import type { Readable } from "node:stream";
import type { ApiRequest } from "../resource/request.ts";

export type { ApiRequest } from "../resource/request.ts";

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
 * All three reject with `ApiError` for an answer of 300 or more, with
 * `ConnectionError` where no answer came, and with the signal's reason.
 */
export interface Transport {
  /** Sends and parses the JSON answer. */
  request<T>(request: ApiRequest, options?: RequestOptions): Promise<T>;
  requestText(request: ApiRequest, options?: RequestOptions): Promise<string>;
  /** Resolves once the headers are there and the status is below 300. */
  stream(request: ApiRequest, options?: RequestOptions): Promise<StreamedResponse>;
}
