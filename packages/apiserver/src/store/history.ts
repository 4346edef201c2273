import type { StoreEvent } from "./store-event.ts";

/**
 * The newest events of one collection, each under a sequence number that only
 * grows. A full ring forgets its oldest event.
 */
export class History {
  readonly #slots: (StoreEvent | undefined)[] = [];
  readonly #limit: number;
  /** Sequence number of the oldest event that is kept. */
  #first = 0;
  /** Sequence number that the next event gets. */
  #next = 0;
  #compacted = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get first(): number {
    return this.#first;
  }

  get next(): number {
    return this.#next;
  }

  /** Events up to this revision are forgotten; one can read at it, and watch from it, but from no earlier one. */
  get compacted(): number {
    return this.#compacted;
  }

  at(sequence: number): StoreEvent | undefined {
    return sequence < this.#first || sequence >= this.#next ? undefined : this.#slots[sequence % this.#limit];
  }

  append(event: StoreEvent): void {
    if (this.#next - this.#first === this.#limit) this.#forgetOldest();
    this.at(this.#next - 1)?.releaseFrames();
    this.#slots[this.#next % this.#limit] = event;
    this.#next++;
  }

  /** Sequence number of the first event after `revision`. */
  after(revision: number): number {
    let low = this.#first;
    let high = this.#next;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = this.at(middle);
      if (event !== undefined && event.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  compact(revision: number): void {
    const keepFrom = this.after(revision);
    while (this.#first < keepFrom) this.#forgetOldest();
    this.#compacted = Math.max(this.#compacted, revision);
  }

  #forgetOldest(): void {
    this.#compacted = Math.max(this.#compacted, this.at(this.#first)?.revision ?? 0);
    this.#slots[this.#first % this.#limit] = undefined;
    this.#first++;
  }
}
