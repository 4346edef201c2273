import { costOf, type Sizes } from "./analysis/cost.ts";
import { type Reads, readsOf } from "./analysis/reads.ts";
import { checkTypes } from "./check/checker.ts";
import { checkLiterals } from "./check/literals.ts";
import { defaultBudget, type Environment, librariesOf, structsOf, typeOfVariable } from "./environment.ts";
import { compileSteps, namesOf, type Scope } from "./evaluate/compile.ts";
import { EvaluationError } from "./evaluate/errors.ts";
import { type ExplainedPart, Recorder } from "./evaluate/explain.ts";
import { Frame, OverBudget } from "./evaluate/frame.ts";
import { restoreNames } from "./kubernetes/names.ts";
import type { Range } from "./library/cost.ts";
import type { Expr } from "./syntax/ast.ts";
import { positionOf } from "./syntax/errors.ts";
import { parse } from "./syntax/parser.ts";
import type { Type } from "./types/type.ts";
import { madeLength, toJson } from "./values/json.ts";
import { Failure, type Value } from "./values/value.ts";
import { type Conversion, conversionTo, fieldConversion } from "./variables.ts";

/** A compiled expression. It holds no state between evaluations. */
export interface Program {
  /** As it was given. */
  readonly source: string;
  /** The type of its value as far as it is known without variables, else `dyn`. */
  readonly type: Type;
  /** The fields of each variable that evaluating it can read, its value included. */
  readonly reads: Reads;
  /**
   * The same if only `result` of its value is read afterwards, such as an
   * element's fields by another expression: `reads` is `readsFor(true)`.
   */
  readsFor(result: true | Reads): Reads;
  /** Whether it reads the variable `now`, so that its value can change by itself. */
  readonly readsNow: boolean;
  /**
   * The least and the most that an evaluation costs where all that it reads is there, in Kubernetes'
   * units; Infinity where there is no bound.
   * @param sizes how large the variables and their parts may be; default: nothing is known.
   */
  estimateCost(sizes?: Sizes): Range;
  /**
   * Its value for these variables, as plain JSON: ints are numbers (beyond 2^53
   * strings of digits, as in protobuf's JSON), NaN and the infinities strings,
   * bytes base64, timestamps RFC 3339, durations seconds ("1.5s"), types their
   * names. An object or list of the input comes back as itself, not a copy.
   * A variable left out or undefined is absent, one of another type than declared an error.
   * @throws {EvaluationError} it has no value for these variables.
   */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
  /** The same, with what `evaluate` would throw as a value: many times faster where fields are absent. */
  tryEvaluate(variables: Readonly<Record<string, unknown>>): Outcome;
  /** The same, with what it cost and what its parts came to; slow, for people to look at. */
  explain(variables: Readonly<Record<string, unknown>>): Explanation;
}

/** What an evaluation came to, and how. */
export interface Explanation {
  /** As `tryEvaluate` has it. */
  readonly outcome: Outcome;
  /** In Kubernetes' units; see `Environment.budget`. */
  readonly cost: number;
  /** Those that were evaluated, in the order of the source; what is written as a value is left out. */
  readonly parts: readonly ExplainedPart[];
}

/** A value, or why there is none. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly absent: boolean; readonly error: EvaluationError };

/**
 * Compiles a CEL expression. Values are those of JSON: whole numbers are ints,
 * other numbers doubles.
 *
 * ```ts
 * const program = compile("object.spec.replicas > 2", { variables: { object: "dyn" } });
 * console.log(program.evaluate({ object: { spec: { replicas: 3 } } })); // true
 * console.log(program.reads); // { object: { spec: { replicas: true } } }
 * ```
 *
 * @throws {CelError} it is no expression, or one that cannot have a value.
 * @throws {TypeError} the type of a variable is written in a way that names none.
 */
export function compile(source: string, environment: Environment): Program {
  return new CompiledProgram(source, parse(source), environment);
}

/** A variable that the expression names. */
interface Used {
  readonly name: string;
  readonly type: Type;
  readonly slot: number;
  readonly absent: Failure;
  readonly convert: Conversion;
}

class CompiledProgram implements Program {
  readonly source: string;
  readonly type: Type;
  readonly reads: Reads;
  readonly readsNow: boolean;
  readonly #expr: Expr;
  readonly #names: ReadonlySet<string>;
  readonly #used: readonly Used[];
  readonly #run: (frame: Frame) => Value;
  readonly #fixedCost: number;
  readonly #frame: Frame;
  readonly #environment: Environment;
  readonly #estimate: (sizes: Sizes) => Range;

