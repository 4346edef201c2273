import { type CelMap, isMap, lookUp } from "../values/map.ts";
import { Failure, Uint, type Value } from "../values/value.ts";
import { kindOf } from "../values/words.ts";

// The elements of lists and maps, and what is said of those that cannot be.

/** What a list, map or struct has at the index or key; undefined where there is nothing. */
export function elementAt(container: Value, index: Value): Value | undefined {
  if (!Array.isArray(container)) {
    const found = lookUp(container, index);
    if (found !== undefined || container === null) return found;
    if (isMap(container)) return undefined;
    return new Failure(`${kindOf(container)} has no elements`);
  }
  const position =
    typeof index === "number"
      ? index
      : typeof index === "object" && index !== null && "$value" in index
        ? Number(index.$value)
        : undefined;
  if (position === undefined || !Number.isInteger(position)) {
    return new Failure(`${kindOf(index)} is no index of a list`);
  }
  return container[position];
}

/** A key as an expression would write it. */
export function written(key: Value): string {
  if (typeof key === "string") return JSON.stringify(key);
  return key instanceof Uint ? `${key.$value}u` : String(typeof key === "object" ? kindOf(key) : key);
}

/** What comes where an optional should stand. */
export function notOptional(value: Value, at: number): Failure {
  return new Failure(`an optional is wanted here, not ${kindOf(value)}`, false, at);
}

/** Why a map that is made does not take a key. */
export function badKey(map: CelMap, key: Value, at: number): Failure {
  const repeated = map.$get(key) !== undefined;
  return new Failure(repeated ? `the key ${written(key)} comes twice` : `${kindOf(key)} cannot be a key`, false, at);
}
