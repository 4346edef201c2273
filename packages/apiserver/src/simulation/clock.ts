/** Where the simulation gets its time from: injected, so that tests decide when it passes. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `callback` once, `milliseconds` from now; the answer cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** Node's longest timer; a later moment is reached in several. */
const longestTimeout = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, milliseconds), longestTimeout));
    return () => clearTimeout(timer);
  },
};

/** RFC 3339 in whole seconds: the form of every time in a Pod's or Node's status. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
