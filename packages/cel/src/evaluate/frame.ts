import type { Value } from "../values/value.ts";

/** What an evaluation works on: the variables, by their number, and what it has cost so far. */
export class Frame {
  readonly slots: (Value | undefined)[];
  cost = 0;
  /** The cost at which the evaluation ends without a value. */
  budget = Number.POSITIVE_INFINITY;

  constructor(size: number) {
    this.slots = new Array<Value | undefined>(size).fill(undefined);
  }
}

/** A compiled expression: its value for what the frame holds, or a `Failure`. It never throws. */
export type Step = (frame: Frame) => Value;
