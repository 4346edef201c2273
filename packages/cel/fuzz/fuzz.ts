import { isDeepStrictEqual } from "node:util";
import { compile } from "../src/compile.ts";
import { EvaluationError } from "../src/evaluate/errors.ts";
import type { Expr } from "../src/syntax/ast.ts";
import { CelError } from "../src/syntax/errors.ts";
import { parse } from "../src/syntax/parser.ts";
import { unparse } from "../src/syntax/unparse.ts";
import { Mutator, randomOf } from "./mutate.ts";

export interface FuzzOptions {
  /** How many inputs the parser is given. */
  readonly inputs: number;
  readonly seed: number;
  /** Expressions to make inputs of. */
  readonly corpus: readonly string[];
  /** Of what parses, one in this many is unparsed, checked and evaluated too. */
  readonly every: number;
  /** Milliseconds that nothing may take. */
  readonly patience: number;
  /** Called now and then. */
  readonly progress?: (counts: Counts) => void;
}

export interface Counts {
  inputs: number;
  parsed: number;
  /** Of those evaluated, what compiled. */
  compiled: number;
  evaluated: number;
  /** Milliseconds that the slowest input took. */
  slowest: number;
  slowestInput: string;
}

/** An input that does what none may do. */
export class Crash extends Error {
  readonly input: string;

  constructor(input: string, what: string, options?: ErrorOptions) {
    super(`${what}: ${JSON.stringify(input)}`, options);
    this.input = input;
  }
}

/** What the names that the corpus likes stand for; whatever they are. */
const environment = { variables: { x: "dyn", y: "dyn", a: "dyn", b: "dyn", m: "map<string, dyn>", l: "list<int>" } };
const object = JSON.parse('{"a": [1, {"b": null}], "b": 1.5, "__proto__": {"a": true}, "constructor": "x"}') as object;
const given = { x: object, y: [1, 2, 3], a: object, b: "text", m: object, l: [3, 1, 2] };

/** Gives inputs to the parser, and what it takes to all the rest. @throws {Crash} */
export function fuzz({ inputs, seed, corpus, every, patience, progress }: FuzzOptions): Counts {
  const mutator = new Mutator(corpus, randomOf(seed));
  const counts: Counts = { inputs: 0, parsed: 0, compiled: 0, evaluated: 0, slowest: 0, slowestInput: "" };
  while (counts.inputs < inputs) {
    const input = mutator.next();
    const start = performance.now();
    try {
      one(input, counts, every);
    } catch (error) {
      throw error instanceof Crash ? error : new Crash(input, String(error), { cause: error });
    }
    const took = performance.now() - start;
    if (took > counts.slowest) {
      counts.slowest = took;
      counts.slowestInput = input;
      if (took > patience) throw new Crash(input, `took ${Math.round(took)} ms`);
    }
    counts.inputs++;
    if (counts.inputs % 100_000 === 0) progress?.(counts);
  }
  return counts;
}

function one(input: string, counts: Counts, every: number): void {
  let expr: Expr;
  try {
    expr = parse(input);
  } catch (error) {
    expectFault(error, input);
    return;
  }
  counts.parsed++;
  if (counts.parsed % every !== 0) return;
  const text = unparse(expr);
  if (!isDeepStrictEqual(shape(parse(text)), shape(expr))) throw new Crash(input, `unparsed as ${text}, another tree`);
  counts.evaluated++;
  try {
    const program = compile(input, environment);
    counts.compiled++;
    const outcome = program.tryEvaluate(given);
    if (!outcome.ok && !(outcome.error instanceof EvaluationError)) throw new Crash(input, "another error");
  } catch (error) {
    expectFault(error, input);
  }
}

/** A `CelError` that points into the text. */
function expectFault(error: unknown, input: string): void {
  if (!(error instanceof CelError)) throw error;
  const line = input.split("\n")[error.line - 1];
  if (line === undefined || error.column < 1 || error.column > line.length + 1 || error.message === "") {
    throw new Crash(input, `an error at ${error.line}:${error.column}`);
  }
}

/** Without positions. */
function shape(expr: Expr): unknown {
  return JSON.stringify(expr, (key, value: unknown) => {
    if (key === "start" || key === "end" || key === "at") return undefined;
    if (typeof value === "bigint") return `${value}n`;
    return Object.is(value, -0) ? "-0" : value;
  });
}
