import { parseSchemaDuration } from "./kubernetes/duration.ts";
import { DOUBLE, DYN, type Type } from "./types/type.ts";
import { tester } from "./values/is.ts";
import { CelMap, entriesOf, isMap } from "./values/map.ts";
import { Duration, parseDuration, parseTimestamp, Timestamp, timestamp } from "./values/time.ts";
import { Double, Failure, Optional, Uint, type Value } from "./values/value.ts";

/** From what a caller gives to a value of the declared type; undefined where it is none. */
export type Conversion = (given: unknown) => Value | undefined;

/** The way from JSON to the values of a type. */
export function conversionTo(type: Type): Conversion {
  switch (type.kind) {
    case "timestamp":
      return toTimestamp;
    case "duration":
      return toDuration;
    case "double":
      return (given) => (typeof given === "number" ? asDouble(given) : given instanceof Double ? given : undefined);
    case "uint":
      return toUint;
    case "dyn":
      return (given) => (isJson(given) ? given : undefined);
    default: {
      const isOf = tester(type);
      return (given) => (isJson(given) && (given === null || isOf(given)) ? given : undefined);
    }
  }
}

/**
 * What JSON writes as a string or a whole number, and what it stands for in a field of the type, within
 * lists and maps too; undefined where nothing is to be done.
 */
export function fieldConversion(type: Type): ((value: Value) => Value) | undefined {
  switch (type.kind) {
    case "wrapper":
      return fieldConversion(type.of);
    case "list":
      return elementsConversion(fieldConversion(type.element));
    case "map":
      return entriesConversion(fieldConversion(type.value));
    case "opaque":
      return type.name === "optional_type" ? insideConversion(fieldConversion(type.parameters[0] ?? DYN)) : undefined;
    case "timestamp":
    case "duration":
    case "double":
    case "bytes": {
      const convert = fieldConversions[type.kind];
      return (value) => (value === null ? null : (convert(value) ?? new Failure(`this is no ${type.kind}`)));
    }
    default:
      return undefined;
  }
}

const fieldConversions = {
  bytes: fromBase64,
  timestamp: toMoment,
  duration: toSpan,
  double: conversionTo(DOUBLE),
} as const;

type ValueConversion = (value: Value) => Value;

function elementsConversion(convert: ValueConversion | undefined): ValueConversion | undefined {
  if (convert === undefined) return undefined;
  return (value) => {
    if (!Array.isArray(value)) return value;
    const converted = value.map(convert);
    return converted.find((each) => each instanceof Failure) ?? converted;
  };
}

function entriesConversion(convert: ValueConversion | undefined): ValueConversion | undefined {
  if (convert === undefined) return undefined;
  return (value) => {
    if (!isMap(value)) return value;
    const map = new CelMap();
    for (const [key, each] of entriesOf(value)) {
      const converted = convert(each);
      if (converted instanceof Failure) return converted;
      map.$add(key, converted);
    }
    return map;
  };
}

function insideConversion(convert: ValueConversion | undefined): ValueConversion | undefined {
  if (convert === undefined) return undefined;
  return (value) => {
    if (!(value instanceof Optional) || value.$value === undefined) return value;
    const converted = convert(value.$value);
    return converted instanceof Failure ? converted : new Optional(converted);
  };
}

/** In a field a date will do. */
function toMoment(given: unknown): Value | undefined {
  const isDate = typeof given === "string" && /^\d{4}-\d\d-\d\d$/.test(given);
  return toTimestamp(isDate ? `${given}T00:00:00Z` : given);
}

/** In a field a duration may be in words. */
function toSpan(given: unknown): Value | undefined {
  return typeof given === "string" ? valid(parseSchemaDuration(given)) : toDuration(given);
}

function isJson(given: unknown): given is Value {
  return typeof given !== "function" && typeof given !== "symbol" && given !== undefined;
}

function asDouble(value: number): Value {
  return Number.isSafeInteger(value) ? new Double(value) : value;
}

function toTimestamp(given: unknown): Value | undefined {
  if (given instanceof Timestamp) return given;
  if (given instanceof Date) {
    const milliseconds = given.getTime();
    if (Number.isNaN(milliseconds)) return undefined;
    return valid(timestamp(Math.floor(milliseconds / 1000), (((milliseconds % 1000) + 1000) % 1000) * 1e6));
  }
  return typeof given === "string" ? valid(parseTimestamp(given)) : undefined;
}

function toDuration(given: unknown): Value | undefined {
  if (given instanceof Duration) return given;
  return typeof given === "string" ? valid(parseDuration(given)) : undefined;
}

function toUint(given: unknown): Value | undefined {
  if (given instanceof Uint) return given;
  if (typeof given === "number" && Number.isSafeInteger(given) && given >= 0) return new Uint(BigInt(given));
  return typeof given === "bigint" && given >= 0n && given < 2n ** 64n ? new Uint(given) : undefined;
}

function fromBase64(value: unknown): Value | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64")) : undefined;
}

function valid(value: Value | undefined): Value | undefined {
  return value instanceof Failure ? undefined : value;
}
