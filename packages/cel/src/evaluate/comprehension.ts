import { decidedCost } from "../analysis/fixed-cost.ts";
import { selfComparison } from "../library/cost.ts";
import { sortedBy } from "../library/lists.ts";
import type { Comprehension } from "../syntax/ast.ts";
import { CelMap, entriesOf, isMap, sizeOfMap } from "../values/map.ts";
import { Failure, type Value } from "../values/value.ts";
import { placed } from "./call.ts";
import { type Frame, OverBudget, type Step } from "./frame.ts";
import { type NotBool, worse } from "./logic.ts";

/** The parts of a macro that goes through a list or map, compiled. */
export interface Loop {
  readonly macro: Comprehension["macro"];
  readonly range: Step;
  /** Where its variables are; the second where it has one. */
  readonly slot: number;
  readonly second: number | undefined;
  readonly filter: Step | undefined;
  readonly body: Step;
  readonly notIterable: (value: Value) => Failure;
  readonly notBool: NotBool;
  readonly repeatedKey: (key: Value) => Failure;
  /** What each round costs in any case, and one whose element counts beside. */
  readonly roundCost: number;
  readonly takenCost: number;
  readonly at: number;
}

/** Given each round's outcome; a value ends the loop with it. */
type Visit = (frame: Frame) => Value | undefined;

export function comprehension(loop: Loop): Step {
  switch (loop.macro) {
    case "all":
      return quantifier(loop, false);
    case "exists":
      return quantifier(loop, true);
    case "existsOne":
      return existsOne(loop);
    case "filter":
      return filter(loop);
    case "sortBy":
      return sortBy(loop);
    case "map":
    case "transformList":
      return collect(loop);
    case "transformMap":
    case "transformMapEntry":
      return collectMap(loop);
  }
}

/**
 * Sets the variables for each element and visits, until a visit gives a value. Each loop of an
 * expression has variables of its own, so that loops within loops need nothing put back.
 */
function each(frame: Frame, loop: Loop, range: Value, visit: Visit): Value | undefined {
  const { slot, second, roundCost, at } = loop;
  const { slots } = frame;
  if (Array.isArray(range)) {
    for (let index = 0; index < range.length; index++) {
      if (second === undefined) {
        slots[slot] = range[index] ?? null;
      } else {
        slots[slot] = index;
        slots[second] = range[index] ?? null;
      }
      frame.cost += roundCost;
      if (frame.cost > frame.budget) return new OverBudget(frame.budget, at);
      const result = visit(frame);
      if (result !== undefined) return result;
    }
    return undefined;
  }
  if (!isMap(range)) return range instanceof Failure ? range : loop.notIterable(range);
  for (const [key, value] of entriesOf(range)) {
    slots[slot] = key;
    if (second !== undefined) slots[second] = value;
    frame.cost += roundCost;
    if (frame.cost > frame.budget) return new OverBudget(frame.budget, at);
    const result = visit(frame);
    if (result !== undefined) return result;
  }
  return undefined;
}

/** `all` (until a `false`) and `exists` (until a `true`), as `&&` and `||` of as many. */
function quantifier(loop: Loop, until: boolean): Step {
  const { range, body, notBool } = loop;
  const { slot, second, roundCost, at } = loop;
  // The loop's condition is looked at once more where there would be another round.
  const endCost = until ? decidedCost.exists : decidedCost.all;
  if (second === undefined) {
    // Of a list, which is nearly always, without a function for each round.
    return (frame) => {
      const list = range(frame);
      if (!Array.isArray(list)) return general(frame, list);
      const { slots } = frame;
      let failure: Failure | undefined;
      for (let index = 0; index < list.length; index++) {
        frame.cost += roundCost;
        if (frame.cost > frame.budget) return new OverBudget(frame.budget, at);
        slots[slot] = list[index] ?? null;
        const value = body(frame);
        if (value === until) {
          if (index + 1 < list.length) frame.cost += endCost;
          return until;
        }
        if (typeof value !== "boolean") failure = worse(failure, value, notBool);
      }
      return failure ?? !until;
    };
  }
  return (frame) => general(frame, range(frame));

  function general(frame: Frame, elements: Value): Value {
    let failure: Failure | undefined;
    let left = Array.isArray(elements) ? elements.length : isMap(elements) ? sizeOfMap(elements) : 0;
    const decided = each(frame, loop, elements, (inner) => {
      left--;
      const value = body(inner);
      if (value === until) {
        if (left > 0) inner.cost += endCost;
        return value;
      }
      if (typeof value !== "boolean") failure = worse(failure, value, notBool);
      return undefined;
    });
    return decided ?? failure ?? !until;
  }
}

