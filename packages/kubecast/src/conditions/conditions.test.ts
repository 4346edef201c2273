import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyChanges, type PublishedState } from "../redis/state.ts";
import { type Change, conditionId, type ObjectRef, type Timer } from "./condition.ts";
import { Conditions, type Found, type RuleTerms } from "./conditions.ts";
import { eventId } from "./event.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function rule(name: string, hold: { for?: number; keepFiringFor?: number } = {}): RuleTerms {
  return { name, resource: "pods", severity: "warning", for: hold.for ?? 0, keepFiringFor: hold.keepFiringFor ?? 0 };
}

function pod(uid: string, resourceVersion = "1"): ObjectRef {
  return { apiVersion: "v1", kind: "Pod", namespace: "shop", name: `pod-${uid}`, uid, resourceVersion };
}

function found(element: string | null = null, summary = "broken"): Found {
  return { element, describe: () => ({ summary, details: {}, labels: {} }) };
}

/** Conditions, what they emitted, and what Redis would hold after it. */
class Bench {
  readonly changes: Change[] = [];
  readonly state: PublishedState = { firing: new Map(), timers: new Map() };
  conditions = this.#conditions();

  #conditions(): Conditions {
    return new Conditions((change) => {
      this.changes.push(change);
      applyChanges(this.state, [change]);
    });
  }

  /** What was emitted since the last call, in short. */
  take(): string[] {
    return this.changes.splice(0).map((change) => {
      if (change.type === "timer") return `timer to ${change.timer.to} ${change.id} since ${change.timer.since}`;
      if (change.type === "timer-cleared") return `no timer ${change.id}`;
      if (change.type === "firing") return `firing ${change.condition.id} at ${Date.parse(change.condition.startsAt)}`;
      return `resolved ${change.condition.id} at ${Date.parse(change.endsAt)}: ${change.reason}`;
    });
  }

  /** A new process takes over from what is in Redis. */
  restart(rules: readonly RuleTerms[], now: number): void {
    this.conditions = this.#conditions();
    const { firing, timers } = this.state;
    const terms = new Map(rules.map((one) => [one.name, one]));
    this.conditions.adopt([...firing.values()], new Map<string, Timer>(timers), terms, now);
  }

  phases(): string[] {
    return [...this.conditions.counts()].map(({ rule: name, phase }) => `${name} ${phase}`).sort();
  }
}

