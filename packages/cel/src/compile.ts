import { type Reads, readsOf } from "./analysis/reads.ts";
import { checkTypes } from "./check/checker.ts";
import { checkLiterals } from "./check/literals.ts";
import { type Environment, librariesOf, structsOf, typeOfVariable } from "./environment.ts";
import { EvaluationError, positionOf } from "./errors.ts";
import { compileSteps, type Scope } from "./evaluate/compile.ts";
import { Frame } from "./evaluate/frame.ts";
import type { Expr } from "./syntax/ast.ts";
import { parse } from "./syntax/parser.ts";
import type { Type } from "./types/type.ts";
import { toJson } from "./values/json.ts";
import { Failure, type Value } from "./values/value.ts";
import { type Conversion, conversionTo, fieldConversion } from "./variables.ts";

/** A compiled expression. It holds no state between evaluations. */
export interface Program {
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
  /**
   * Its value for these variables, as plain JSON: ints are numbers (beyond 2^53
   * strings of digits, as in protobuf's JSON), NaN and the infinities strings,
   * bytes base64, timestamps RFC 3339, durations seconds ("1.5s"), types their
   * names. An object or list of the input comes back as itself, not a copy.
   * A variable left out or undefined is absent, one of another type than declared an error.
   * @throws {EvaluationError}
   */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
  /** The same, with what `evaluate` would throw as a value: many times faster where fields are absent. */
  tryEvaluate(variables: Readonly<Record<string, unknown>>): Outcome;
}

/** A value, or why there is none. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly absent: boolean; readonly error: EvaluationError };

/**
 * Compiles a CEL expression. Values are those of JSON: whole numbers are ints,
 * other numbers doubles.
 * @throws {CelError}
 */
export function compile(source: string, environment: Environment): Program {
  return new CompiledProgram(source, parse(source), environment);
}

/** A variable that the expression names. */
interface Used {
  readonly name: string;
  readonly type: Type;
  readonly slot: number;
  readonly convert: Conversion;
}

class CompiledProgram implements Program {
  readonly source: string;
  readonly type: Type;
  readonly reads: Reads;
  readonly #expr: Expr;
  readonly #names: ReadonlySet<string>;
  readonly #used: readonly Used[];
  readonly #run: (frame: Frame) => Value;
  readonly #frame: Frame;

  constructor(source: string, expr: Expr, environment: Environment) {
    const variables = new Map(
      Object.entries(environment.variables).map(([name, type]) => [name, typeOfVariable(type)]),
    );
    const { functions, constants, messages } = librariesOf(environment);
    const container = environment.container ?? "";
    const declared = new Map([...Array.from(constants, ([name, { type }]) => [name, type] as const), ...variables]);
    const checked = checkTypes(source, expr, {
      variables: declared,
      functions,
      structs: structsOf(environment),
      messages,
      container,
    });
    checkLiterals(source, expr);
    const scope: Scope = {
      functions,
      variables: new Set(variables.keys()),
      constants: new Map(Array.from(constants, ([name, { value }]) => [name, value])),
      messages: new Map(Array.from(messages, ([name, { make }]) => [name, make])),
      container,
      nullIsAbsent: environment.nullIsAbsent ?? false,
      conversions: conversionsOf(checked.types),
    };
    const compiled = compileSteps(expr, scope);
    this.source = source;
    this.type = checked.type;
    this.#expr = expr;
    this.#names = new Set(variables.keys());
    this.reads = this.readsFor(true);
    this.#used = Array.from(compiled.variables, ([name, slot]) => {
      const type = variables.get(name) as Type;
      return { name, type, slot, convert: conversionTo(type) };
    });
    this.#run = compiled.step;
    this.#frame = new Frame(compiled.slots);
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
    try {
      for (const { name, type, slot, convert } of this.#used) {
        const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
        if (given === undefined || given === null) {
          slots[slot] = given;
          continue;
        }
        const value = convert(given);
        if (value === undefined) {
          return new Failure(
            `the variable ${name} is not a value of the type ${type.kind === "struct" || type.kind === "opaque" ? type.name : type.kind}`,
          );
        }
        slots[slot] = value;
      }
      frame.cost = 0;
      return this.#run(frame);
    } finally {
      // What was looked at may be large.
      slots.fill(undefined);
    }
  }

  #error({ $message, $absent, $at }: Failure): EvaluationError {
    if ($absent || $at === undefined) return new EvaluationError($message, $absent);
    const { line, column } = positionOf(this.source, $at);
    return new EvaluationError(`${$message} (at ${line}:${column})`, false);
  }
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
