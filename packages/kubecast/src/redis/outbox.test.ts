import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change } from "../conditions/condition.ts";
import { copy, episode, history } from "./changes.test.support.ts";
import { fold, Outbox } from "./outbox.ts";
import { applyChanges } from "./state.ts";

const firing = (id: string, number = 1): Change => ({ type: "firing", condition: episode(id, number) });
const resolved = (id: string, number = 1): Change => ({
  type: "resolved",
  condition: episode(id, number),
  endsAt: new Date(9).toISOString(),
  reason: "recovered",
});
const timer = (id: string): Change => ({ type: "timer", id, timer: { to: "resolved", since: 1 } });
const idOf = (change: Change) => ("id" in change ? change.id : change.condition.id);

describe("fold", () => {
  it("gives the same state as what it folds, from no more changes", () => {
    fc.assert(
      fc.property(history, ({ state, changes }) => {
        const folded = fold(changes);
        expect(folded.length).toBeLessThanOrEqual(changes.length);
        const [plain, short] = [copy(state), copy(state)];
        applyChanges(plain, changes);
        applyChanges(short, folded);
        expect(short).toEqual(plain);
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves at most an end, a beginning and a hold time of each condition, in their order", () => {
    fc.assert(
      fc.property(history, ({ state, changes }) => {
        const folded = fold(changes);
        for (const id of new Set(folded.map(idOf))) {
          const types = folded.filter((change) => idOf(change) === id).map(({ type }) => type);
          const transitions = types.filter((type) => type === "firing" || type === "resolved");
          const allowed = state.firing.has(id) ? [[], ["resolved"], ["resolved", "firing"]] : [[], ["firing"]];
          expect(allowed).toContainEqual(transitions);
          expect(types.length - transitions.length).toBeLessThanOrEqual(1);
        }
        // What is kept is in the order in which it came.
        const places = folded.map((change) => changes.indexOf(change)).filter((place) => place !== -1);
        expect(places).toEqual([...places].sort((a, b) => a - b));
        // Nothing more is gained by folding again.
        expect(fold(folded)).toEqual(folded);
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps the end of the published episode and drops those that came and went", () => {
    const kept = [resolved("R/a", 1), firing("R/a", 4)];
    expect(
      fold([kept[0]!, firing("R/a", 2), resolved("R/a", 2), firing("R/a", 3), resolved("R/a", 3), kept[1]!]),
    ).toEqual(kept);
  });

  it("forgets the hold time of what came and went", () => {
    expect(fold([timer("R/a"), firing("R/a"), timer("R/a"), resolved("R/a")])).toEqual([
      { type: "timer-cleared", id: "R/a" },
    ]);
  });
});

describe("Outbox", () => {
  it("gives back in order all that was added, as long as it is below its limit", () => {
    const outbox = new Outbox(10);
    const changes = Array.from({ length: 10 }, (_, index) =>
      index % 2 === 0 ? firing("R/a", index) : resolved("R/a", index),
    );
    for (const change of changes) outbox.add(change);
    expect(outbox.folded).toBe(0);
    expect(outbox.take(3)).toEqual(changes.slice(0, 3));
    outbox.unshift(changes.slice(0, 3));
    expect(outbox.length).toBe(10);
    expect(outbox.take(100)).toEqual(changes);
    expect(outbox.take(100)).toEqual([]);
  });

  it("stays within its limit while conditions flap, and counts the transitions left out", () => {
    const outbox = new Outbox(10);
    for (let number = 0; number < 1_000; number += 1) {
      outbox.add(firing("R/a", number));
      outbox.add(timer("R/a"));
      outbox.add(resolved("R/a", number));
      expect(outbox.length).toBeLessThanOrEqual(10);
    }
    const left = outbox.take(100).filter(({ type }) => type === "firing" || type === "resolved").length;
    expect(outbox.folded).toBe(2_000 - left);
  });

  it("holds no more than twice the folded changes, or its limit, whatever comes and is taken", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 20 }),
        fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 })), { maxLength: 50 }),
        (limit, steps) => {
          const outbox = new Outbox(limit);
          let number = 0;
          for (const [added, taken] of steps) {
            for (let count = 0; count < added; count += 1) {
              number += 1;
              const id = `R/${number % 7}`;
              outbox.add(number % 14 < 7 ? firing(id, number) : resolved(id, number));
              // Seven conditions fold to no more than two transitions and a hold time each.
              expect(outbox.length).toBeLessThanOrEqual(Math.max(limit, 2 * 3 * 7));
            }
            outbox.take(taken);
          }
        },
      ),
    );
  });

  it("keeps its limit after a time when nothing could be folded", () => {
    const outbox = new Outbox(10);
    for (let number = 0; number < 1_000; number += 1) outbox.add(firing(`R/${number}`));
    expect(outbox.length).toBe(1_000);
    while (outbox.length > 0) outbox.take(256);
    for (let number = 0; number < 100; number += 1) {
      outbox.add(firing("R/a", number));
      outbox.add(resolved("R/a", number));
      expect(outbox.length).toBeLessThanOrEqual(10);
    }
  });

  it("takes a hundred thousand changes that do not fold without folding them each time", () => {
    const outbox = new Outbox(1_000);
    const began = performance.now();
    for (let number = 0; number < 100_000; number += 1) outbox.add(firing(`R/${number}`));
    expect(outbox.length).toBe(100_000);
    expect(outbox.folded).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
