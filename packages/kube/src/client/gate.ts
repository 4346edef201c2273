/** Lets a number of requests through at a time; the others wait in line. */
export class Gate {
  #free: number;
  // A Set keeps the order and forgets one from the middle at no cost.
  readonly #line = new Set<() => void>();

  constructor(width: number) {
    this.#free = width;
  }

  /**
   * Undefined if it is this one's turn at once, else resolves when it is; then `leave` must
   * follow. Rejects with the signal's reason.
   */
  enter(signal: AbortSignal): Promise<void> | undefined {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#free > 0) {
      this.#free--;
      return undefined;
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
