import { compareNumbers, isNumber } from "./number.ts";
import { Duration, Timestamp } from "./time.ts";
import type { Value } from "./value.ts";

/**
 * Below 0, 0 or above as the first comes before the second: of two numbers (NaN where one is
 * NaN), strings, bytes, bools, timestamps or durations; undefined where they have no order.
 */
export function compare(a: Value, b: Value): number | undefined {
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN;
  if (typeof a === "string") return typeof b === "string" ? compareStrings(a, b) : undefined;
  if (isNumber(a)) return isNumber(b) ? compareNumbers(a, b) : undefined;
  if (typeof a === "boolean") return typeof b === "boolean" ? Number(a) - Number(b) : undefined;
  if (a instanceof Timestamp) return b instanceof Timestamp ? compareTimes(a, b) : undefined;
  if (a instanceof Duration) return b instanceof Duration ? compareTimes(a, b) : undefined;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? Buffer.compare(a, b) : undefined;
  return undefined;
}

/** By code points, which JavaScript's order by UTF-16 units is but for surrogates. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    const surrogates = (x & 0xf800) === 0xd800 ? (y & 0xf800) !== 0xd800 : (y & 0xf800) === 0xd800;
    // What is beyond the first plane is written with surrogates, which are below U+E000.
    return surrogates && (x >= 0xe000 || y >= 0xe000) ? y - x : x - y;
  }
  return a.length - b.length;
}

function compareTimes(a: Timestamp | Duration, b: Timestamp | Duration): number {
  return a.$seconds - b.$seconds || a.$nanos - b.$nanos;
}
