import { compareNumbers, isNumber } from "../values/number.ts";
import { asDouble, asInt, double, Failure, int, Uint, type Value } from "../values/value.ts";
import { fn, type Library, type Overload } from "./overload.ts";

const numbers = ["int", "uint", "double"];

/** The math extension. `math.greatest` and `math.least` of more than two are written as of one list by the parser. */
export const math: Library = {
  name: "math",
  overloads: [
    ...extreme("math.greatest", (order) => order > 0),
    ...extreme("math.least", (order) => order < 0),
    ofDouble("math.ceil", Math.ceil),
    ofDouble("math.floor", Math.floor),
    ofDouble("math.round", (value) => Math.sign(value) * Math.round(Math.abs(value))),
    ofDouble("math.trunc", Math.trunc),
    test("math.isNaN", Number.isNaN),
    test("math.isInf", (value) => Math.abs(value) === Number.POSITIVE_INFINITY),
    test("math.isFinite", Number.isFinite),
    fn("math.abs", "(double) -> double", (value: Value) => double(Math.abs(asDouble(value) ?? Number.NaN))),
    fn("math.abs", "(uint) -> uint", (value: Uint) => value),
    fn("math.abs", "(int) -> int", (value: Value) => {
      const whole = asInt(value) ?? 0n;
      return whole === -(2n ** 63n) ? new Failure("the int is out of range") : int(whole < 0n ? -whole : whole);
    }),
    fn("math.sign", "(double) -> double", (value: Value) => double(Math.sign(asDouble(value) ?? Number.NaN))),
    fn("math.sign", "(int) -> int", (value: number | bigint) => (value > 0 ? 1 : value < 0 ? -1 : 0)),
    fn("math.sign", "(uint) -> uint", ({ $value }: Uint) => new Uint($value > 0n ? 1n : 0n)),
    ...numbers.map((type) =>
      fn("math.sqrt", `(${type}) -> double`, (value: Value) => double(Math.sqrt(numberOf(value)))),
    ),
    ...bitwise("math.bitAnd", (a, b) => a & b),
    ...bitwise("math.bitOr", (a, b) => a | b),
    ...bitwise("math.bitXor", (a, b) => a ^ b),
    fn("math.bitNot", "(int) -> int", (value: Value) => int(BigInt.asIntN(64, ~(asInt(value) ?? 0n)))),
    fn("math.bitNot", "(uint) -> uint", ({ $value }: Uint) => new Uint(BigInt.asUintN(64, ~$value))),
    ...shift("math.bitShiftLeft", (bits, by) => bits << by),
    ...shift("math.bitShiftRight", (bits, by) => bits >> by),
  ],
};

function numberOf(value: Value): number {
  return Number(value instanceof Uint ? value.$value : (asDouble(value) ?? value));
}

function ofDouble(name: string, of: (value: number) => number): Overload {
  return fn(name, "(double) -> double", (value: Value) => double(of(asDouble(value) ?? Number.NaN)));
}

function test(name: string, of: (value: number) => boolean): Overload {
  return fn(name, "(double) -> bool", (value: Value) => of(asDouble(value) ?? Number.NaN));
}

/** Of one number, two, or a list of them. */
function extreme(name: string, isBetter: (order: number) => boolean): Overload[] {
  const best = (values: readonly Value[]): Value => {
    const [first, ...rest] = values;
    if (first === undefined) return new Failure(`${name} of an empty list`);
    if (!values.every(isNumber)) return new Failure(`${name} takes numbers`);
    return rest.reduce((found, value) => (isBetter(compareNumbers(value, found)) ? value : found), first);
  };
  return [
    ...numbers.map((type) => fn(name, `(${type}) -> ${type}`, (value: Value) => value)),
    ...numbers.map((type) => fn(name, `(list<${type}>) -> ${type}`, best)),
    ...numbers.flatMap((one) =>
      numbers.map((other) =>
        fn(name, `(${one}, ${other}) -> ${one === other ? one : "dyn"}`, (a: Value, b: Value) => best([a, b])),
      ),
    ),
  ];
}

function bitwise(name: string, of: (a: bigint, b: bigint) => bigint): Overload[] {
  return [
    fn(name, "(int, int) -> int", (a: Value, b: Value) => int(of(asInt(a) ?? 0n, asInt(b) ?? 0n))),
    fn(name, "(uint, uint) -> uint", (a: Uint, b: Uint) => new Uint(of(a.$value, b.$value))),
  ];
}

/** Ints are shifted as the 64 bits that they are: what comes in from the left is 0. */
function shift(name: string, of: (bits: bigint, by: bigint) => bigint): Overload[] {
  const shifted = (bits: bigint, by: Value): bigint | Failure => {
    const count = asInt(by) ?? 0n;
    if (count < 0n) return new Failure(`${name} by a negative number`);
    return count > 63n ? 0n : BigInt.asUintN(64, of(bits, count));
  };
  return [
    fn(name, "(int, int) -> int", (value: Value, by: Value) => {
      const bits = shifted(BigInt.asUintN(64, asInt(value) ?? 0n), by);
      return bits instanceof Failure ? bits : int(BigInt.asIntN(64, bits));
    }),
    fn(name, "(uint, int) -> uint", ({ $value }: Uint, by: Value) => {
      const bits = shifted($value, by);
      return bits instanceof Failure ? bits : new Uint(bits);
    }),
  ];
}
