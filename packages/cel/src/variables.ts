import type { Type } from "./types/type.ts";
import { tester } from "./values/is.ts";
import { Duration, parseDuration, parseTimestamp, Timestamp, timestamp } from "./values/time.ts";
import { Double, Failure, Uint, type Value } from "./values/value.ts";

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

/** What JSON writes as a string or a whole number, and what it stands for in a field of the type; undefined where nothing is to be done. */
export function fieldConversion(type: Type): ((value: Value) => Value) | undefined {
  const of = type.kind === "wrapper" ? type.of : type;
  if (!["timestamp", "duration", "double", "bytes"].includes(of.kind)) return undefined;
  const convert = of.kind === "bytes" ? fromBase64 : conversionTo(of);
  return (value) => convert(value) ?? new Failure(`${JSON.stringify(value)} is no ${of.kind}`);
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
