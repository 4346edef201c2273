/** Lets a number of requests through at a time; the others wait in line. */
export class Gate {
  #free: number;
  // A Set keeps the order and forgets one from the middle at no cost.
  readonly #line = new Set<() => void>();

  constructor(width: number) {
    this.#free = width;
  }

  /** Resolves when it is this one's turn; then `leave` must follow. Rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const abort = () => {
        this.#line.delete(turn);
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#line.add(turn);
    });
  }

  leave(): void {
    const [next] = this.#line;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#line.delete(next);
    next();
  }
}