describe("a condition", () => {
  it("fires when its rule begins to hold, once, and resolves when it holds no more", () => {
    const bench = new Bench();
    const terms = rule("R");
    bench.conditions.observe(terms, pod("a"), [found()], 1_000);
    bench.conditions.observe(terms, pod("a", "2"), [found()], 1_001);
    expect(bench.take()).toEqual(["firing R/a at 1000"]);
    bench.conditions.observe(terms, pod("a", "3"), [], 2_000);
    bench.conditions.observe(terms, pod("a", "4"), [], 2_001);
    expect(bench.take()).toEqual(["resolved R/a at 2000: recovered"]);
  });

  it("says what the object was when it began to fire, in both its messages", () => {
    const bench = new Bench();
    const terms = rule("R", { for: 10 });
    bench.conditions.observe(terms, pod("a", "1"), [found(null, "first")], 0);
    bench.conditions.observe(terms, pod("a", "2"), [found(null, "second")], 5);
    bench.conditions.tick(10);
    bench.conditions.observe(terms, pod("a", "3"), [found(null, "third")], 15);
    bench.conditions.observe(terms, pod("a", "4"), [], 20);
    const [, firing, resolved] = bench.changes;
    expect(firing).toEqual({
      type: "firing",
      condition: {
        id: "R/a",
        rule: "R",
        severity: "warning",
        object: pod("a", "2"),
        resource: "pods",
        element: null,
        startsAt: "1970-01-01T00:00:00.010Z",
        summary: "second",
        details: {},
        labels: {},
      },
    });
    expect(resolved).toEqual({ ...firing, type: "resolved", endsAt: "1970-01-01T00:00:00.020Z", reason: "recovered" });
  });

  it("is described once at most, and not at all while it is pending", () => {
    let described = 0;
    const counting: Found = {
      element: null,
      describe: () => {
        described += 1;
        return { summary: "", details: {}, labels: {} };
      },
    };
    const { conditions } = new Bench();
    const terms = rule("R", { for: 10 });
    for (let now = 0; now < 10; now += 1) conditions.observe(terms, pod("a"), [counting], now);
    expect(described).toBe(0);
    conditions.tick(10);
    for (let now = 10; now < 20; now += 1) conditions.observe(terms, pod("a"), [counting], now);
    expect(described).toBe(1);
  });

  it("fires only after `for`, and at its exact end", () => {
    const bench = new Bench();
    bench.conditions.observe(rule("R", { for: 10 }), pod("a"), [found()], 100);
    expect(bench.take()).toEqual(["timer to firing R/a since 100"]);
    expect(bench.conditions.nextDeadline).toBe(110);
    bench.conditions.tick(109);
    expect(bench.take()).toEqual([]);
    bench.conditions.tick(110);
    expect(bench.take()).toEqual(["firing R/a at 110"]);
    expect(bench.conditions.nextDeadline).toBeUndefined();
    expect(bench.state.timers.size).toBe(0);
  });

  it("never fires when it lapses, or its object goes, while pending", () => {
    const bench = new Bench();
    const terms = rule("R", { for: 10 });
    bench.conditions.observe(terms, pod("a"), [found()], 0);
    bench.conditions.observe(terms, pod("b"), [found()], 0);
    bench.take();
    bench.conditions.observe(terms, pod("a", "2"), [], 5);
    bench.conditions.remove(terms, "b", 5);
    expect(bench.take()).toEqual(["no timer R/a", "no timer R/b"]);
    bench.conditions.tick(1_000);
    expect(bench.take()).toEqual([]);
  });

  it("holds no object in memory whose condition lapsed while pending", async () => {
    const { conditions } = new Bench();
    const terms = rule("R", { for: 3_600_000 });
    const seen = (() => {
      const object = { spec: "large" };
      const described: Found = {
        element: null,
        describe: () => ({ summary: object.spec, details: {}, labels: {} }),
      };
      conditions.observe(terms, pod("a"), [described], 0);
      return new WeakRef(object);
    })();
    conditions.observe(terms, pod("a"), [], 1);
    await new Promise(setImmediate); // a WeakRef keeps its target until the turn is over
    collectGarbage();
    expect(seen.deref()).toBeUndefined();
    expect(conditions.nextDeadline).toBe(3_600_000);
  });

  it("begins `for` anew after a lapse", () => {
    const bench = new Bench();
    const terms = rule("R", { for: 10 });
    bench.conditions.observe(terms, pod("a"), [found()], 0);
    bench.conditions.observe(terms, pod("a"), [], 5);
    bench.conditions.observe(terms, pod("a"), [found()], 6);
    bench.take();
    bench.conditions.tick(15);
    expect(bench.take()).toEqual([]);
    bench.conditions.tick(16);
    expect(bench.take()).toEqual(["firing R/a at 16"]);
  });

  it("keeps firing for `keepFiringFor`, and at its exact end resolves", () => {
    const bench = new Bench();
    const terms = rule("R", { keepFiringFor: 10 });
    bench.conditions.observe(terms, pod("a"), [found()], 0);
    bench.conditions.observe(terms, pod("a"), [], 5);
    bench.conditions.observe(terms, pod("a"), [], 14);
    expect(bench.take()).toEqual(["firing R/a at 0", "timer to resolved R/a since 5"]);
    bench.conditions.tick(14);
    expect(bench.take()).toEqual([]);
    bench.conditions.tick(15);
    expect(bench.take()).toEqual(["resolved R/a at 15: recovered"]);
    bench.conditions.tick(1_000);
    expect(bench.take()).toEqual([]);
  });

  it("stays one episode when its rule holds again within `keepFiringFor`", () => {
    const bench = new Bench();
    const terms = rule("R", { keepFiringFor: 10 });
    bench.conditions.observe(terms, pod("a"), [found()], 0);
    bench.conditions.observe(terms, pod("a"), [], 5);
    bench.take();
    bench.conditions.observe(terms, pod("a"), [found()], 14);
    expect(bench.take()).toEqual(["no timer R/a"]);
    bench.conditions.tick(15); // the deadline of before
    bench.conditions.observe(terms, pod("a"), [], 20);
    expect(bench.take()).toEqual(["timer to resolved R/a since 20"]);
    bench.conditions.tick(30);
    expect(bench.take()).toEqual(["resolved R/a at 30: recovered"]);
  });

  it("resolves at once when its object goes, whatever `keepFiringFor` says, and once", () => {
    const bench = new Bench();
    const terms = rule("R", { keepFiringFor: 10 });
    bench.conditions.observe(terms, pod("a"), [found()], 0);
    bench.conditions.observe(terms, pod("b"), [found()], 0);
    bench.conditions.observe(terms, pod("b"), [], 1);
    bench.take();
    bench.conditions.remove(terms, "a", 5);
    bench.conditions.remove(terms, "b", 5);
    bench.conditions.remove(terms, "b", 6);
    expect(bench.take()).toEqual(["resolved R/a at 5: deleted", "resolved R/b at 5: deleted"]);
    bench.conditions.tick(1_000);
    expect(bench.take()).toEqual([]);
    expect(bench.state.timers.size).toBe(0);
  });

  it("lives for each element by itself", () => {
    const bench = new Bench();
    const terms = rule("R");
    bench.conditions.observe(terms, pod("a"), [found("web"), found("log")], 0);
    bench.conditions.observe(terms, pod("a"), [found("log"), found("db")], 1);
    expect(bench.take()).toEqual([
      "firing R/a/web at 0",
      "firing R/a/log at 0",
      "resolved R/a/web at 1: recovered",
      "firing R/a/db at 1",
    ]);
    bench.conditions.remove(terms, "a", 2);
    expect(bench.take()).toEqual(["resolved R/a/log at 2: deleted", "resolved R/a/db at 2: deleted"]);
  });

  it("stays as it is while its rule cannot be evaluated", () => {
    const bench = new Bench();
    const waits = rule("Waits", { for: 10 });
    const fires = rule("Fires");
    const recovers = rule("Recovers", { keepFiringFor: 10 });
    for (const terms of [waits, fires, recovers]) bench.conditions.observe(terms, pod("a"), [found()], 0);
    bench.conditions.observe(recovers, pod("a"), [], 1);
    bench.take();
    for (const terms of [waits, fires, recovers]) bench.conditions.keep(terms, "a");
    expect(bench.take()).toEqual([]);
    expect(bench.phases()).toEqual(["Fires firing", "Recovers recovering", "Waits pending"]);
    bench.conditions.tick(11);
    expect(bench.take()).toEqual(["firing Waits/a at 11", "resolved Recovers/a at 11: recovered"]);
  });

  it("has an identity of its own for each episode, within a millisecond and when the clock steps back", () => {
    const bench = new Bench();
    const terms = rule("R");
    const ids: string[] = [];
    for (const now of [1_000, 1_000, 1_000, 1_001, 1_002, 1_001, 5_000, 1_000, 999, 1_000, 5_001]) {
      bench.conditions.observe(terms, pod("a"), [found()], now);
      bench.conditions.observe(terms, pod("a"), [], now);
    }
    for (const change of bench.changes) {
      if (change.type === "firing" || change.type === "resolved") ids.push(eventId(change));
    }
    expect(ids).toHaveLength(22);
    expect(new Set(ids).size).toBe(22);
  });

  it("does not give its start another's millisecond", () => {
    const bench = new Bench();
    for (const uid of ["a", "b", "c"]) bench.conditions.observe(rule("R"), pod(uid), [found()], 1_000);
    expect(bench.take()).toEqual(["firing R/a at 1000", "firing R/b at 1000", "firing R/c at 1000"]);
  });

  it("never ends before it began, though the clock steps back", () => {
    const bench = new Bench();
    bench.conditions.observe(rule("R"), pod("a"), [found()], 1_000);
    bench.conditions.observe(rule("R"), pod("a"), [], 400);
    expect(bench.take()).toEqual(["firing R/a at 1000", "resolved R/a at 1000: recovered"]);
  });
});

