import { celEnv, isCelError, plan } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import type { CelType, Environment } from "./environment.ts";
import { EvaluationError } from "./errors.ts";
import { type Reads, readsOf } from "./reads.ts";
import { parse } from "./syntax.ts";
import { fromCel, toCel } from "./value.ts";

/** A compiled expression. It holds no state between evaluations. */
export interface Program {
  readonly source: string;
  /** The type of its value as far as it is known without variables, else "dyn". */
  readonly type: CelType;
  /** The fields of each variable that evaluating it can read. */
  readonly reads: Reads;
  /** The same if only `result` of its value is read afterwards: `reads` is `readsFor(true)`. */
  readsFor(result: true | Reads): Reads;
  /**
   * Its value for these variables, as plain JSON: ints are numbers (strings of
   * digits beyond 2^53, as in protobuf's JSON), NaN and the infinities strings,
   * bytes base64, timestamps RFC 3339, durations seconds ("1.5s"), types their
   * names. An object or list of the input comes back as itself, not a copy.
   * @throws EvaluationError
   */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/**
 * Compiles a CEL expression.
 * @throws CelError
 */
export function compile(source: string, environment: Environment): Program {
  const { root } = parse(source);
  const reads = readsOf(root, true);
  const run = plan(celEnv({ funcs: strings }), root);
  return {
    source,
    type: "dyn",
    reads,
    readsFor: (result) => readsOf(root, result),
    evaluate(variables) {
      const bound: Record<string, never> = Object.create(null);
      for (const name of Object.keys(environment.variables)) bound[name] = toCel(variables[name]) as never;
      const result = run(bound);
      if (isCelError(result)) {
        throw new EvaluationError(
          result.message,
          /^(field not found|index .* out of bounds|unresolved attribute)/.test(result.message),
        );
      }
      return fromCel(result);
    },
  };
}
