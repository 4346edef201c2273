import { diagnostics } from "../client/diagnostics.ts";
import { TokenBucket } from "../client/token-bucket.ts";
import { type Clock, systemClock } from "../watch/clock.ts";

// client-go's figures for its controllers: 5 ms doubling to 1000 s a key, and over all keys 10 a second after 100.
const FIRST_DELAY = 5;
const LONGEST_DELAY = 1_000_000;
const RETRIES = { burst: 100, interval: 100 };
/** A longer timer overflows, and fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** `low` comes when nothing `normal` waits. */
export type Priority = "normal" | "low";

/** How a `WorkQueue` tells time, and of itself. */
export interface QueueOptions {
  /** For tests; default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** By which `diagnostics.queue` tells of its depth; without one it does not. */
  readonly name?: string | undefined;
}

interface Delayed {
  readonly at: number;
  timer: unknown;
}

/**
 * Keys to work on. A key that is added many times before it is taken is taken
 * once. One that is added while it is worked on comes again when that is done,
 * so that no key is worked on twice at the same time and no addition is lost.
 * Keys of low priority come when there are no others; each in the order of addition.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #name: string | undefined;
  readonly #retries: TokenBucket;
  readonly #waiting: Record<Priority, Set<string>> = { normal: new Set(), low: new Set() };
  readonly #working = new Set<string>();
  /** How often each is held. */
  readonly #held = new Map<string, number>();
  /** Added while they are worked on or held. */
  readonly #again = new Map<string, Priority>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #takers = new Set<() => void>();
  #closed = false;

  constructor({ clock = systemClock, name }: QueueOptions = {}) {
    this.#clock = clock;
    this.#name = name;
    this.#retries = new TokenBucket(clock, RETRIES);
  }

  /** Keys that wait to be taken, without those that are held or are to be added later. */
  get size(): number {
    return this.#waiting.normal.size + this.#waiting.low.size;
  }

  /** Keys that are held. */
  get held(): number {
    return this.#held.size;
  }

  /** Nothing happens where the key waits already, but that `normal` overrules `low`. */
  add(key: string, priority: Priority = "normal"): void {
    if (this.#closed) return;
    this.#undelay(key);
    if (this.#working.has(key) || this.#held.has(key)) {
      if (this.#again.get(key) !== "normal") this.#again.set(key, priority);
      return;
    }
    if (this.#waiting.normal.has(key)) return;
    if (priority === "normal") this.#waiting.low.delete(key);
    this.#waiting[priority].add(key);
    this.#tell();
    const [taker] = this.#takers;
    taker?.();
  }

  /**
   * Adds the key after so many milliseconds, unless it is added before: the earliest time counts.
   * @throws {RangeError} less than 0 ms.
   */
  addAfter(key: string, milliseconds: number): void {
    if (!(milliseconds >= 0)) throw new RangeError(`a delay must be at least 0 ms, not ${milliseconds}`);
    const at = this.#clock.now() + milliseconds;
    const due = this.#delayed.get(key)?.at ?? Number.POSITIVE_INFINITY;
    if (this.#closed || this.#again.has(key) || this.#isWaiting(key) || due <= at) return;
    this.#undelay(key);
    const delayed: Delayed = { at, timer: undefined };
    this.#delayed.set(key, delayed);
    this.#arm(key, delayed);
  }

  /**
   * Adds the key after a wait that doubles each time, until `forget`; tells how long it is, in milliseconds.
   * @param wait to be taken instead, in milliseconds.
   */
  addRateLimited(key: string, wait?: number): number {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    const own = wait ?? Math.min(FIRST_DELAY * 2 ** failures, LONGEST_DELAY);
    const delay = Math.max(own, this.#retries.reserve());
    this.addAfter(key, delay);
    return delay;
  }

  /** How often `addRateLimited` has added the key since it was forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next `addRateLimited` begins with the shortest wait. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /**
   * The next key, as soon as there is one; `done` must follow. Undefined once
   * the queue is closed or the signal has aborted, whatever is waiting.
   */
  next(signal?: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
      const take = (): void => {
        const over = this.#closed || signal?.aborted === true;
        const key = over ? undefined : this.#take();
        if (key === undefined && !over) return;
        this.#takers.delete(take);
        signal?.removeEventListener("abort", take);
        resolve(key);
      };
      this.#takers.add(take);
      signal?.addEventListener("abort", take);
      take();
    });
  }

  /** The key is no longer worked on; it comes again if it was added meanwhile. */
  done(key: string): void {
    this.#working.delete(key);
    this.#addAgain(key);
  }

  /** Gives the key to nobody until `release` has been called as often. One who works on it goes on. */
  hold(key: string): void {
    if (this.#closed) return;
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    for (const priority of ["normal", "low"] as const) {
      if (this.#waiting[priority].delete(key)) this.#again.set(key, priority);
    }
    this.#tell();
  }

  /** Takes one `hold` back. */
  release(key: string): void {
    const left = (this.#held.get(key) ?? 1) - 1;
    if (left > 0) this.#held.set(key, left);
    else this.#held.delete(key);
    this.#addAgain(key);
  }

  /** Forgets all that waits and ends every `next`. What is added later is ignored. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#delayed.values()) this.#clock.clearTimeout(timer);
    this.#delayed.clear();
    this.#again.clear();
    this.#held.clear();
    for (const keys of Object.values(this.#waiting)) keys.clear();
    this.#tell();
    for (const taker of this.#takers) taker();
  }

  #addAgain(key: string): void {
    const priority = this.#again.get(key);
    if (priority === undefined || this.#working.has(key) || this.#held.has(key)) return;
    this.#again.delete(key);
    this.add(key, priority);
  }

  #take(): string | undefined {
    for (const keys of [this.#waiting.normal, this.#waiting.low]) {
      for (const key of keys) {
        keys.delete(key);
        this.#working.add(key);
        this.#tell();
        return key;
      }
    }
    return undefined;
  }

  #tell(): void {
    if (this.#name === undefined || !diagnostics.queue.hasSubscribers) return;
    diagnostics.queue.publish({ queue: this.#name, depth: this.size });
  }

  #isWaiting(key: string): boolean {
    return this.#waiting.normal.has(key) || this.#waiting.low.has(key);
  }

  #arm(key: string, delayed: Delayed): void {
    const left = delayed.at - this.#clock.now();
    const due = (): void => {
      if (left > LONGEST_TIMER) this.#arm(key, delayed);
      else this.add(key);
    };
    delayed.timer = this.#clock.setTimeout(due, Math.min(left, LONGEST_TIMER));
  }

  #undelay(key: string): void {
    const delayed = this.#delayed.get(key);
    if (delayed === undefined) return;
    this.#clock.clearTimeout(delayed.timer);
    this.#delayed.delete(key);
  }
}
