import { formatType } from "../types/type.ts";
import { entriesOf, isMap, lookUp, sizeOfMap } from "./map.ts";
import { compareNumbers, isNumber } from "./number.ts";
import { Duration, Timestamp } from "./time.ts";
import { Optional, Special, TypeValue, type Value } from "./value.ts";

/** A value of a library that knows what equals it. */
export interface Comparable {
  $equals(other: Value): boolean;
}

/**
 * Whether two values are equal: numbers by value whatever their types, lists and maps by
 * what they hold, values of different types never.
 */
export function equal(a: Value, b: Value): boolean {
  return same(a, b, undefined, 0);
}

/** Lists and maps that have been compared so far, all of which are equal. */
type Compared = Map<Value, Set<Value>>;

/** From here on it is noted what was compared: lists of lists that are the same many times over are compared once. */
const noted = 2;

function same(a: Value, b: Value, compared: Compared | undefined, depth: number): boolean {
  if (a === b) return true; // NaN is not itself
  if (typeof a === "string" || typeof a === "boolean" || a === null || b === null) return false;
  if (isNumber(a)) return isNumber(b) && compareNumbers(a, b) === 0;
  if (compared !== undefined && !isNew(a, b, compared)) return true;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    const below = compared ?? (depth === noted ? new Map() : undefined);
    return a.every((element, index) => same(element, b[index], below, depth + 1));
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (isMap(a)) return isMap(b) && equalMaps(a, b, compared ?? (depth === noted ? new Map() : undefined), depth + 1);
  return a instanceof Special && b instanceof Special && equalSpecials(a, b);
}

function isNew(a: Value, b: Value, compared: Compared): boolean {
  const others = compared.get(a);
  if (others?.has(b)) return false;
  if (others === undefined) compared.set(a, new Set([b]));
  else others.add(b);
  return true;
}

function equalMaps(a: Value, b: Value, compared: Compared | undefined, depth: number): boolean {
  if (sizeOfMap(a) !== sizeOfMap(b)) return false;
  for (const [key, value] of entriesOf(a)) {
    const other = lookUp(b, key);
    if (other === undefined || !same(value, other, compared, depth)) return false;
  }
  return true;
}

function equalSpecials(a: Special, b: Special): boolean {
  if (a instanceof Timestamp) return b instanceof Timestamp && isSameTime(a, b);
  if (a instanceof Duration) return b instanceof Duration && isSameTime(a, b);
  if (a instanceof TypeValue) return b instanceof TypeValue && formatType(a.$of) === formatType(b.$of);
  if (a instanceof Optional) {
    if (!(b instanceof Optional)) return false;
    return a.$value === undefined || b.$value === undefined ? a.$value === b.$value : equal(a.$value, b.$value);
  }
  return "$equals" in a && (a as Special & Comparable).$equals(b);
}

function isSameTime(a: Timestamp | Duration, b: Timestamp | Duration): boolean {
  return a.$seconds === b.$seconds && a.$nanos === b.$nanos;
}
