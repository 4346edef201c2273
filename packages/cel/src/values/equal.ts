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
  if (a === b) return true; // NaN is not itself
  if (typeof a === "string" || typeof a === "boolean" || a === null || b === null) return false;
  if (isNumber(a)) return isNumber(b) && compareNumbers(a, b) === 0;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((element, index) => equal(element, b[index]));
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (isMap(a)) return isMap(b) && equalMaps(a, b);
  return a instanceof Special && b instanceof Special && equalSpecials(a, b);
}

function equalMaps(a: Value, b: Value): boolean {
  if (sizeOfMap(a) !== sizeOfMap(b)) return false;
  for (const [key, value] of entriesOf(a)) {
    const other = lookUp(b, key);
    if (other === undefined || !equal(value, other)) return false;
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
