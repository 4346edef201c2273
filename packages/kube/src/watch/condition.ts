/** A condition variable: some wait until others say that something has happened. */
export class Condition {
  readonly #waiting = new Set<() => void>();

  /** Resolves with the next `notify`, or as soon as the signal aborts; never rejects. What is waited for is to be checked then, and again. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        this.#waiting.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener("abort", done);
    });
  }

  notify(): void {
    for (const done of this.#waiting) done();
  }
}
