/** How long an ended episode is remembered, at most: further back a clock is not expected to step. */
const memory = 3_600_000;
/** How many ended episodes are told apart, about; of earlier ones the latest start is enough. */
const most = 10_000;

/**
 * The starts of episodes that ended lately. An episode's start is part of its
 * identity, so no two of a condition may share it: not when both begin within a
 * millisecond, and not when the clock steps back. Times in milliseconds.
 *
 * Only after a clock stepped back behind the latest start of those that are told
 * apart no more are others moved, and then to a time that was before the step.
 */
export class EndedEpisodes {
  #recent = new Map<string, number>();
  #older = new Map<string, number>();
  #since = 0;
  /** Of all that were forgotten because there were too many. */
  #latestForgotten = Number.NEGATIVE_INFINITY;

  add(id: string, start: number, now: number): void {
    const late = Math.abs(now - this.#since) > memory;
    if (late || this.#recent.size >= most) {
      // Too old to matter: then those that were forgotten before are, too.
      this.#latestForgotten = late ? Number.NEGATIVE_INFINITY : this.#latestOf(this.#older.values(), now);
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#since = now;
    }
    this.#recent.set(id, start);
  }

  /** `now`, or the next start that is later than those before. */
  startAfter(id: string, now: number): number {
    const last = this.#recent.get(id) ?? this.#older.get(id) ?? this.#latestForgotten;
    return Math.max(now, last + 1);
  }

  #latestOf(starts: Iterable<number>, now: number): number {
    let latest = this.#latestForgotten;
    // A start so far ahead is of a clock that was wrong, and holds up nobody else.
    for (const start of starts) if (start - now <= memory) latest = Math.max(latest, start);
    return latest;
  }
}
