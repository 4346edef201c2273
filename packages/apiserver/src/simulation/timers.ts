import type { Clock } from "@kubecast/kube";

interface Timer {
  readonly at: number;
  /** Timers of the same moment run in the order in which they were set. */
  readonly order: number;
  /** Absent once cancelled. */
  callback: (() => void) | undefined;
}

/** Node's longest timer; a later moment is reached in several. */
const longestTimeout = 2 ** 31 - 1;

/** Any number of timers over one timer of the clock: a binary heap, the earliest on top. */
export class Timers {
  readonly #clock: Clock;
  readonly #heap: Timer[] = [];
  #order = 0;
  #armed: { readonly at: number; readonly timer: unknown } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `callback` at `at` (milliseconds since the epoch), or as soon as it can; the answer cancels it. */
  at(at: number, callback: () => void): () => void {
    const timer: Timer = { at, order: this.#order++, callback };
    this.#push(timer);
    this.#arm();
    return () => {
      timer.callback = undefined;
    };
  }

  /** Forgets every timer. */
  clear(): void {
    this.#heap.length = 0;
    this.#disarm();
  }

  #arm(): void {
    const next = this.#heap[0];
    if (next === undefined || (this.#armed !== undefined && this.#armed.at <= next.at)) return;
    this.#disarm();
    const wait = Math.min(longestTimeout, Math.max(0, next.at - this.#clock.now()));
    this.#armed = { at: next.at, timer: this.#clock.setTimeout(() => this.#run(), wait) };
  }

  #disarm(): void {
    if (this.#armed !== undefined) this.#clock.clearTimeout(this.#armed.timer);
    this.#armed = undefined;
  }

  #run(): void {
    this.#armed = undefined;
    const now = this.#clock.now();
    for (let next = this.#heap[0]; next !== undefined && next.at <= now; next = this.#heap[0]) {
      this.#pop();
      next.callback?.();
    }
    this.#arm();
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || earlier(parent, timer)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && earlier(right, left) ? right : left;
      if (child === undefined || earlier(last, child)) break;
      heap[index] = child;
      index = 2 * index + (child === right ? 2 : 1);
    }
    heap[index] = last;
  }
}

function earlier(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
