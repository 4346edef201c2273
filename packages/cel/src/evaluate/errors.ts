/** An expression that compiled, but has no value for the variables that it was given. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
  /**
   * True if the only reason is that a field, key, index or variable does not
   * exist (or that a field is read from a value that has none, such as null).
   */
  readonly absent: boolean;
  /** True if it was ended because it cost more than the environment's `budget`. */
  readonly overBudget: boolean;

  constructor(message: string, absent: boolean, overBudget = false) {
    super(message);
    this.absent = absent;
    this.overBudget = overBudget;
  }
}
