import {
  type Change,
  type Condition,
  conditionId,
  type Description,
  type ObjectRef,
  partsOf,
  type ResolvedReason,
  type Timer,
} from "./condition.ts";
import { Deadlines } from "./deadlines.ts";
import { EndedEpisodes } from "./ended-episodes.ts";

/** What of a rule the life of its conditions depends on; times in milliseconds. */
export interface RuleTerms {
  readonly name: string;
  readonly resource: string;
  readonly severity: string;
  readonly for: number;
  readonly keepFiringFor: number;
}

/** An element of an object for which a rule holds now. */
export interface Found {
  /** Null when the rule is about the object as a whole. */
  readonly element: string | null;
  /** Evaluated at most once, when the condition fires. */
  describe(): Description;
}

type State =
  | { readonly phase: "pending"; readonly since: number }
  | { readonly phase: "firing"; readonly condition: Condition }
  /** Firing, though the rule holds no more: `keepFiringFor` runs. */
  | { readonly phase: "recovering"; readonly condition: Condition; readonly since: number };

interface Entry {
  readonly id: string;
  readonly terms: RuleTerms;
  readonly uid: string;
  readonly element: string | null;
  state: State;
  /** Kept while pending, to describe the object when the time has come; undefined until then for what was adopted. */
  latest: { object: ObjectRef; found: Found } | undefined;
  /** False until the object has been seen since the start of this process. */
  seen: boolean;
}

/**
 * The life of conditions: inactive -> pending -> firing -> recovering -> resolved.
 *
 * It is told what holds now (`observe`), what is gone (`remove`), what earlier
 * processes published (`adopt`) and that time passes (`tick`), and emits the
 * changes. Same input, same changes: it has no clock and does no IO.
 */
export class Conditions {
  readonly #emit: (change: Change) => void;
  /** Conditions by `rule/uid`, then by element; most objects have none. */
  readonly #entries = new Map<string, Map<string | null, Entry>>();
  readonly #deadlines = new Deadlines<{ entry: Entry; state: State }>();
  readonly #ended = new EndedEpisodes();

  constructor(emit: (change: Change) => void) {
    this.#emit = emit;
  }

  /** When `tick` is next needed, in milliseconds since the epoch. */
  get nextDeadline(): number | undefined {
    return this.#deadlines.next;
  }

  /**
   * Takes over what earlier processes published: conditions that fire and hold
   * times that run. Nothing is emitted for them until their object is seen or
   * their rule is known to be complete, but those of rules that are no more
   * resolve at once.
   */
  adopt(
    firing: Iterable<Condition>,
    timers: ReadonlyMap<string, Timer>,
    rules: ReadonlyMap<string, RuleTerms>,
    now: number,
  ): void {
    const taken = new Set<string>();
    for (const condition of firing) {
      const { id, rule, object, element } = condition;
      taken.add(id);
      const terms = rules.get(rule);
      if (terms === undefined) {
        this.#emitResolved(condition, "rule-removed", now);
        continue;
      }
      const timer = timers.get(id);
      const state: State =
        timer?.to === "resolved"
          ? { phase: "recovering", condition, since: timer.since }
          : { phase: "firing", condition };
      this.#add({ id, terms, uid: object.uid, element, state, latest: undefined, seen: false });
    }
    for (const [id, { to, since }] of timers) {
      if (taken.has(id)) continue;
      const { rule, uid, element } = partsOf(id);
      const terms = rules.get(rule);
      if (to === "resolved" || terms === undefined) this.#emit({ type: "timer-cleared", id });
      else this.#add({ id, terms, uid, element, state: { phase: "pending", since }, latest: undefined, seen: false });
    }
  }

  /** Says what holds on an object now: all of it, so what is not named holds no more. */
  observe(terms: RuleTerms, object: ObjectRef, found: readonly Found[], now: number): void {
    const entries = this.#entries.get(`${terms.name}/${object.uid}`);
    if (entries !== undefined) {
      for (const entry of [...entries.values()]) {
        this.#see(entry);
        const still = found.find((one) => one.element === entry.element);
        if (still === undefined) this.#lapse(entry, now);
        else this.#hold(entry, object, still, now);
      }
    }
    for (const one of found) {
      if (entries?.has(one.element)) continue;
      this.#begin(terms, object, one, now);
    }
  }

