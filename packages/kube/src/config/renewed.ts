/** A value to be had on request, which may change from one request to the next. */
export interface Source<T> {
  /** The current value. While it is fresh, this is the same promise each time. */
  get(signal?: AbortSignal): Promise<T>;
  /** Drops the value, as it was refused; true if the next `get` may give another one. */
  forget(): boolean;
}

/** A source whose value never changes. */
export function fixed<T>(value: T): Source<T> {
  const promise = Promise.resolve(value);
  return { get: () => promise, forget: () => false };
}

/** A value and when to load it anew, in the milliseconds of the injected clock. */
export interface Loaded<T> {
  readonly value: T;
  readonly renewAt: number;
}

export interface RenewedOptions<T> {
  /**
   * Loads the value. `previous` is the one before, if it was not forgotten: return it where
   * nothing changed, since who uses the value compares by identity.
   */
  load(signal: AbortSignal, previous: T | undefined): Promise<Loaded<T>>;
  now: () => number;
  /**
   * A value younger than this many milliseconds is not forgotten: when many requests are refused
   * at once, the first of them has had it renewed already. Default 0.
   */
  graceMs?: number;
}

interface Run<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * A value that ages: loaded at first need, loaded again once it is due. All who ask meanwhile wait
 * for the same load; it is aborted once the last of them has gone.
 */
export class Renewed<T> implements Source<T> {
  readonly #options: RenewedOptions<T>;
  #current: { promise: Promise<T>; value: T; loadedAt: number; renewAt: number } | undefined;
  #run: Run<T> | undefined;

  constructor(options: RenewedOptions<T>) {
    this.#options = options;
  }

  get(signal?: AbortSignal): Promise<T> {
    if (this.#current !== undefined && this.#options.now() < this.#current.renewAt) return this.#current.promise;
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.#run ??= this.#start();
    return wait(this.#run, signal);
  }

  forget(): boolean {
    if (this.#current === undefined) return true;
    const age = this.#options.now() - this.#current.loadedAt;
    if (age >= (this.#options.graceMs ?? 0)) this.#current = undefined;
    return true;
  }

  #start(): Run<T> {
    const controller = new AbortController();
    const load = async (): Promise<T> => {
      const { value, renewAt } = await this.#options.load(controller.signal, this.#current?.value);
      this.#current = { promise: Promise.resolve(value), value, loadedAt: this.#options.now(), renewAt };
      return value;
    };
    const run: Run<T> = {
      controller,
      waiting: 0,
      promise: load().finally(() => {
        if (this.#run === run) this.#run = undefined;
      }),
    };
    // whoever comes after the abort must not join a run that is going to fail
    controller.signal.addEventListener("abort", () => {
      if (this.#run === run) this.#run = undefined;
    });
    return run;
  }
}

async function wait<T>(run: Run<T>, signal: AbortSignal | undefined): Promise<T> {
  run.waiting++;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([run.promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
    if (--run.waiting === 0) run.controller.abort();
  }
}
