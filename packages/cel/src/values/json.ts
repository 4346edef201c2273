import { formatType } from "../types/type.ts";
import { CelMap } from "./map.ts";
import { Duration, formatDuration, formatTimestamp, Timestamp } from "./time.ts";
import { Double, Optional, Special, TypeValue, Uint, type Value } from "./value.ts";

/**
 * A value as JSON has it: ints and uints beyond 2^53 are strings of digits, NaN and the infinities
 * strings, bytes base64, timestamps RFC 3339, durations seconds, types their names; an optional is
 * its value or null. What JSON has already comes back as itself.
 */
export function toJson(value: Value): unknown {
  switch (typeof value) {
    case "bigint":
      return String(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) return listToJson(value);
      if (value instanceof Special) return specialToJson(value);
      return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
    default:
      return value;
  }
}

/**
 * How long the JSON of what an expression has made is, about: objects of the input, which are as they are, do not
 * count, but each time that a list is part of another does.
 * @param most where counting ends.
 */
export function madeLength(value: Value, most: number): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  if (value instanceof Optional) return value.$value === undefined ? 1 : madeLength(value.$value, most);
  if (!Array.isArray(value) && !(value instanceof CelMap)) return 1;
  let length = 2;
  for (const part of value instanceof CelMap ? Array.from(value, ([, each]) => each) : (value as readonly Value[])) {
    length += madeLength(part, most - length);
    if (length > most) break;
  }
  return length;
}

/** What an expression makes of objects is no plain object, so it is seen without looking into these. */
function listToJson(list: readonly Value[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (const [index, element] of list.entries()) {
    const json = toJson(element);
    if (json !== element) copy ??= list.slice(0, index);
    copy?.push(json);
  }
  return copy ?? list;
}

function specialToJson(value: Special): unknown {
  if (value instanceof Double) return value.$value;
  if (value instanceof Uint)
    return Number.isSafeInteger(Number(value.$value)) ? Number(value.$value) : String(value.$value);
  if (value instanceof CelMap)
    return Object.fromEntries(Array.from(value, ([key, each]) => [String(toJson(key)), toJson(each)]));
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return formatType(value.$of).replace(/\(.*/s, "");
  if (value instanceof Optional) return value.$value === undefined ? null : toJson(value.$value);
  return String(value);
}
