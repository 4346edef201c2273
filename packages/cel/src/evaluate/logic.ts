import { Failure, type Value } from "../values/value.ts";
import type { Frame, Step } from "./frame.ts";

/** What comes of a value that should be true or false. */
export type NotBool = (value: Value) => Failure;

/**
 * `&&` (until `false`) and `||` (until `true`), which are commutative: one side that decides makes
 * up for a failure of another.
 * @param costs of each step, in any case; the first one's is counted already.
 */
export function row(steps: readonly Step[], costs: readonly number[], until: boolean, notBool: NotBool): Step {
  const [first, second] = steps;
  const [, secondCost = 0, thirdCost = 0] = costs;
  if (steps.length === 2 && first && second) {
    return (frame) => {
      const a = first(frame);
      if (a === until) return until;
      frame.cost += secondCost;
      const b = second(frame);
      if (b === until) return until;
      return typeof a === "boolean" && typeof b === "boolean" ? !until : undecided([a, b], notBool);
    };
  }
  const [, , third] = steps;
  if (steps.length === 3 && first && second && third) {
    return (frame) => {
      const a = first(frame);
      if (a === until) return until;
      frame.cost += secondCost;
      const b = second(frame);
      if (b === until) return until;
      frame.cost += thirdCost;
      const c = third(frame);
      if (c === until) return until;
      if (typeof a === "boolean" && typeof b === "boolean" && typeof c === "boolean") return !until;
      return undecided([a, b, c], notBool);
    };
  }
  return (frame) => {
    let failure: Failure | undefined;
    for (let index = 0; index < steps.length; index++) {
      if (index > 0) frame.cost += costs[index] as number;
      const value = (steps[index] as Step)(frame);
      if (value === until) return until;
      if (typeof value !== "boolean") failure = worse(failure, value, notBool);
    }
    return failure ?? !until;
  };
}

function undecided(values: readonly Value[], notBool: NotBool): Failure {
  let failure: Failure | undefined;
  for (const value of values) if (typeof value !== "boolean") failure = worse(failure, value, notBool);
  return failure as Failure;
}

/** Of two failures the first, unless only the second is more than an absent field. */
export function worse(failure: Failure | undefined, value: Value, notBool: NotBool): Failure {
  const next = value instanceof Failure ? value : notBool(value);
  return failure === undefined || (failure.$absent && !next.$absent) ? next : failure;
}

export function conditional(
  condition: Step,
  yes: Step,
  no: Step,
  yesCost: number,
  noCost: number,
  notBool: NotBool,
): Step {
  return (frame: Frame) => {
    const value = condition(frame);
    if (value === true) {
      frame.cost += yesCost;
      return yes(frame);
    }
    if (value === false) {
      frame.cost += noCost;
      return no(frame);
    }
    return value instanceof Failure ? value : notBool(value);
  };
}
