import { Failure, type Value } from "../values/value.ts";
import type { Frame, Step } from "./frame.ts";

/** What comes of a value that should be true or false. */
export type NotBool = (value: Value) => Failure;

/**
 * `&&` (until `false`) and `||` (until `true`), which are commutative: one side that decides makes
 * up for a failure of another.
 */
export function row(steps: readonly Step[], until: boolean, notBool: NotBool): Step {
  const [first, second] = steps;
  if (steps.length === 2 && first && second) {
    return (frame) => {
      const a = first(frame);
      if (a === until) return until;
      const b = second(frame);
      if (b === until) return until;
      return typeof a === "boolean" && typeof b === "boolean" ? !until : undecided([a, b], notBool);
    };
  }
  return (frame) => {
    let failure: Failure | undefined;
    for (const step of steps) {
      const value = step(frame);
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

export function conditional(condition: Step, yes: Step, no: Step, notBool: NotBool): Step {
  return (frame: Frame) => {
    const value = condition(frame);
    if (value === true) return yes(frame);
    if (value === false) return no(frame);
    return value instanceof Failure ? value : notBool(value);
  };
}
