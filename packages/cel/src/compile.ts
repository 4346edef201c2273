import { plan } from "@bufbuild/cel";
import { check } from "./check.ts";
import { engine } from "./engine.ts";
import type { CelType, Environment } from "./environment.ts";
import { failure, isFailure } from "./failure.ts";
import { type Reads, readsOf } from "./reads.ts";
import { parse } from "./syntax.ts";
import { fromCel } from "./value.ts";
import { bind } from "./variables.ts";

/** A compiled expression. It holds no state between evaluations. */
export interface Program {
  readonly source: string;
  /** The type of its value as far as it is known without variables, else "dyn". */
  readonly type: CelType;
  /** The fields of each variable that evaluating it can read, its value included. */
  readonly reads: Reads;
  /**
   * The same if only `result` of its value is read afterwards, such as an
   * element's fields by another expression: `reads` is `readsFor(true)`.
   */
  readsFor(result: true | Reads): Reads;
  /**
   * Its value for these variables, as plain JSON: ints are numbers (beyond 2^53
   * strings of digits, as in protobuf's JSON), NaN and the infinities strings,
   * bytes base64, timestamps RFC 3339, durations seconds ("1.5s"), types their
   * names. An object or list of the input comes back as itself, not a copy.
   * A variable left out or undefined is absent, one of another type than declared an error.
   * @throws EvaluationError
   */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/**
 * Compiles a CEL expression. Values are those of JSON: whole numbers are ints,
 * other numbers doubles; `has` and `in` take a null field for an absent one.
 * @throws CelError
 */
export function compile(source: string, environment: Environment): Program {
  const syntax = parse(source);
  const type = check(source, syntax, environment);
  const names = new Set(Object.keys(environment.variables));
  const reads = readsOf(syntax.root, names, true);
  const evaluate = plan(engine(), syntax.root);
  const used = Object.keys(reads).map((name) => ({ name, type: environment.variables[name] ?? "dyn" }));
  return {
    source,
    type,
    reads,
    readsFor: (result) => readsOf(syntax.root, names, result),
    evaluate: (variables) =>
      withoutStacks(() => {
        const result = evaluate(bind(used, variables));
        if (isFailure(result)) throw failure(result, source, syntax);
        return fromCel(result);
      }),
  };
}

// An absent field is an everyday answer, and the evaluator makes an Error of
// each: collecting stacks that no one reads would be most of its cost.
function withoutStacks<T>(run: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
