import { type Duplex, Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { Lease } from "./connections.ts";
import { connectionError } from "./failure.ts";
import type { StreamedResponse } from "./transport.ts";

/** As much as a reader may be behind before the server is held back. */
const BUFFER = 64 * 1024;

/**
 * Sends one request and resolves with the answer once its headers are there.
 * Rejects with a ConnectionError or the signal's reason, with which the body
 * fails too; at once, even where the connection is still being made. The
 * connection is released when the answer has come whole, else dropped. The body
 * may be left without a listener for errors. After an upgrade, status 101, the
 * body is the connection itself, a Duplex.
 */
export function exchange(
  lease: Lease,
  request: Dispatcher.DispatchOptions,
  server: string,
  signal: AbortSignal,
): Promise<StreamedResponse> {
  return new Promise((resolve, reject) => {
    // Timeouts are the caller's signal's: undici's own know nothing of retries and watches.
    const options = { ...request, headersTimeout: 0, bodyTimeout: 0 };
    const running = new Exchange(lease, server, signal, resolve, reject);
    if (signal.aborted) running.abort();
    else lease.dispatcher.dispatch(options, running);
  });
}

/** What undici calls as an exchange goes on. Not its `request`, which cannot be aborted before it is connected. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #lease: Lease;
  readonly #server: string;
  readonly #signal: AbortSignal;
  readonly #resolve: (response: StreamedResponse) => void;
  readonly #reject: (reason: unknown) => void;
  #body: Readable | undefined;
  #sent = false;
  #over = false;

  constructor(
    lease: Lease,
    server: string,
    signal: AbortSignal,
    resolve: (response: StreamedResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#lease = lease;
    this.#server = server;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener("abort", this.abort);
  }

  onRequestStart(): void {
    this.#sent = true;
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    socket: Duplex,
  ): void {
    socket.on("error", () => {});
    socket.once("close", () => this.#fail(new Error("the connection was closed")));
    this.#body = socket;
    this.#resolve({ status, headers, body: socket });
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
        // Before it was whole: only a cut connection tells the server to stop.
        this.#fail(error ?? new Error("the answer is not wanted any more"));
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
    if (this.#end()) this.#lease.release();
    this.#body?.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#fail(connectionError(error, this.#server, this.#sent));
  }

  readonly abort = (): void => this.#fail(this.#signal.reason);

  #fail(reason: unknown): void {
    if (!this.#end()) return;
    const error = reason instanceof Error ? reason : new Error(String(reason));
    this.#reject(reason);
    this.#body?.destroy(error);
    this.#lease.drop(error);
  }

  /** False if it was over already. */
  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#signal.removeEventListener("abort", this.abort);
    return true;
  }
}
