import type { Overload } from "../library/overload.ts";
import { tester } from "../values/is.ts";
import { Failure, type Value } from "../values/value.ts";
import { OverBudget, type Step } from "./frame.ts";

/** What a call does with values that none of its overloads takes. */
export type Mismatch = (values: readonly Value[]) => Failure;

type Test = (value: Value) => boolean;

/** The overload that takes these values is called; the arguments are evaluated in order, once. */
export function call(overloads: readonly Overload[], args: readonly Step[], at: number, mismatch: Mismatch): Step {
  const cases = overloads.map((overload) => ({ overload, tests: overload.parameters.map(tester) }));
  const [only] = cases;
  if (cases.length === 1 && only !== undefined) return callOne(only.overload, only.tests, args, at, mismatch);
  return (frame) => {
    const values: Value[] = [];
    for (const arg of args) {
      const value = arg(frame);
      if (value instanceof Failure) return value;
      values.push(value);
    }
    for (const { overload, tests } of cases) {
      if (!tests.every((test, index) => test(values[index] as Value))) continue;
      frame.cost += overload.cost === undefined ? 1 : overload.cost.of(...values);
      if (frame.cost > frame.budget) return new OverBudget(frame.budget, at);
      return placed(overload.call(...values), at);
    }
    return mismatch(values);
  };
}

/** The everyday numbers of arguments, without a list of them. */
function callOne(
  overload: Overload,
  tests: readonly Test[],
  args: readonly Step[],
  at: number,
  mismatch: Mismatch,
): Step {
  const { call: run, cost } = overload;
  const [first, second] = args;
  const [isFirst, isSecond] = tests;
  if (args.length === 1 && first && isFirst) {
    return (frame) => {
      const a = first(frame);
      if (a instanceof Failure) return a;
      if (!isFirst(a)) return mismatch([a]);
      frame.cost += cost === undefined ? 1 : cost.of(a);
      if (frame.cost > frame.budget) return new OverBudget(frame.budget, at);
      return placed(run(a), at);
    };
  }
  if (args.length === 2 && first && second && isFirst && isSecond) {
    return (frame) => {
      const a = first(frame);
      if (a instanceof Failure) return a;
      const b = second(frame);
      if (b instanceof Failure) return b;
      if (!isFirst(a) || !isSecond(b)) return mismatch([a, b]);
      frame.cost += cost === undefined ? 1 : cost.of(a, b);
      if (frame.cost > frame.budget) return new OverBudget(frame.budget, at);
      return placed(run(a, b), at);
    };
  }
  return (frame) => {
    const values: Value[] = [];
    for (const arg of args) {
      const value = arg(frame);
      if (value instanceof Failure) return value;
      values.push(value);
    }
    if (!tests.every((test, index) => test(values[index] as Value))) return mismatch(values);
    frame.cost += cost === undefined ? 1 : cost.of(...values);
    if (frame.cost > frame.budget) return new OverBudget(frame.budget, at);
    return placed(run(...values), at);
  };
}

/** A failure that a function gives is one of the place where it is called. */
export function placed(result: Value, at: number): Value {
  if (result instanceof Failure) result.$at ??= at;
  return result;
}