function existsOne(loop: Loop): Step {
  const { range, body, notBool, takenCost } = loop;
  return (frame) => {
    let count = 0;
    const failed = each(frame, loop, range(frame), (inner) => {
      const value = body(inner);
      if (value === true) {
        inner.cost += takenCost;
        count++;
      }
      return typeof value === "boolean" ? undefined : worse(undefined, value, notBool);
    });
    return failed ?? count === 1;
  };
}

function filter(loop: Loop): Step {
  const { range, body, slot, notBool, takenCost } = loop;
  return (frame) => {
    const found: Value[] = [];
    const failed = each(frame, loop, range(frame), (inner) => {
      const element = inner.slots[slot] as Value;
      const value = body(inner);
      if (value === true) {
        inner.cost += takenCost;
        found.push(element);
      }
      return typeof value === "boolean" ? undefined : worse(undefined, value, notBool);
    });
    return failed ?? found;
  };
}

/** Whether the round counts; or a failure, which ends the loop. */
function passes(loop: Loop, frame: Frame): boolean | Failure {
  const value = loop.filter?.(frame) ?? true;
  if (typeof value === "boolean") return value;
  return worse(undefined, value, loop.notBool);
}

function collect(loop: Loop): Step {
  const { range, body, takenCost } = loop;
  return (frame) => {
    const results: Value[] = [];
    const failed = each(frame, loop, range(frame), (inner) => {
      const pass = passes(loop, inner);
      if (pass !== true) return pass === false ? undefined : pass;
      inner.cost += takenCost;
      const value = body(inner);
      if (value instanceof Failure) return value;
      results.push(value);
      return undefined;
    });
    return failed ?? results;
  };
}

function sortBy(loop: Loop): Step {
  const { range, body, slot, at } = loop;
  return (frame) => {
    const elements: Value[] = [];
    const keys: Value[] = [];
    const failed = each(frame, loop, range(frame), (inner) => {
      elements.push(inner.slots[slot] as Value);
      const key = body(inner);
      if (key instanceof Failure) return key;
      keys.push(key);
      return undefined;
    });
    if (failed !== undefined) return failed;
    frame.cost += selfComparison.of(keys);
    return frame.cost > frame.budget ? new OverBudget(frame.budget, at) : placed(sortedBy(elements, keys), at);
  };
}

function collectMap(loop: Loop): Step {
  const { macro, range, body, slot, notIterable, repeatedKey, takenCost } = loop;
  return (frame) => {
    const results = new CelMap();
    const failed = each(frame, loop, range(frame), (inner) => {
      const pass = passes(loop, inner);
      if (pass !== true) return pass === false ? undefined : pass;
      inner.cost += takenCost;
      const key = inner.slots[slot] as Value;
      const value = body(inner);
      if (value instanceof Failure) return value;
      if (macro === "transformMap") return results.$add(key, value) ? undefined : repeatedKey(key);
      if (!isMap(value)) return notIterable(value);
      for (const [newKey, newValue] of entriesOf(value)) {
        if (!results.$add(newKey, newValue)) return repeatedKey(newKey);
      }
      return undefined;
    });
    return failed ?? results;
  };
}
