const initial = 10_000;
const max = 300_000;

/**
 * The kubelet's back-off, for restarts and for image pulls: none at first, then
 * 10 s, doubling to 5 minutes; forgotten after 10 good minutes (twice the longest).
 */
export class BackOff {
  #delay = 0;

  /** Milliseconds to wait before the next attempt, after one that held for `ran` milliseconds. */
  next(ran: number): number {
    if (ran > 2 * max) this.#delay = 0;
    const delay = this.#delay;
    this.#delay = delay === 0 ? initial : Math.min(max, 2 * delay);
    return delay;
  }
}
