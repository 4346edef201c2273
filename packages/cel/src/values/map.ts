import { DYN, mapOf, type Type } from "../types/type.ts";
import { Double, isPlainObject, Special, Uint, type Value } from "./value.ts";

type Key = string | boolean | number | bigint;

/**
 * A map that an expression has made. Keys are strings, bools, ints and uints; of numbers only
 * the value counts, so that 1 and 1u are the same key, as 1.0 is for looking it up.
 */
export class CelMap extends Special implements Iterable<readonly [Value, Value]> {
  readonly #entries = new Map<Key, readonly [Value, Value]>();

  get $type(): Type {
    return mapOf(DYN, DYN);
  }

  get $size(): number {
    return this.#entries.size;
  }

  /** False where the key is there already, or is no key. */
  $add(key: Value, value: Value): boolean {
    const canonical = keyOf(key);
    if (canonical === undefined || key instanceof Double || this.#entries.has(canonical)) return false;
    this.#entries.set(canonical, [key, value]);
    return true;
  }

  $get(key: Value): Value | undefined {
    const canonical = keyOf(key);
    return canonical === undefined ? undefined : this.#entries.get(canonical)?.[1];
  }

  [Symbol.iterator](): IterableIterator<readonly [Value, Value]> {
    return this.#entries.values();
  }
}

/** What a key is looked up by; undefined where it is none. */
function keyOf(key: Value): Key | undefined {
  if (typeof key === "string" || typeof key === "boolean" || typeof key === "bigint") return key;
  if (typeof key === "number") return Number.isSafeInteger(key) ? key + 0 : wholeDouble(key);
  if (key instanceof Double) return key.$value + 0;
  if (key instanceof Uint) {
    const number = Number(key.$value);
    return Number.isSafeInteger(number) ? number : key.$value;
  }
  return undefined;
}

/** A double beyond 2^53 has the value of an int beyond it. */
const wholeDouble = (value: number): bigint | undefined => (Number.isInteger(value) ? BigInt(value) : undefined);

/** Own fields only, so that `constructor` is a field like any other. */
function ownField(object: { readonly [field: string]: Value | undefined }, field: string): Value | undefined {
  return Object.hasOwn(object, field) ? object[field] : undefined;
}

/** What a map or struct has at the key. */
export function lookUp(map: Value, key: Value): Value | undefined {
  if (map instanceof CelMap) return map.$get(key);
  return isPlainObject(map) && typeof key === "string" ? ownField(map, key) : undefined;
}

export function isMap(value: Value): boolean {
  return value instanceof CelMap || isPlainObject(value);
}

/** Keys and values of any map; fields that JSON could not have are none. */
export function entriesOf(map: Value): Iterable<readonly [Value, Value]> {
  if (map instanceof CelMap) return map;
  const entries = Object.entries(map as { [field: string]: Value | undefined });
  return entries.filter((entry): entry is [string, Value] => entry[1] !== undefined);
}

export function sizeOfMap(map: Value): number {
  return map instanceof CelMap ? map.$size : Object.keys(map as object).length;
}
