import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyState, copy, episode } from "./changes.test.support.ts";
import { applyChanges, difference, Endings, type PublishedState } from "./state.ts";

const nothing: PublishedState = { firing: new Map(), timers: new Map() };

describe("difference", () => {
  it("applied to what is there gives what is wanted", () => {
    fc.assert(
      fc.property(anyState, anyState, (wanted, actual) => {
        const mended = copy(actual);
        applyChanges(mended, difference(wanted, actual, 10));
        expect(mended).toEqual(wanted);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is nothing where nothing differs", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(difference(state, copy(state), 10)).toEqual([]);
      }),
    );
  });

  it("tells subscribers of each condition no more than its end and its beginning, in this order", () => {
    fc.assert(
      fc.property(anyState, anyState, (wanted, actual) => {
        const changes = difference(wanted, actual, 10);
        for (const id of new Set([...wanted.firing.keys(), ...actual.firing.keys()])) {
          const types = changes.flatMap((change) =>
            "condition" in change && change.condition.id === id ? [change.type] : [],
          );
          expect([[], ["resolved"], ["firing"], ["resolved", "firing"]]).toContainEqual(types);
        }
      }),
    );
  });

  it("publishes what was lost as it was, with its own start", () => {
    const wanted = { ...nothing, firing: new Map([["R/a", episode("R/a", 3)]]) };
    expect(difference(wanted, nothing, 10)).toEqual([{ type: "firing", condition: episode("R/a", 3) }]);
  });

  it("says of what has ended when and why it did, as long as that is remembered", () => {
    const endings = new Endings(2);
    const episodes = ["R/a", "R/b", "R/c"].map((id) => episode(id, 3));
    const end = { endsAt: new Date(4).toISOString(), reason: "deleted" } as const;
    endings.add(episodes.map((condition) => ({ type: "resolved", condition, ...end })));
    const actual = { ...nothing, firing: new Map([...episodes, episode("R/d", 3)].map((one) => [one.id, one])) };
    const guess = { endsAt: new Date(10).toISOString(), reason: "recovered" };
    expect(difference(nothing, actual, 10, endings)).toMatchObject([guess, end, end, guess]);
  });

  it("ends nothing before it began", () => {
    const actual = { ...nothing, firing: new Map([["R/a", episode("R/a", 3)]]) };
    expect(difference(nothing, actual, 1)).toMatchObject([{ type: "resolved", endsAt: new Date(3).toISOString() }]);
  });
});
