import type { Change, Condition, Timer } from "../conditions/condition.ts";
import { decodeCondition, eventId, type Transition } from "../conditions/event.ts";
import type { RedisConnection } from "./connection.ts";
import type { Keys } from "./keys.ts";

/** What is published: the conditions that fire and the hold times that run, by condition id. */
export interface PublishedState {
  readonly firing: Map<string, Condition>;
  readonly timers: Map<string, Timer>;
}

/** Reads what Redis holds. What kubecast cannot have written is left out and named in `foreign`. Throws RedisError. */
export async function readState(
  connection: RedisConnection,
  keys: Keys,
): Promise<PublishedState & { foreign: string[] }> {
  const firing = new Map<string, Condition>();
  const timers = new Map<string, Timer>();
  const foreign: string[] = [];
  for (const [id, message] of pairs(await connection.command("HGETALL", keys.conditions))) {
    try {
      firing.set(id, decodeCondition(id, message));
    } catch {
      foreign.push(id);
    }
  }
  for (const [id, text] of pairs(await connection.command("HGETALL", keys.pending))) {
    const timer = decodeTimer(text);
    if (timer === undefined) foreign.push(id);
    else timers.set(id, timer);
  }
  return { firing, timers, foreign };
}

export function encodeTimer({ to, since }: Timer): string {
  return JSON.stringify({ to, since: new Date(since).toISOString() });
}

function decodeTimer(text: string): Timer | undefined {
  try {
    const { to, since } = JSON.parse(text) as { to: unknown; since: string };
    const time = Date.parse(since);
    return (to === "firing" || to === "resolved") && !Number.isNaN(time) ? { to, since: time } : undefined;
  } catch {
    return undefined;
  }
}

/** Brings a state up to date with changes that have been applied. */
export function applyChanges(state: PublishedState, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.type === "timer") {
      state.timers.set(change.id, change.timer);
      continue;
    }
    const id = change.type === "timer-cleared" ? change.id : change.condition.id;
    state.timers.delete(id);
    if (change.type === "firing") state.firing.set(id, change.condition);
    else if (change.type === "resolved") state.firing.delete(id);
  }
}

type Resolved = Extract<Transition, { type: "resolved" }>;
/** When and why a condition ended. */
export type Ending = Pick<Resolved, "endsAt" | "reason">;

/** How episodes ended, by the id of the message that says so; the last `limit` of them. */
export class Endings {
  readonly #limit: number;
  readonly #endings = new Map<string, Ending>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.type !== "resolved") continue;
      this.#endings.set(eventId(change), { endsAt: change.endsAt, reason: change.reason });
    }
    for (const oldest of this.#endings.keys()) {
      if (this.#endings.size <= this.#limit) break;
      this.#endings.delete(oldest);
    }
  }

  of(condition: Condition): Ending | undefined {
    return this.#endings.get(eventId({ type: "resolved", condition }));
  }
}

/**
 * The changes that lead from what Redis holds to what it should hold. What went
 * back in time is told again as it was, as far as `endings` knows how it ended.
 */
export function difference(
  wanted: PublishedState,
  actual: PublishedState,
  now: number,
  endings = new Endings(0),
): Change[] {
  const changes: Change[] = [];
  for (const [id, condition] of actual.firing) {
    if (wanted.firing.get(id)?.startsAt === condition.startsAt) continue;
    const endsAt = new Date(Math.max(now, Date.parse(condition.startsAt))).toISOString();
    changes.push({ type: "resolved", condition, endsAt, reason: "recovered", ...endings.of(condition) });
  }
  for (const [id, condition] of wanted.firing) {
    if (actual.firing.get(id)?.startsAt !== condition.startsAt) changes.push({ type: "firing", condition });
  }
  const settled = new Set(changes.map((change) => ("condition" in change ? change.condition.id : change.id)));
  for (const id of actual.timers.keys()) {
    if (!wanted.timers.has(id) && !settled.has(id)) changes.push({ type: "timer-cleared", id });
  }
  for (const [id, timer] of wanted.timers) {
    const there = actual.timers.get(id);
    if (settled.has(id) || there?.to !== timer.to || there.since !== timer.since)
      changes.push({ type: "timer", id, timer });
  }
  return changes;
}

function pairs(reply: unknown): [string, string][] {
  const flat = reply as string[];
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index] ?? "", flat[2 * index + 1] ?? ""]);
}
