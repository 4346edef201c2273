import type { Change } from "../conditions/condition.ts";

/**
 * Changes that wait for Redis, in order. It is bounded: beyond `limit` each
 * condition is folded to its newest state, and what was left out is counted.
 */
export class Outbox {
  /** Transitions that were folded away since the start. */
  folded = 0;
  readonly #limit: number;
  #changes: Change[] = [];
  /** Not before as many have been added again: folding what cannot shrink is for nothing. */
  #foldAt: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#foldAt = limit;
  }

  get length(): number {
    return this.#changes.length;
  }

  add(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length <= this.#foldAt) return;
    const before = transitions(this.#changes);
    this.#changes = fold(this.#changes);
    this.folded += before - transitions(this.#changes);
    this.#foldAt = Math.max(this.#limit, 2 * this.#changes.length);
  }

  /** Puts changes in front of all others. */
  unshift(changes: readonly Change[]): void {
    this.#changes = [...changes, ...this.#changes];
  }

  /** Takes the first `count` changes out. */
  take(count: number): Change[] {
    const taken = this.#changes.splice(0, count);
    this.#foldAt = Math.max(this.#limit, Math.min(this.#foldAt, 2 * this.#changes.length));
    return taken;
  }
}

function transitions(changes: readonly Change[]): number {
  return changes.reduce((sum, { type }) => (type === "firing" || type === "resolved" ? sum + 1 : sum), 0);
}

/**
 * Leaves of each condition what leads to its newest state: the end of the
 * episode that is published already, and the beginning of the one that lasts.
 * An episode that both began and ended in here leaves nothing but the wiping of
 * its hold time. Applied to the same state, the result is the same as without.
 */
export function fold(changes: readonly Change[]): Change[] {
  const kept: (Change | undefined)[] = [];
  const began = new Map<string, number>();
  const timers = new Map<string, number>();
  const drop = (index: number | undefined) => {
    if (index !== undefined) kept[index] = undefined;
  };
  for (const change of changes) {
    const id = "id" in change ? change.id : change.condition.id;
    // Whatever comes later of a condition settles its hold time.
    drop(timers.get(id));
    timers.delete(id);
    if (change.type === "resolved" && began.has(id)) {
      drop(began.get(id));
      began.delete(id);
      timers.set(id, kept.push({ type: "timer-cleared", id }) - 1);
      continue;
    }
    const index = kept.push(change) - 1;
    if (change.type === "firing") began.set(id, index);
    else if (change.type !== "resolved") timers.set(id, index);
  }
  return kept.filter((change) => change !== undefined);
}
