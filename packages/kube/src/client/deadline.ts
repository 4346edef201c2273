/**
 * One signal for one request, from the caller's signal and a timeout. The
 * caller's signal carries one listener while the request lasts and none
 * afterwards, however many requests it sees; `AbortSignal.any` promises no such
 * thing on the Node versions that we support.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout milliseconds; undefined: none. */
  constructor(caller: AbortSignal | undefined, timeout: number | undefined, tooLate: () => Error) {
    this.#caller = caller;
    if (caller?.aborted) this.#controller.abort(caller.reason);
    else caller?.addEventListener("abort", this.#onAbort);
    if (timeout !== undefined) this.#timer = setTimeout(() => this.abort(tooLate()), timeout);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** From now on only the caller's signal counts. */
  clearTimeout(): void {
    clearTimeout(this.#timer);
  }

  /** To be called when the request is over. */
  release(): void {
    this.clearTimeout();
    this.#caller?.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => this.abort(this.#caller?.reason);
}
