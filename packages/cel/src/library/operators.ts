import { equal } from "../values/equal.ts";
import { lookUp, sizeOfMap } from "../values/map.ts";
import { add, divide, modulo, multiply, negate, subtract } from "../values/number.ts";
import { addTimes, subtractTimes } from "../values/time.ts";
import { Failure, type Value } from "../values/value.ts";
import { concatenation, listConcatenation, membership } from "./cost.ts";
import { both, fn, type Implementation, type Overload } from "./overload.ts";

/** An operator over each of the number types. */
function numeric(name: string, of: (a: Value, b: Value) => Value | undefined, ...types: string[]): Overload[] {
  const call: Implementation = (a: Value, b: Value) => of(a, b) ?? new Failure(`there is no ${name} for these`);
  return types.map((type) => fn(name, `(${type}, ${type}) -> ${type}`, call));
}

const comparable = ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"];
const numbers = ["int", "uint", "double"];

/** Evaluated by the evaluator itself; declared for the types. */
const builtIn: Implementation = () => new Failure("this operator is evaluated elsewhere");

const orders = ["_<_", "_<=_", "_>_", "_>=_"].flatMap((name) => [
  ...comparable.map((type) => fn(name, `(${type}, ${type}) -> bool`, builtIn)),
  ...numbers.flatMap((one) =>
    numbers.filter((other) => other !== one).map((other) => fn(name, `(${one}, ${other}) -> bool`, builtIn)),
  ),
]);

/** The operators. */
export const operators: readonly Overload[] = [
  ...numeric("_+_", add, ...numbers),
  ...numeric("_-_", subtract, ...numbers),
  ...numeric("_*_", multiply, ...numbers),
  ...numeric("_/_", divide, ...numbers),
  ...numeric("_%_", modulo, "int", "uint"),
  ...["int", "double"].map((type) =>
    fn("-_", `(${type}) -> ${type}`, (value: Value) => negate(value) ?? new Failure("there is no - for this")),
  ),
  fn("!_", "(bool) -> bool", (value: boolean) => !value),

  fn("_+_", "(string, string) -> string", (a: string, b: string) => a + b, concatenation),
  fn("_+_", "(bytes, bytes) -> bytes", (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]), concatenation),
  fn("_+_", "(list<A>, list<A>) -> list<A>", (a: Value[], b: Value[]) => a.concat(b), listConcatenation),
  fn("_+_", "(timestamp, duration) -> timestamp", addTimes),
  fn("_+_", "(duration, timestamp) -> timestamp", (a, b) => addTimes(b, a)),
  fn("_+_", "(duration, duration) -> duration", addTimes),
  fn("_-_", "(timestamp, timestamp) -> duration", subtractTimes),
  fn("_-_", "(timestamp, duration) -> timestamp", subtractTimes),
  fn("_-_", "(duration, duration) -> duration", subtractTimes),

  fn("_==_", "(A, A) -> bool", builtIn),
  fn("_!=_", "(A, A) -> bool", builtIn),
  ...orders,
  fn("_&&_", "(bool, bool) -> bool", builtIn),
  fn("_||_", "(bool, bool) -> bool", builtIn),
  fn("_?_:_", "(bool, A, A) -> A", builtIn),
  fn("_[_]", "(list<A>, int) -> A", builtIn),
  fn("_[_]", "(map<A, B>, A) -> B", builtIn),

  fn(
    "@in",
    "(A, list<A>) -> bool",
    (value: Value, list: Value[]) => list.some((element) => equal(element, value)),
    membership,
  ),
  fn("@in", "(A, map<A, B>) -> bool", (key: Value, map: Value) => lookUp(map, key) !== undefined),

  ...both("size", "(list<A>) -> int", (list: Value[]) => list.length),
  ...both("size", "(map<A, B>) -> int", sizeOfMap),
];
