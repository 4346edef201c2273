import { asDouble, asInt, Double, double, Failure, int, Uint, type Value } from "./value.ts";

const minInt = -(2n ** 63n);
const maxInt = 2n ** 63n - 1n;
const maxUint = 2n ** 64n - 1n;

/** A 64-bit int, or that it overflows. */
export function checkedInt(value: bigint): Value {
  return value < minInt || value > maxInt ? new Failure("the int is out of range") : int(value);
}

/** A 64-bit uint, or that it overflows. */
export function checkedUint(value: bigint): Value {
  return value < 0n || value > maxUint ? new Failure("the uint is out of range") : new Uint(value);
}

type Operation = (a: number, b: number) => number;
type BigOperation = (a: bigint, b: bigint) => bigint;

/** Of two numbers of the same type; undefined where they are not. */
function arithmetic(a: Value, b: Value, ofDoubles: Operation | undefined, ofInts: BigOperation): Value | undefined {
  if (a instanceof Uint) return b instanceof Uint ? checkedUint(ofInts(a.$value, b.$value)) : undefined;
  const one = asInt(a);
  if (one !== undefined) {
    const other = asInt(b);
    return other === undefined ? undefined : checkedInt(ofInts(one, other));
  }
  if (ofDoubles === undefined) return undefined;
  const x = asDouble(a);
  const y = x === undefined ? undefined : asDouble(b);
  return x === undefined || y === undefined ? undefined : double(ofDoubles(x, y));
}

const isSafe = Number.isSafeInteger;

/** a + b of two ints, uints or doubles; undefined for anything else. */
export function add(a: Value, b: Value): Value | undefined {
  if (typeof a === "number" && typeof b === "number" && isSafe(a) && isSafe(b)) {
    const sum = a + b;
    if (isSafe(sum)) return sum;
  }
  return arithmetic(
    a,
    b,
    (x, y) => x + y,
    (x, y) => x + y,
  );
}

export function subtract(a: Value, b: Value): Value | undefined {
  if (typeof a === "number" && typeof b === "number" && isSafe(a) && isSafe(b)) {
    const difference = a - b;
    if (isSafe(difference)) return difference;
  }
  return arithmetic(
    a,
    b,
    (x, y) => x - y,
    (x, y) => x - y,
  );
}

export function multiply(a: Value, b: Value): Value | undefined {
  if (typeof a === "number" && typeof b === "number" && isSafe(a) && isSafe(b)) {
    const product = a * b;
    if (isSafe(product)) return product + 0; // no -0
  }
  return arithmetic(
    a,
    b,
    (x, y) => x * y,
    (x, y) => x * y,
  );
}

export function divide(a: Value, b: Value): Value | undefined {
  if (isZero(b) && asDouble(a) === undefined) return new Failure("division by zero");
  return arithmetic(
    a,
    b,
    (x, y) => x / y,
    (x, y) => x / y,
  );
}

export function modulo(a: Value, b: Value): Value | undefined {
  if (isZero(b) && asDouble(a) === undefined) return new Failure("modulo by zero");
  // 0 by the rules, but its quotient does not fit, for which cel-go refuses both.
  if (a === minInt && b === -1) return checkedInt(-minInt);
  return arithmetic(a, b, undefined, (x, y) => x % y);
}

export function negate(value: Value): Value | undefined {
  if (typeof value === "number" && isSafe(value)) return 0 - value;
  const whole = asInt(value);
  if (whole !== undefined) return checkedInt(-whole);
  const fraction = asDouble(value);
  return fraction === undefined ? undefined : double(-fraction);
}

/** Of an int or uint. */
function isZero(value: Value): boolean {
  return value === 0 || (value instanceof Uint && value.$value === 0n);
}

/** Whether it is an int, uint or double. */
export function isNumber(value: Value): value is number | bigint | Uint | Double {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Uint || value instanceof Double;
}

/**
 * Below 0, 0 or above, by value, across types; NaN, as with doubles, where one is NaN. Against a
 * double an int counts as the double nearest to it.
 */
export function compareNumbers(a: Value, b: Value): number {
  const x = asDouble(a);
  const y = asDouble(b);
  if (x === undefined && y === undefined) return order(integer(a), integer(b));
  return order(x ?? Number(integer(a)), y ?? Number(integer(b)));
}

function integer(value: Value): number | bigint {
  return value instanceof Uint ? value.$value : (value as number | bigint);
}

function order(x: number | bigint, y: number | bigint): number {
  if (x < y) return -1;
  if (x > y) return 1;
  return Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : 0;
}
