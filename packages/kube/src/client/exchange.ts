import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { connectionError } from "./failure.ts";
import type { StreamedResponse } from "./transport.ts";

/** As much as a reader may be behind before the server is held back. */
const BUFFER = 64 * 1024;

/**
 * Sends one request and resolves with the answer once its headers are there.
 * Rejects with a ConnectionError or the signal's reason, with which the body
 * fails too; at once, even where undici is still connecting. The body may be
 * left without a listener for errors.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  server: string,
  signal: AbortSignal,
): Promise<StreamedResponse> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    // Timeouts are the caller's signal's: undici's own know nothing of retries and watches.
    const options = { ...request, headersTimeout: 0, bodyTimeout: 0 };
    dispatcher.dispatch(options, new Exchange(server, signal, resolve, reject));
  });
}

/** What undici calls as an exchange goes on. Not its `request`, which cannot be aborted before it is connected. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #server: string;
  readonly #signal: AbortSignal;
  readonly #resolve: (response: StreamedResponse) => void;
  readonly #reject: (reason: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #body: Readable | undefined;
  #complete = false;

  constructor(
    server: string,
    signal: AbortSignal,
    resolve: (response: StreamedResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#server = server;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener("abort", this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(asError(this.#signal.reason));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    const body = new Readable({
      highWaterMark: BUFFER,
      read: () => controller.resume(),
      destroy: (error, done) => {
        this.#release();
        // Dropped before it was whole: nothing else tells the server to stop.
        if (!this.#complete) controller.abort(error ?? new Error("the answer is not wanted any more"));
        done(error);
      },
    });
    this.#body = body.on("error", () => {});
    this.#resolve({ status, headers, body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body?.push(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.#complete = true;
    this.#body?.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#fail(this.#signal.aborted ? this.#signal.reason : connectionError(error, this.#server, this.#sent));
  }

  get #sent(): boolean {
    return this.#controller !== undefined;
  }

  readonly #onAbort = (): void => {
    this.#fail(this.#signal.reason);
    this.#controller?.abort(asError(this.#signal.reason));
  };

  #fail(reason: unknown): void {
    this.#release();
    this.#reject(reason);
    this.#body?.destroy(asError(reason));
  }

  #release(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