  constructor(source: string, expr: Expr, environment: Environment, recorder?: Recorder) {
    const variables = new Map(
      Object.entries(environment.variables).map(([name, type]) => [name, typeOfVariable(type)]),
    );
    const { functions, types, values, messages } = librariesOf(environment);
    const container = environment.container ?? "";
    const declared = new Map([...types, ...variables]);
    const checked = checkTypes(source, expr, {
      variables: declared,
      functions,
      structs: structsOf(environment),
      messages,
      container,
    });
    checkLiterals(source, expr);
    restoreNames(expr, checked.types, structsOf(environment));
    const scope: Scope = {
      functions,
      variables: new Set(variables.keys()),
      constants: values,
      messages,
      container,
      nullIsAbsent: environment.nullIsAbsent ?? false,
      conversions: conversionsOf(checked.types),
      record: recorder && ((part, value) => recorder.record(part, value)),
    };
    const compiled = compileSteps(expr, scope);
    this.source = source;
    this.type = checked.type;
    this.#expr = expr;
    this.#names = new Set(variables.keys());
    this.reads = this.readsFor(true);
    this.readsNow = "now" in this.reads;
    this.#used = Array.from(compiled.variables, ([name, { slot, absent }]) => {
      const type = variables.get(name) as Type;
      return { name, type, slot, absent, convert: conversionTo(type) };
    });
    this.#run = compiled.step;
    this.#fixedCost = compiled.fixedCost;
    this.#frame = new Frame(compiled.slots, environment.budget ?? defaultBudget);
    this.#environment = environment;
    this.#estimate = (sizes) => costOf(expr, checked, namesOf(scope), sizes);
  }

  estimateCost(sizes: Sizes = () => undefined): Range {
    return this.#estimate(sizes);
  }

  explain(variables: Readonly<Record<string, unknown>>): Explanation {
    const recorder = new Recorder();
    const recorded = new CompiledProgram(this.source, this.#expr, this.#environment, recorder);
    const outcome = recorded.tryEvaluate(variables);
    return { outcome, cost: recorded.#frame.cost, parts: recorder.parts() };
  }

  readsFor(result: true | Reads): Reads {
    return readsOf(this.#expr, this.#names, result);
  }

  evaluate(variables: Readonly<Record<string, unknown>>): unknown {
    const value = this.#value(variables);
    if (value instanceof Failure) throw this.#error(value);
    return toJson(value);
  }

  tryEvaluate(variables: Readonly<Record<string, unknown>>): Outcome {
    const value = this.#value(variables);
    if (!(value instanceof Failure)) return { ok: true, value: toJson(value) };
    const error = () => this.#error(value);
    return {
      ok: false,
      absent: value.$absent,
      get error() {
        return error();
      },
    };
  }

  #value(variables: Readonly<Record<string, unknown>>): Value {
    const frame = this.#frame;
    const { slots } = frame;
    const used = this.#used;
    for (let index = 0; index < used.length; index++) {
      const variable = used[index] as Used;
      const given = readVariable(variables, variable.name);
      if (given === undefined || given === null) {
        slots[variable.slot] = given === null ? null : variable.absent;
        continue;
      }
      const value = variable.convert(given);
      if (value === undefined) return notOfType(variable);
      slots[variable.slot] = value;
    }
    frame.cost = this.#fixedCost;
    const result = this.#run(frame);
    // What was looked at may be large.
    for (let slot = 0; slot < slots.length; slot++) slots[slot] = undefined;
    // Though a part that was not paid for any more may not have mattered.
    if (frame.cost > frame.budget) return result instanceof OverBudget ? result : new OverBudget(frame.budget);
    return typeof result === "object" && isTooLong(result, frame.budget) ? new OverBudget(frame.budget) : result;
  }

  #error(failure: Failure): EvaluationError {
    const { $message, $absent, $at } = failure;
    const overBudget = failure instanceof OverBudget;
    if ($absent || $at === undefined) return new EvaluationError($message, $absent, overBudget);
    const { line, column } = positionOf(this.source, $at);
    return new EvaluationError(`${$message} (at ${line}:${column})`, false, overBudget);
  }
}

/** What is not the caller's own, such as `constructor` or `__proto__`, is no variable. */
function readVariable(variables: Readonly<Record<string, unknown>>, name: string): unknown {
  const given = variables[name];
  const isInherited = typeof given === "function" || name === "__proto__";
  return isInherited && !Object.hasOwn(variables, name) ? undefined : given;
}

/** A text costs a tenth of its length where it is made: so may the value's, written out. A list of lists may be short and yet endless. */
function isTooLong(result: Value, budget: number): boolean {
  return madeLength(result, budget * 10) > budget * 10;
}

function notOfType({ name, type }: Used): Failure {
  const word = type.kind === "struct" || type.kind === "opaque" ? type.name : type.kind;
  return new Failure(`the variable ${name} is not a value of the type ${word}`);
}

/** Where fields hold what JSON has no word for, such as times. */
function conversionsOf(types: ReadonlyMap<Expr, Type>): Map<Expr, (value: Value) => Value> {
  const conversions = new Map<Expr, (value: Value) => Value>();
  for (const [expr, type] of types) {
    if (expr.kind !== "select" || expr.test) continue;
    const convert = fieldConversion(type);
    if (convert !== undefined) conversions.set(expr, convert);
  }
  return conversions;
}
