import { type Environment, librariesOf } from "../src/environment.ts";
import { compileSteps } from "../src/evaluate/compile.ts";
import { Frame } from "../src/evaluate/frame.ts";
import type { Expr } from "../src/syntax/ast.ts";
import type { Value } from "../src/values/value.ts";

/** The value of an expression as the evaluator has it, of which `Program.evaluate` gives the JSON. */
export function evaluate(
  expr: Expr,
  environment: Environment,
  variables: Iterable<string>,
  bindings: Readonly<Record<string, Value>>,
): Value {
  const { functions, messages, values } = librariesOf(environment);
  const compiled = compileSteps(expr, {
    functions,
    variables: new Set(variables),
    constants: values,
    messages,
    container: environment.container ?? "",
    nullIsAbsent: false,
    conversions: new Map(),
  });
  const frame = new Frame(compiled.slots, Number.POSITIVE_INFINITY);
  for (const [name, { slot, absent }] of compiled.variables) {
    const given = bindings[name];
    frame.slots[slot] = given === undefined ? absent : given;
  }
  return compiled.step(frame);
}
