import fc from "fast-check";
import { type Change, type Condition, conditionId } from "../conditions/condition.ts";
import type { PublishedState } from "./state.ts";

/** An episode of a condition; the same id and number give the same condition. */
export function episode(id: string, number: number): Condition {
  const [rule = "", uid = ""] = id.split("/");
  return condition(uid, { id, rule, startsAt: new Date(number).toISOString(), summary: `episode ${number}` });
}

/** A Pod's condition; the same arguments give the same. */
export function condition(uid: string, more: Partial<Condition> = {}): Condition {
  return {
    id: conditionId("PodFailed", uid, null),
    rule: "PodFailed",
    severity: "warning",
    resource: "pods",
    object: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: `pod-${uid}`, uid, resourceVersion: "1" },
    element: null,
    startsAt: "2026-01-02T03:04:05.678Z",
    summary: "it failed",
    details: { 'quote"': "\u2028" },
    labels: {},
    ...more,
  };
}
export const firing = (uid: string): Change => ({ type: "firing", condition: condition(uid) });
export const resolved = (uid: string): Change => ({
  type: "resolved",
  condition: condition(uid),
  endsAt: "2026-01-02T03:05:00.000Z",
  reason: "recovered",
});

const ids = ["R/a", "R/b", "S/a"];
const id = fc.constantFrom(...ids);
const number = fc.nat({ max: 4 });
const to = fc.constantFrom("firing" as const, "resolved" as const);

/** Any state, also ones that the conditions never come to. */
export const anyState: fc.Arbitrary<PublishedState> = fc.record({
  firing: fc.array(fc.tuple(id, number)).map((all) => new Map(all.map(([one, start]) => [one, episode(one, start)]))),
  timers: fc
    .array(fc.tuple(id, fc.record({ to, since: number })))
    .map((all) => new Map(all.map(([one, timer]) => [one, timer]))),
});

/** A state, and changes in an order in which conditions can give them: firing and resolved in turn. */
export const history: fc.Arbitrary<{ state: PublishedState; changes: Change[] }> = fc
  .tuple(
    fc.uniqueArray(id),
    fc.array(fc.record({ id, what: fc.constantFrom("transition", "transition", "timer", "clear"), since: number }), {
      maxLength: 40,
    }),
  )
  .map(([firing, steps]) => {
    const state: PublishedState = { firing: new Map(firing.map((one) => [one, episode(one, 0)])), timers: new Map() };
    const current = new Map(state.firing);
    const changes = steps.map((step, index): Change => {
      const condition = current.get(step.id);
      if (step.what === "clear") return { type: "timer-cleared", id: step.id };
      if (step.what === "timer") {
        return { type: "timer", id: step.id, timer: { to: condition ? "resolved" : "firing", since: step.since } };
      }
      if (condition !== undefined) {
        current.delete(step.id);
        return { type: "resolved", condition, endsAt: new Date(index).toISOString(), reason: "recovered" };
      }
      const began = episode(step.id, index + 1);
      current.set(step.id, began);
      return { type: "firing", condition: began };
    });
    return { state, changes };
  });

export function copy({ firing, timers }: PublishedState): PublishedState {
  return { firing: new Map(firing), timers: new Map(timers) };
}