describe("after a restart, a condition", () => {
  const plain = rule("R");

  function fired(terms: RuleTerms): Bench {
    const bench = new Bench();
    bench.conditions.observe(terms, pod("a"), [found()], 0);
    bench.conditions.tick(terms.for);
    bench.take();
    return bench;
  }

  it("that still holds stays silent", () => {
    const bench = fired(plain);
    bench.restart([plain], 100);
    bench.conditions.observe(plain, pod("a", "9"), [found()], 101);
    bench.conditions.complete("R", 102);
    expect(bench.take()).toEqual([]);
    expect([...bench.state.firing.keys()]).toEqual(["R/a"]);
  });

  it("that began meanwhile fires", () => {
    const bench = fired(plain);
    bench.restart([plain], 100);
    bench.conditions.observe(plain, pod("a"), [found()], 101);
    bench.conditions.observe(plain, pod("b"), [found()], 101);
    bench.conditions.complete("R", 102);
    expect(bench.take()).toEqual(["firing R/b at 101"]);
  });

  it("that ended meanwhile resolves: recovered", () => {
    const bench = fired(plain);
    bench.restart([plain], 100);
    bench.conditions.observe(plain, pod("a"), [], 101);
    bench.conditions.complete("R", 102);
    expect(bench.take()).toEqual(["resolved R/a at 101: recovered"]);
  });

  it("whose object went meanwhile resolves once the list is whole: deleted", () => {
    const bench = fired(plain);
    bench.restart([plain], 100);
    bench.conditions.tick(101);
    expect(bench.take()).toEqual([]);
    bench.conditions.complete("Other", 102);
    expect(bench.take()).toEqual([]);
    bench.conditions.complete("R", 103);
    expect(bench.take()).toEqual(["resolved R/a at 103: deleted"]);
  });

  it("whose rule is no more resolves at once, and its hold times go", () => {
    const bench = fired(plain);
    const waits = rule("Waits", { for: 10 });
    const recovers = rule("Recovers", { keepFiringFor: 10 });
    bench.conditions.observe(waits, pod("a"), [found()], 1);
    bench.conditions.observe(recovers, pod("a"), [found()], 1);
    bench.conditions.observe(recovers, pod("a"), [], 2);
    bench.take();
    bench.restart([rule("Other")], 100);
    expect(bench.take().sort()).toEqual([
      "no timer Waits/a",
      "resolved R/a at 100: rule-removed",
      "resolved Recovers/a at 100: rule-removed",
    ]);
    expect(bench.state).toEqual({ firing: new Map(), timers: new Map() });
  });

  it("goes on with `for` from where it was", () => {
    const terms = rule("R", { for: 10 });
    const bench = new Bench();
    bench.conditions.observe(terms, pod("a"), [found()], 0);
    bench.conditions.observe(terms, pod("b"), [found()], 4);
    bench.take();
    bench.restart([terms], 11);
    bench.conditions.observe(terms, pod("a"), [found()], 12);
    bench.conditions.observe(terms, pod("b"), [found()], 12);
    bench.conditions.complete("R", 12);
    expect(bench.take()).toEqual(["firing R/a at 12"]);
    expect(bench.conditions.nextDeadline).toBe(14);
    bench.conditions.tick(14);
    expect(bench.take()).toEqual(["firing R/b at 14"]);
  });

  it("gives `for` up when its object does not hold any more or is gone", () => {
    const terms = rule("R", { for: 10 });
    const bench = new Bench();
    for (const uid of ["a", "b", "c"]) bench.conditions.observe(terms, pod(uid), [found()], 0);
    bench.take();
    bench.restart([terms], 100);
    bench.conditions.observe(terms, pod("a"), [], 101);
    bench.conditions.remove(terms, "b", 101);
    expect(bench.take()).toEqual(["no timer R/a", "no timer R/b"]);
    // The list is not whole yet, and the hold time begins anew all the same.
    bench.conditions.observe(terms, pod("a"), [found()], 102);
    expect(bench.take()).toEqual(["timer to firing R/a since 102"]);
    bench.conditions.complete("R", 103);
    expect(bench.take()).toEqual(["no timer R/c"]);
  });

  it("goes on with `keepFiringFor` from where it was, but not before its object is seen", () => {
    const terms = rule("R", { keepFiringFor: 10 });
    const bench = fired(terms);
    bench.conditions.observe(terms, pod("a"), [], 5);
    bench.take();
    bench.restart([terms], 8);
    bench.conditions.tick(1_000);
    expect(bench.take()).toEqual([]);
    bench.conditions.observe(terms, pod("a"), [], 9);
    expect(bench.conditions.nextDeadline).toBe(15);
    bench.conditions.tick(15);
    expect(bench.take()).toEqual(["resolved R/a at 15: recovered"]);
  });

  it("resolves at first sight when `keepFiringFor` ran out meanwhile", () => {
    const terms = rule("R", { keepFiringFor: 10 });
    const bench = fired(terms);
    bench.conditions.observe(terms, pod("a"), [], 5);
    bench.take();
    bench.restart([terms], 100);
    bench.conditions.observe(terms, pod("a"), [], 101);
    expect(bench.take()).toEqual(["resolved R/a at 101: recovered"]);
  });

  it("goes on with its hold times when its rule cannot be evaluated at first", () => {
    const waits = rule("Waits", { for: 10 });
    const recovers = rule("Recovers", { keepFiringFor: 10 });
    const bench = new Bench();
    bench.conditions.observe(waits, pod("a"), [found()], 0);
    bench.conditions.observe(recovers, pod("a"), [found()], 0);
    bench.conditions.observe(recovers, pod("a"), [], 0);
    bench.take();
    bench.restart([waits, recovers], 5);
    for (const terms of [waits, recovers]) {
      bench.conditions.keep(terms, "a");
      bench.conditions.complete(terms.name, 5);
    }
    expect(bench.take()).toEqual([]);
    bench.conditions.observe(recovers, pod("a"), [], 7);
    bench.conditions.observe(waits, pod("a"), [found()], 7);
    expect(bench.take()).toEqual([]);
    bench.conditions.tick(10);
    expect(bench.take().sort()).toEqual(["firing Waits/a at 10", "resolved Recovers/a at 10: recovered"]);
  });

  it("lives by its rule's new hold times", () => {
    const bench = fired(rule("R", { keepFiringFor: 1_000 }));
    bench.conditions.observe(rule("R", { keepFiringFor: 1_000 }), pod("a"), [], 5);
    bench.take();
    bench.restart([plain], 10);
    bench.conditions.observe(plain, pod("a"), [], 11);
    expect(bench.take()).toEqual(["resolved R/a at 11: recovered"]);
  });

  it("gets another identity than the episode that it ends, though the clock stepped back", () => {
    const bench = fired(plain);
    const before = eventId({ type: "firing", condition: bench.state.firing.get("R/a")! });
    bench.restart([plain], 0);
    bench.conditions.observe(plain, pod("a"), [], 0);
    bench.conditions.observe(plain, pod("a"), [found()], 0);
    expect(eventId({ type: "firing", condition: bench.state.firing.get("R/a")! })).not.toBe(before);
  });

  it("has no hold time left over that belongs to nothing", () => {
    const bench = new Bench();
    bench.state.timers.set("R/a", { to: "resolved", since: 0 });
    bench.restart([plain], 10);
    expect(bench.take()).toEqual(["no timer R/a"]);
  });
});