  /** The object is there, but what holds on it cannot be said: its conditions stay as they are. */
  keep(terms: RuleTerms, uid: string): void {
    for (const entry of this.#entries.get(`${terms.name}/${uid}`)?.values() ?? []) this.#see(entry);
  }

  /** The object is gone, or is no longer what the rule selects. */
  remove(terms: RuleTerms, uid: string, now: number): void {
    const entries = this.#entries.get(`${terms.name}/${uid}`);
    if (entries === undefined) return;
    for (const entry of [...entries.values()]) this.#end(entry, "deleted", now);
  }

  /** Every object of the rule has been seen: what was adopted and not seen is gone. */
  complete(rule: string, now: number): void {
    for (const entries of [...this.#entries.values()]) {
      for (const entry of [...entries.values()]) {
        if (entry.terms.name === rule && !entry.seen) this.#end(entry, "deleted", now);
      }
    }
  }

  /** Lets hold times run out. */
  tick(now: number): void {
    for (let due = this.#deadlines.pop(now); due !== undefined; due = this.#deadlines.pop(now)) {
      const { entry, state } = due;
      if (entry.state !== state || !this.#has(entry)) continue; // it moved on or ended since
      if (state.phase === "pending") this.#fire(entry, now);
      else if (state.phase === "recovering") this.#end(entry, "recovered", now);
    }
  }

  /** How many conditions are in which state, by rule. */
  *counts(): Generator<{ rule: string; phase: State["phase"] }> {
    for (const entries of this.#entries.values()) {
      for (const entry of entries.values()) yield { rule: entry.terms.name, phase: entry.state.phase };
    }
  }

  #begin(terms: RuleTerms, object: ObjectRef, found: Found, now: number): void {
    const id = conditionId(terms.name, object.uid, found.element);
    const state: State = { phase: "pending", since: now };
    const entry: Entry = {
      id,
      terms,
      uid: object.uid,
      element: found.element,
      state,
      latest: { object, found },
      seen: true,
    };
    this.#add(entry);
    this.#await(entry, state, now);
    if (entry.state === state) this.#emit({ type: "timer", id, timer: { to: "firing", since: now } });
  }

  /** An adopted condition that runs out may do so from now on. */
  #see(entry: Entry): void {
    if (entry.seen) return;
    entry.seen = true;
    const { state, terms } = entry;
    if (state.phase === "recovering") this.#deadlines.push(state.since + terms.keepFiringFor, { entry, state });
  }

  #hold(entry: Entry, object: ObjectRef, found: Found, now: number): void {
    const { state } = entry;
    if (state.phase === "pending") {
      const adopted = entry.latest === undefined;
      entry.latest = { object, found };
      if (adopted) this.#await(entry, state, now);
    } else if (state.phase === "recovering") {
      entry.state = { phase: "firing", condition: state.condition };
      this.#emit({ type: "timer-cleared", id: entry.id });
    }
  }

  #lapse(entry: Entry, now: number): void {
    const { state, terms, id } = entry;
    if (state.phase === "firing" && terms.keepFiringFor > 0) {
      const recovering: State = { phase: "recovering", condition: state.condition, since: now };
      entry.state = recovering;
      this.#deadlines.push(now + terms.keepFiringFor, { entry, state: recovering });
      this.#emit({ type: "timer", id, timer: { to: "resolved", since: now } });
    } else if (state.phase !== "recovering" || state.since + terms.keepFiringFor <= now) {
      this.#end(entry, "recovered", now);
    }
  }

  /** Fires when `for` has run out, now or later. */
  #await(entry: Entry, state: State & { phase: "pending" }, now: number): void {
    const due = state.since + entry.terms.for;
    if (due <= now) this.#fire(entry, now);
    else this.#deadlines.push(due, { entry, state });
  }

  #fire(entry: Entry, now: number): void {
    if (entry.latest === undefined) return;
    const { object, found } = entry.latest;
    const condition: Condition = {
      ...found.describe(),
      id: entry.id,
      rule: entry.terms.name,
      severity: entry.terms.severity,
      resource: entry.terms.resource,
      object,
      element: entry.element,
      startsAt: new Date(this.#ended.startAfter(entry.id, now)).toISOString(),
    };
    entry.state = { phase: "firing", condition };
    entry.latest = undefined;
    this.#emit({ type: "firing", condition });
  }

  #end(entry: Entry, reason: ResolvedReason, now: number): void {
    this.#delete(entry);
    // Its deadline may keep it for hours to come, and needs no object for that.
    entry.latest = undefined;
    if (entry.state.phase === "pending") this.#emit({ type: "timer-cleared", id: entry.id });
    else this.#emitResolved(entry.state.condition, reason, now);
  }

  #emitResolved(condition: Condition, reason: ResolvedReason, now: number): void {
    // A clock that stepped back must not end a condition before it began.
    const start = Date.parse(condition.startsAt);
    const endsAt = new Date(Math.max(now, start)).toISOString();
    this.#ended.add(condition.id, start, now);
    this.#emit({ type: "resolved", condition, endsAt, reason });
  }

  #add(entry: Entry): void {
    const key = `${entry.terms.name}/${entry.uid}`;
    const entries = this.#entries.get(key);
    if (entries === undefined) this.#entries.set(key, new Map([[entry.element, entry]]));
    else entries.set(entry.element, entry);
  }

  #has(entry: Entry): boolean {
    return this.#entries.get(`${entry.terms.name}/${entry.uid}`)?.get(entry.element) === entry;
  }

  #delete(entry: Entry): void {
    const key = `${entry.terms.name}/${entry.uid}`;
    const entries = this.#entries.get(key);
    entries?.delete(entry.element);
    if (entries?.size === 0) this.#entries.delete(key);
  }
}
