import { DOUBLE, DYN, optionalOf, type Type, typeOf, UINT } from "../types/type.ts";

/**
 * A value while an expression is evaluated. What JSON has stands for itself, so that an
 * object is read in place:
 *
 * - int: a number that is a safe integer, a bigint where it is none (beyond 2^53);
 * - double: a number that is no safe integer, a `Double` where it is one (such as 2.0);
 * - uint: `Uint`;
 * - string, bool, null: as they are;
 * - bytes: Uint8Array;
 * - list: an array;
 * - map: a plain object (its keys are strings) or a `CelMap`;
 * - struct: a plain object;
 * - the rest: `Special`s.
 *
 * A `Failure` is what comes of an operation that has no value; it takes the place of
 * whatever needs the value.
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | readonly Value[] | PlainObject | Special;

export interface PlainObject {
  readonly [field: string]: Value | undefined;
}

/**
 * What JSON cannot say. The fields of subclasses begin with `$`, which no name in an
 * expression does, so that selecting a field from one by mistake finds nothing.
 */
export abstract class Special {
  /** Its type, as `type(value)` gives it. */
  abstract get $type(): Type;
}

/** No value, and why. */
export class Failure extends Special {
  readonly $message: string;
  /** Whether only a field, key, index or variable is missing. */
  readonly $absent: boolean;
  /** Where in the source, if known. */
  $at: number | undefined;

  constructor(message: string, absent = false, at?: number) {
    super();
    this.$message = message;
    this.$absent = absent;
    this.$at = at;
  }

  get $type(): Type {
    return DYN;
  }
}

/** A double whose value is a safe integer; make it by `double`. */
export class Double extends Special {
  readonly $value: number;

  constructor(value: number) {
    super();
    this.$value = value;
  }

  get $type(): Type {
    return DOUBLE;
  }
}

/** From 0 to 2^64 - 1. */
export class Uint extends Special {
  readonly $value: bigint;

  constructor(value: bigint) {
    super();
    this.$value = value;
  }

  get $type(): Type {
    return UINT;
  }
}

/** A type as a value. */
export class TypeValue extends Special {
  readonly $of: Type;

  constructor(of: Type) {
    super();
    this.$of = of;
  }

  get $type(): Type {
    return typeOf(DYN);
  }
}

/** A value or none. */
export class Optional extends Special {
  readonly $value: Value | undefined;

  constructor(value: Value | undefined) {
    super();
    this.$value = value;
  }

  get $type(): Type {
    return optionalOf(DYN);
  }
}

export const none = new Optional(undefined);

/** A double as a value. */
export function double(value: number): number | Double {
  return Number.isSafeInteger(value) ? new Double(value) : value;
}

/** An int as a value; it must fit into 64 bits. */
export function int(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Its number, where it is a double. */
export function asDouble(value: Value): number | undefined {
  if (value instanceof Double) return value.$value;
  return typeof value === "number" && !Number.isSafeInteger(value) ? value : undefined;
}

/** Its number, where it is an int. */
export function asInt(value: Value): bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

export function isPlainObject(value: Value): value is PlainObject {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Special) &&
    !(value instanceof Uint8Array)
  );
}