/**
 * An independent model: of each condition, what is published of it, written as
 * rules on plain records, without deadlines, phases or a memory of its own.
 */
interface Known {
  waitsSince: number | undefined;
  firing: boolean;
  recoversSince: number | undefined;
  /** Its object has been looked at since the start of the process. */
  seen: boolean;
  /** The rule could be evaluated since the start of the process. */
  evaluated: boolean;
}

const rules = [
  rule("Plain"),
  rule("For", { for: 5 }),
  rule("Keep", { keepFiringFor: 7 }),
  rule("Both", { for: 3, keepFiringFor: 4 }),
];
const uids = ["u1", "u2", "u3"];
const elements = [null, "x", "y/z"];
const all = rules.flatMap((terms) => uids.map((uid) => ({ terms, uid })));

class Model {
  readonly known = new Map<string, Known>();

  get(id: string): Known {
    let known = this.known.get(id);
    if (known === undefined) {
      known = { waitsSince: undefined, firing: false, recoversSince: undefined, seen: true, evaluated: true };
      this.known.set(id, known);
    }
    return known;
  }

  observe(terms: RuleTerms, uid: string, holds: ReadonlySet<string | null>, now: number): void {
    for (const element of elements) {
      const one = this.get(conditionId(terms.name, uid, element));
      const sighted = !one.evaluated;
      one.seen = true;
      one.evaluated = true;
      if (holds.has(element)) {
        one.recoversSince = undefined;
        if (one.firing) continue;
        const began = one.waitsSince === undefined;
        one.waitsSince ??= now;
        // Hold times run out when time is looked at: at first sight, and at ticks.
        if ((began || sighted) && now - one.waitsSince >= terms.for) this.fire(one);
      } else {
        one.waitsSince = undefined;
        if (!one.firing) continue;
        one.recoversSince ??= now;
        if (now - one.recoversSince >= terms.keepFiringFor) this.clear(one);
      }
    }
  }

