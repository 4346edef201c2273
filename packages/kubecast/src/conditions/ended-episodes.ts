/** How long an ended episode is remembered, at least: further back a clock is not expected to step. */
const memory = 3_600_000;

/**
 * The starts of episodes that ended lately. An episode's start is part of its
 * identity, so no two of a condition may share it: not when both begin within a
 * millisecond, and not when the clock steps back. Times in milliseconds.
 */
export class EndedEpisodes {
  #recent = new Map<string, number>();
  #older = new Map<string, number>();
  #since = 0;

  add(id: string, start: number, now: number): void {
    if (Math.abs(now - this.#since) > memory) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#since = now;
    }
    this.#recent.set(id, start);
  }

  /** `now`, or the next start that is later than those before. */
  startAfter(id: string, now: number): number {
    const last = this.#recent.get(id) ?? this.#older.get(id);
    return last === undefined ? now : Math.max(now, last + 1);
  }
}
