import type { Clock } from "./clock.ts";

// client-go's figures for its reflector: about 98 % less traffic to a server that is down than one try a second.
const FIRST = 800;
const LONGEST = 30_000;
const QUIET = 120_000;
// A larger Retry-After is a mistake, and much larger ones overflow a timer.
const LONGEST_RETRY_AFTER = 3_600_000;

/**
 * How long to wait before the next try: from 0.8 s doubling to at most 30 s,
 * always spread over a factor of two so that watchers that failed together do
 * not return together. Two minutes without a failure begin it anew.
 */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: () => number;
  #base = FIRST;
  #quietAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Milliseconds to wait after a failure that has just happened.
   * @param retryAfterSeconds what the server asked for; obeyed up to an hour.
   */
  next(retryAfterSeconds = 0): number {
    const now = this.#clock.now();
    if (now >= this.#quietAt) this.#base = FIRST;
    const spread = Math.round(this.#base * (1 + this.#random()));
    const wait = Math.max(spread, Math.min(retryAfterSeconds * 1000, LONGEST_RETRY_AFTER));
    this.#base = Math.min(this.#base * 2, LONGEST / 2);
    this.#quietAt = now + wait + QUIET;
    return wait;
  }
}