  keep(terms: RuleTerms, uid: string): void {
    for (const element of elements) this.get(conditionId(terms.name, uid, element)).seen = true;
  }

  remove(terms: RuleTerms, uid: string): void {
    for (const element of elements) {
      const one = this.get(conditionId(terms.name, uid, element));
      this.clear(one);
      one.seen = true;
    }
  }

  tick(now: number): void {
    for (const { terms, uid } of all) {
      for (const element of elements) {
        const one = this.get(conditionId(terms.name, uid, element));
        if (one.waitsSince !== undefined && one.evaluated && now - one.waitsSince >= terms.for) this.fire(one);
        if (one.recoversSince !== undefined && one.seen && now - one.recoversSince >= terms.keepFiringFor)
          this.clear(one);
      }
    }
  }

  restart(): void {
    for (const one of this.known.values()) {
      one.seen = false;
      one.evaluated = false;
    }
  }

  complete(): void {
    for (const one of this.known.values()) if (!one.seen) this.clear(one);
  }

  fire(one: Known): void {
    one.waitsSince = undefined;
    one.firing = true;
  }

  clear(one: Known): void {
    one.waitsSince = undefined;
    one.recoversSince = undefined;
    one.firing = false;
  }

  published(): { firing: string[]; timers: string[] } {
    const entries = [...this.known.entries()];
    const timers = entries.flatMap(([id, { waitsSince, recoversSince }]) => [
      ...(waitsSince === undefined ? [] : [`${id} firing ${waitsSince}`]),
      ...(recoversSince === undefined ? [] : [`${id} resolved ${recoversSince}`]),
    ]);
    return { firing: entries.flatMap(([id, { firing }]) => (firing ? [id] : [])).sort(), timers: timers.sort() };
  }
}

