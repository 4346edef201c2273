import { isDeepStrictEqual } from "node:util";
import { type Checked, checkTypes } from "../src/check/checker.ts";
import { compile } from "../src/compile.ts";
import { type Environment, librariesOf, structsOf, typeOfVariable } from "../src/environment.ts";
import type { Expr } from "../src/syntax/ast.ts";
import { CelError } from "../src/syntax/errors.ts";
import { parse } from "../src/syntax/parser.ts";
import type { Type } from "../src/types/type.ts";
import { toJson } from "../src/values/json.ts";
import { Failure, type Value } from "../src/values/value.ts";
import type { Case } from "./cases.ts";
import { environmentOf, typeOf } from "./environment.ts";
import { evaluate } from "./evaluate.ts";
import { differs, treeDiffers, unchecked, unevaluated, unread } from "./skips.ts";
import { debugTree, goType, plainType, withoutOverloads } from "./tree.ts";
import { same, testValue } from "./values.ts";

/** What came of a test. A skipped one was parsed, and checked where cel-go's types are known, all the same. */
export type Outcome =
  | { readonly status: "passed" }
  | { readonly status: "failed"; readonly why: string }
  | { readonly status: "skipped"; readonly why: string };

/** Parses, checks and evaluates as the test wants it. */
export function run(each: Case): Outcome {
  try {
    const why = stages(each);
    return why === undefined ? { status: "passed" } : { status: "skipped", why };
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    return { status: "failed", why: error.message };
  }
}

class Mismatch extends Error {}

function expect(is: boolean, message: () => string): void {
  if (!is) throw new Mismatch(message());
}

/** Why it could not be run to its end. */
function stages(each: Case): string | undefined {
  const { test, file } = each;
  const notRead = unread(each);
  if (notRead !== undefined) return notRead;
  const expr = parsed(each);
  if (expr === undefined) return undefined;
  if (file === "parsing" || file === "comprehensions") return differs(each);
  const leftOut = unchecked(each);
  if (leftOut !== undefined) return leftOut;
  const environment = environmentOf(each);
  const checked = test.disableCheck ? undefined : checkedAs(each, expr, environment);
  if (file === "checking") return differs(each);
  if (test.checkOnly) return undefined;
  const withoutValue = unevaluated(each);
  if (withoutValue !== undefined) return withoutValue;
  if (!(checked instanceof CelError)) return evaluated(each, expr, environment, checked);
  expect(test.evalError !== undefined, () => `refused: ${checked.message}`);
  return undefined;
}

/** Undefined where it is refused, as it should be. */
function parsed(each: Case): Expr | undefined {
  const { file, ast } = each;
  let expr: Expr;
  try {
    // cel-go's tests of its parser have this limit.
    expr = parse(each.test.expr, file === "parsing" ? { depth: 32, levels: 32 } : {});
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    // cel-go read these without the macros of two variables; with them it refuses the same.
    const isMacro = file === "comprehensions" && /new variable|both variables|reserved word/.test(error.message);
    const isMistake = file === "parsing" || file === "checking" ? ast === undefined : each.test.evalError !== undefined;
    expect(isMacro || isMistake, () => `does not parse: ${error.message} (${error.line}:${error.column})`);
    return undefined;
  }
  if (ast !== undefined) equalTexts(debugTree(expr), ast);
  // Whether the simple tests have cel-go's limits is up to their values.
  else if (file === "parsing") expect(differs(each) !== undefined, () => `parses, but: ${firstLine(each)}`);
  return expr;
}

const firstLine = ({ error = "" }: Case): string => error.split("\n", 1)[0] ?? "";

function checkedAs(each: Case, expr: Expr, environment: Environment): Checked | CelError {
  const { test, file } = each;
  const { functions, messages, types } = librariesOf(environment);
  const variables = new Map<string, Type>(types);
  for (const [name, type] of Object.entries(environment.variables)) variables.set(name, typeOfVariable(type));
  const container = environment.container ?? "";
  const declarations = { variables, functions, messages, container, structs: structsOf(environment) };
  let checked: Checked;
  try {
    checked = checkTypes(test.expr, expr, declarations);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    expect(each.type === undefined, () => `refused: ${error.message} (${error.line}:${error.column})`);
    return error;
  }
  if (file === "checking")
    expect(each.error === undefined || differs(each) !== undefined, () => `accepted, but: ${firstLine(each)}`);
  const type = goType(checked.type);
  const deduced = test.typedResult?.deducedType;
  if (deduced !== undefined) equalTexts(type, goType(typeOf(deduced)));
  else if (each.type !== undefined) equalTexts(type, plainType(each.type));
  if (each.checkedAst !== undefined && !treeDiffers(each)) {
    const isIn = (names: { has(name: string): boolean }) => (name: string) => names.has(name);
    const tree = debugTree(expr, {
      types: checked.types,
      container,
      isVariable: isIn(variables),
      isFunction: isIn(functions),
      isMessage: isIn(messages),
    });
    equalTexts(tree, withoutOverloads(each.checkedAst));
  }
  return checked;
}

function evaluated(each: Case, expr: Expr, environment: Environment, checked: Checked | undefined): undefined {
  const { test } = each;
  const bindings = Object.fromEntries(
    Object.entries(test.bindings ?? {}).map(([name, { value }]) => [name, testValue(value)]),
  );
  const names = Object.keys(checked === undefined ? bindings : environment.variables);
  const value = evaluate(expr, environment, names, bindings);
  if (checked !== undefined) throughTheFace(each, environment, bindings, value);
  if (test.evalError !== undefined) {
    expect(value instanceof Failure, () => `${shown(value)} instead of an error`);
    return;
  }
  const written =
    test.value ?? test.typedResult?.result ?? (test.typedResult === undefined ? { boolValue: true } : undefined);
  if (written === undefined) return;
  const wanted = testValue(written);
  if (value instanceof Failure) throw new Mismatch(`no value: ${value.$message}`);
  expect(same(value, wanted), () => `${shown(value)} instead of ${shown(wanted)}`);
}

/** What users call gives the same. */
function throughTheFace(each: Case, environment: Environment, bindings: Record<string, Value>, value: Value): void {
  let outcome: ReturnType<ReturnType<typeof compile>["tryEvaluate"]>;
  try {
    outcome = compile(each.test.expr, environment).tryEvaluate(bindings);
  } catch (error) {
    // A literal that is wrong is found earlier.
    expect(error instanceof CelError && value instanceof Failure, () => `compile: ${(error as Error).message}`);
    return;
  }
  const failed = value instanceof Failure;
  const agrees = outcome.ok ? !failed && isDeepStrictEqual(outcome.value, toJson(value)) : failed;
  expect(agrees, () => `evaluate gives ${outcome.ok ? shown(outcome.value as Value) : outcome.error.message}`);
}

function shown(value: Value): string {
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part)) ?? String(value);
}

function equalTexts(found: string, wanted: string): void {
  if (found === wanted) return;
  const lines = wanted.split("\n");
  const others = found.split("\n");
  const index = others.findIndex((line, at) => line !== lines[at]);
  throw new Mismatch(`${others[index] ?? "nothing more"} instead of ${lines[index] ?? "nothing more"}`);
}
