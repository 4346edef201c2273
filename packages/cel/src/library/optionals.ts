import { DYN, optionalOf, typeOf } from "../types/type.ts";
import { isMap, sizeOfMap } from "../values/map.ts";
import { Duration, Timestamp } from "../values/time.ts";
import { Double, Failure, none, Optional, TypeValue, Uint, type Value } from "../values/value.ts";
import { fn, type Library, method } from "./overload.ts";

/** Optional values. Their syntax (`.?`, `[?]`, `?key:`) and macros are the language's; `or` and `orValue` evaluate their argument only where it counts. */
export const optionals: Library = {
  name: "optionals",
  overloads: [
    fn("optional.none", "() -> optional<T>", () => none),
    fn("optional.of", "(T) -> optional<T>", (value: Value) => new Optional(value)),
    fn("optional.ofNonZeroValue", "(T) -> optional<T>", (value: Value) => (isZero(value) ? none : new Optional(value))),
    fn("optional.unwrap", "(list<optional<T>>) -> list<T>", unwrap),
    method("unwrapOpt", "(list<optional<T>>) -> list<T>", unwrap),
    method("hasValue", "(optional<T>) -> bool", ({ $value }: Optional) => $value !== undefined),
    method("value", "(optional<T>) -> T", ({ $value }: Optional) => ($value === undefined ? empty() : $value)),
    method("or", "(optional<T>, optional<T>) -> optional<T>", (one: Optional, other: Optional) =>
      one.$value === undefined ? other : one,
    ),
    method("orValue", "(optional<T>, T) -> T", ({ $value }: Optional, other: Value) =>
      $value === undefined ? other : $value,
    ),
    method("first", "(list<T>) -> optional<T>", (list: Value[]) => optional(list[0])),
    method("last", "(list<T>) -> optional<T>", (list: Value[]) => optional(list.at(-1))),
  ],
  constants: new Map([["optional_type", { type: typeOf(optionalOf(DYN)), value: new TypeValue(optionalOf(DYN)) }]]),
};

const empty = (): Failure => new Failure("the optional has no value");
const optional = (value: Value | undefined): Optional => (value === undefined ? none : new Optional(value));

function unwrap(list: readonly Value[]): Value[] {
  return list.flatMap((each) => (each instanceof Optional && each.$value !== undefined ? [each.$value] : []));
}

/** What each type has where nothing is set. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === "") return true;
  if (value instanceof Double) return value.$value === 0;
  if (value instanceof Uint) return value.$value === 0n;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Duration || value instanceof Timestamp) return value.$seconds === 0 && value.$nanos === 0;
  if (value instanceof Optional) return value.$value === undefined;
  return isMap(value) && sizeOfMap(value) === 0;
}
