import { Failure, type Value } from "../values/value.ts";

/** What an evaluation works on: the variables, by their number, and what it has cost so far. */
export class Frame {
  readonly slots: (Value | undefined)[];
  cost = 0;
  /** The cost above which the evaluation ends without a value. */
  readonly budget: number;

  constructor(size: number, budget: number) {
    this.slots = new Array<Value | undefined>(size).fill(undefined);
    this.budget = budget;
  }
}

/** The evaluation costs more than it may. Whatever this is part of, the evaluation has no value. */
export class OverBudget extends Failure {
  constructor(budget: number, at?: number) {
    super(`the expression costs more than its budget of ${budget}`, false, at);
  }
}

/** A compiled expression: its value for what the frame holds, or a `Failure`. It never throws. */
export type Step = (frame: Frame) => Value;
