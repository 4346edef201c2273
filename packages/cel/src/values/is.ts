import type { Type } from "../types/type.ts";
import { isMap } from "./map.ts";
import { Duration, Timestamp } from "./time.ts";
import { Double, Failure, isPlainObject, Optional, Special, TypeValue, Uint, type Value } from "./value.ts";

/** A test whether a value is of a type, as far as a call needs to know: the elements of lists and maps are not looked at. */
export function tester(type: Type): (value: Value) => boolean {
  switch (type.kind) {
    case "dyn":
    case "parameter":
      return isAny;
    case "opaque":
      return type.name === "optional_type" ? isOptional : opaqueTester(type.name);
    case "wrapper": {
      const of = tester(type.of);
      return (value) => value === null || of(value);
    }
    default:
      return testers[type.kind];
  }
}

const isAny = (): boolean => true;
const isOptional = (value: Value): boolean => value instanceof Optional;

const testers: Readonly<
  Record<Exclude<Type["kind"], "dyn" | "parameter" | "opaque" | "wrapper">, (value: Value) => boolean>
> = {
  null: (value) => value === null,
  bool: (value) => typeof value === "boolean",
  int: (value) => (typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "bigint"),
  uint: (value) => value instanceof Uint,
  double: (value) => (typeof value === "number" ? !Number.isSafeInteger(value) : value instanceof Double),
  string: (value) => typeof value === "string",
  bytes: (value) => value instanceof Uint8Array,
  timestamp: (value) => value instanceof Timestamp,
  duration: (value) => value instanceof Duration,
  list: (value) => Array.isArray(value),
  map: isMap,
  type: (value) => value instanceof TypeValue,
  struct: isPlainObject,
};

function opaqueTester(name: string): (value: Value) => boolean {
  return (value) => {
    if (!(value instanceof Special) || value instanceof Failure) return false;
    const type = value.$type;
    return type.kind === "opaque" && type.name === name;
  };
}