type Step =
  | { readonly do: "observe"; readonly target: number; readonly holds: readonly number[] }
  | { readonly do: "keep" | "remove"; readonly target: number }
  | { readonly do: "time"; readonly by: number; readonly tick: boolean }
  | { readonly do: "restart" | "complete" };

const target = fc.nat({ max: all.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("observe" as const),
      target,
      holds: fc.uniqueArray(fc.nat({ max: elements.length - 1 })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("time" as const), by: fc.integer({ min: -3, max: 8 }), tick: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("keep" as const, "remove" as const), target }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("restart" as const, "complete" as const) }) },
);

describe("conditions, against a model", () => {
  /** Runs steps on both, comparing what is published after each; answers with all changes and the last time. */
  function play(steps: readonly Step[]): { changes: Change[]; bench: Bench } {
    const bench = new Bench();
    const model = new Model();
    // What is true of each object by its last word; absent: it is gone.
    const truth = new Map<string, { terms: RuleTerms; uid: string; holds: Set<string | null> }>();
    let now = 1_000;
    const observe = (terms: RuleTerms, uid: string, holds: Set<string | null>) => {
      truth.set(`${terms.name}/${uid}`, { terms, uid, holds });
      bench.conditions.observe(
        terms,
        pod(uid),
        [...holds].map((element) => found(element)),
        now,
      );
      model.observe(terms, uid, holds, now);
    };
    const complete = () => {
      for (const { name } of rules) bench.conditions.complete(name, now);
      model.complete();
    };
    const check = () => {
      const timers = [...bench.state.timers].map(([id, { to, since }]) => `${id} ${to} ${since}`).sort();
      expect({ firing: [...bench.state.firing.keys()].sort(), timers }).toEqual(model.published());
      // What the conditions hold is what is published.
      const counts = [...bench.conditions.counts()];
      expect(counts.filter(({ phase }) => phase !== "pending")).toHaveLength(bench.state.firing.size);
      expect(counts.filter(({ phase }) => phase !== "firing")).toHaveLength(bench.state.timers.size);
    };
    for (const one of steps) {
      if (one.do === "observe") {
        const { terms, uid } = all[one.target]!;
        observe(terms, uid, new Set(one.holds.map((index) => elements[index]!)));
      } else if (one.do === "keep") {
        const { terms, uid } = all[one.target]!;
        bench.conditions.keep(terms, uid);
        model.keep(terms, uid);
      } else if (one.do === "remove") {
        const { terms, uid } = all[one.target]!;
        truth.delete(`${terms.name}/${uid}`);
        bench.conditions.remove(terms, uid, now);
        model.remove(terms, uid);
      } else if (one.do === "time") {
        now += one.by;
        if (one.tick) {
          bench.conditions.tick(now);
          model.tick(now);
        }
      } else if (one.do === "restart") {
        const before = bench.changes.length;
        bench.restart(rules, now);
        model.restart();
        expect(bench.changes).toHaveLength(before);
      } else {
        complete();
      }
      check();
    }
    // Everything settles: each object is seen once more, and all hold times run out.
    for (const { terms, uid, holds } of truth.values()) observe(terms, uid, holds);
    complete();
    now += 100;
    bench.conditions.tick(now);
    model.tick(now);
    check();
    const holding = [...truth.values()].flatMap(({ terms, uid, holds }) =>
      [...holds].map((element) => conditionId(terms.name, uid, element)),
    );
    const elsewhere = [...bench.state.firing.keys()].filter((id) => !holding.includes(id));
    // A rule that could not be evaluated on an object that was never seen again keeps its condition.
    for (const id of elsewhere)
      expect(
        steps.some((one) => one.do === "keep"),
        id,
      ).toBe(true);
    expect(holding.filter((id) => !bench.state.firing.has(id))).toEqual([]);
    return { changes: bench.changes, bench };
  }

  /** No process starts within the millisecond in which another ended. */
  const pause: Step = { do: "time", by: 1, tick: true };

  it("publishes what the model says, each transition once and in turn", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { changes } = play(steps.flatMap((one) => (one.do === "restart" ? [pause, one] : [one])));
        const last = new Map<string, string>();
        const ids = new Set<string>();
        for (const change of changes) {
          if (change.type !== "firing" && change.type !== "resolved") continue;
          const { id, startsAt } = change.condition;
          expect(change.type, id).toBe(last.get(id) === "firing" ? "resolved" : "firing");
          last.set(id, change.type);
          expect(ids).not.toContain(eventId(change));
          ids.add(eventId(change));
          if (change.type === "resolved") expect(change.endsAt >= startsAt, `${id} ends before it begins`).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("neither repeats nor loses a transition through a restart at any point", () => {
    fc.assert(
      fc.property(
        fc.array(
          step.filter((one) => one.do === "observe" || one.do === "time"),
          { maxLength: 30 },
        ),
        fc.nat(),
        (steps, cut) => {
          const at = cut % (steps.length + 1);
          // After the restart the objects come again as they were, in one list.
          const seen = new Map<number, Step>();
          for (const one of steps.slice(0, at)) if (one.do === "observe") seen.set(one.target, one);
          const again: Step[] = [{ do: "restart" }, ...seen.values(), { do: "complete" }];
          const through = play([...steps.slice(0, at), pause, ...again, ...steps.slice(at)]);
          const without = play([...steps.slice(0, at), pause, ...steps.slice(at)]);
          const transitions = (changes: readonly Change[]) =>
            changes
              .flatMap((change) => (change.type === "firing" || change.type === "resolved" ? [eventId(change)] : []))
              .sort();
          expect(transitions(through.changes)).toEqual(transitions(without.changes));
        },
      ),
      { numRuns: 300 },
    );
  });
});
