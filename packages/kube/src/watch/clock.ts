/** Time as the watch sees it, so that a test can turn it by hand. */
export interface Clock {
  /** Milliseconds since the epoch; never goes back. */
  now(): number;
  /** Calls back once so many milliseconds have passed; soon, where they are less than none. */
  setTimeout(callback: () => void, milliseconds: number): unknown;
  /** Takes what `setTimeout` returned; nothing happens where that has called back. */
  clearTimeout(timer: unknown): void;
}

/** Follows the monotonic clock, so that an adjusted wall clock neither hides a dead connection nor kills a live one. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  // What was due a moment ago is due now, and nothing to warn of, as Node 24 does.
  setTimeout: (callback, milliseconds) => setTimeout(callback, Math.max(0, milliseconds)),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Resolves after `milliseconds`, or as soon as the signal aborts; never rejects. */
export function sleep(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clock.clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
