import { sortedBy } from "../library/lists.ts";
import type { Comprehension } from "../syntax/ast.ts";
import { CelMap, entriesOf, isMap } from "../values/map.ts";
import { Failure, type Value } from "../values/value.ts";
import { placed } from "./call.ts";
import type { Frame, Step } from "./frame.ts";
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
  readonly overBudget: Failure;
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
  const { slot, second, overBudget } = loop;
  const { slots } = frame;
  if (Array.isArray(range)) {
    for (let index = 0; index < range.length; index++) {
      if (second === undefined) {
        slots[slot] = range[index] ?? null;
      } else {
        slots[slot] = index;
        slots[second] = range[index] ?? null;
      }
      if (frame.cost > frame.budget) return overBudget;
      const result = visit(frame);
      if (result !== undefined) return result;
    }
    return undefined;
  }
  if (!isMap(range)) return range instanceof Failure ? range : loop.notIterable(range);
  for (const [key, value] of entriesOf(range)) {
    slots[slot] = key;
    if (second !== undefined) slots[second] = value;
    if (frame.cost > frame.budget) return overBudget;
    const result = visit(frame);
    if (result !== undefined) return result;
  }
  return undefined;
}

/** `all` (until a `false`) and `exists` (until a `true`), as `&&` and `||` of as many. */
function quantifier(loop: Loop, until: boolean): Step {
  const { range, body, notBool } = loop;
  return (frame) => {
    let failure: Failure | undefined;
    const decided = each(frame, loop, range(frame), (inner) => {
      const value = body(inner);
      if (value === until) return value;
      if (typeof value !== "boolean") failure = worse(failure, value, notBool);
      return undefined;
    });
    return decided ?? failure ?? !until;
  };
}

function existsOne(loop: Loop): Step {
  const { range, body, notBool } = loop;
  return (frame) => {
    let count = 0;
    const failed = each(frame, loop, range(frame), (inner) => {
      const value = body(inner);
      if (value === true) count++;
      return typeof value === "boolean" ? undefined : worse(undefined, value, notBool);
    });
    return failed ?? count === 1;
  };
}

function filter(loop: Loop): Step {
  const { range, body, slot, notBool } = loop;
  return (frame) => {
    const found: Value[] = [];
    const failed = each(frame, loop, range(frame), (inner) => {
      const element = inner.slots[slot] as Value;
      const value = body(inner);
      if (value === true) found.push(element);
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
  const { range, body } = loop;
  return (frame) => {
    const results: Value[] = [];
    const failed = each(frame, loop, range(frame), (inner) => {
      const pass = passes(loop, inner);
      if (pass !== true) return pass === false ? undefined : pass;
      const value = body(inner);
      if (value instanceof Failure) return value;
      results.push(value);
      return undefined;
    });
    return failed ?? results;
  };
}

function sortBy(loop: Loop): Step {
  const { range, body, slot } = loop;
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
    return failed ?? placed(sortedBy(elements, keys), loop.at);
  };
}

function collectMap(loop: Loop): Step {
  const { macro, range, body, slot, notIterable, repeatedKey } = loop;
  return (frame) => {
    const results = new CelMap();
    const failed = each(frame, loop, range(frame), (inner) => {
      const pass = passes(loop, inner);
      if (pass !== true) return pass === false ? undefined : pass;
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
