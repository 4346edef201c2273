import type { CelFunc } from "@bufbuild/cel";
import { convert, engine } from "./engine.ts";
import type { CelType, Environment } from "./environment.ts";
import { CelError, type CelErrorKind } from "./errors.ts";
import { isFailure } from "./failure.ts";
import { nearest } from "./nearest.ts";
import type { Expr, Syntax } from "./syntax.ts";

type Kind<Case extends Expr["exprKind"]["case"]> = Extract<Expr["exprKind"], { case: Case }>["value"];
type Scope = ReadonlyMap<string, CelType>;

// Evaluating takes a few stack frames a level.
const maxDepth = 400;

const typeNames = new Set("bool bytes double int list map null_type string type uint".split(" "));
const messageTypes = new Set(["google.protobuf.Duration", "google.protobuf.Timestamp"]);
const examples = { timestamp: '"2026-01-31T12:00:00Z"', duration: '"1h30m"' };
const macros = new Set("all exists exists_one existsOne filter map".split(" "));
const numbers = new Set<CelType>(["int", "uint", "double"]);
const keys = new Set<CelType>(["string", "int", "uint", "bool", "dyn"]);

/**
 * The type of an expression's value, after checking that every name is
 * declared and every operation possible.
 * @throws CelError of kind "undeclared" or "type"
 */
export function check(source: string, syntax: Syntax, environment: Environment): CelType {
  return new Checker(source, syntax).check(syntax.root, new Map(Object.entries(environment.variables)), 0);
}

class Checker {
  readonly #source: string;
  readonly #syntax: Syntax;

  constructor(source: string, syntax: Syntax) {
    this.#source = source;
    this.#syntax = syntax;
  }

  check(expr: Expr | undefined, scope: Scope, depth: number): CelType {
    const kind = expr?.exprKind;
    if (expr === undefined || kind === undefined) return "dyn";
    if (depth > maxDepth) throw this.#error("syntax", "the expression is nested too deeply", expr);
    const below = (part: Expr | undefined, inner: Scope = scope) => this.check(part, inner, depth + 1);
    switch (kind.case) {
      case "constExpr":
        return this.#constant(expr, kind.value);
      case "identExpr":
        return this.#variable(expr, kind.value.name, scope);
      case "selectExpr":
        if (messageTypes.has(qualifiedName(expr) ?? "")) return "type";
        return this.#select(expr, kind.value, below(kind.value.operand));
      case "listExpr":
        for (const element of kind.value.elements) below(element);
        return "list";
      case "structExpr":
        if (kind.value.messageName !== "") {
          throw this.#error("undeclared", `there is no type ${kind.value.messageName}`, expr);
        }
        for (const { keyKind, value } of kind.value.entries) {
          const key = keyKind.case === "mapKey" ? keyKind.value : undefined;
          const type = below(key);
          if (!keys.has(type)) throw this.#error("type", `a map's key cannot be ${aType(type)}`, key ?? expr);
          below(value);
        }
        return "map";
      case "callExpr":
        return this.#call(expr, kind.value, below);
      case "comprehensionExpr": {
        const { iterRange, iterVar, accuVar, accuInit, loopCondition, loopStep, result } = kind.value;
        const range = below(iterRange);
        if (range !== "list" && range !== "map" && range !== "dyn") {
          throw this.#error("type", `${aType(range)} has no elements`, expr);
        }
        const inner = new Map(scope).set(iterVar, "dyn").set(accuVar, below(accuInit));
        below(loopCondition, inner);
        below(loopStep, inner);
        return below(result, inner);
      }
      default:
        return "dyn";
    }
  }

  #constant(expr: Expr, constant: Kind<"constExpr">): CelType {
    const type = constantType(constant);
    const value = constant.constantKind.value;
    if (typeof value === "bigint") {
      const limited = type === "uint" ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
      if (limited !== value) throw this.#error("syntax", `${value} does not fit into 64 bits`, expr);
    }
    return type;
  }

  #variable(expr: Expr, written: string, scope: Scope): CelType {
    const name = written.replace(/^\./, "");
    const type = scope.get(name) ?? (typeNames.has(name) ? "type" : undefined);
    if (type !== undefined) return type;
    throw this.#error("undeclared", `there is no variable ${name}${meant(name, scope.keys())}`, expr);
  }

  #select(expr: Expr, { field, testOnly }: Kind<"selectExpr">, operand: CelType): CelType {
    if (operand !== "map" && operand !== "dyn") {
      throw this.#error("type", `${aType(operand)} has no field ${field}`, expr);
    }
    return testOnly ? "bool" : "dyn";
  }

  #call(expr: Expr, call: Kind<"callExpr">, below: (part: Expr | undefined) => CelType): CelType {
    const { funcs } = engine();
    // strings.quote is a function by its whole name, not a method of a variable.
    const qualified = call.target && `${qualifiedName(call.target)}.${call.function}`;
    if (qualified !== undefined && funcs.find(qualified) !== undefined) {
      return this.#overload(
        expr,
        qualified,
        undefined,
        call.args,
        call.args.map((arg) => below(arg)),
      );
    }
    const target = call.target && below(call.target);
    if (call.target !== undefined && macros.has(call.function)) {
      throw this.#error(
        "undeclared",
        `${call.function} takes a new variable and an expression: list.${call.function}(x, ...)`,
        expr,
      );
    }
    const args = call.args.map((arg) => below(arg));
    switch (call.function) {
      case "_&&_":
      case "_||_":
        for (const [index, type] of args.entries()) {
          if (type === "bool" || type === "dyn") continue;
          throw this.#error(
            "type",
            `${operatorSign(call.function)} takes bools, not ${aType(type)}`,
            call.args[index] ?? expr,
          );
        }
        return "bool";
      case "_?_:_": {
        const [condition = "dyn", yes = "dyn", no = "dyn"] = args;
        if (condition === "bool" || condition === "dyn") return yes === no ? yes : "dyn";
        throw this.#error(
          "type",
          `the condition before ? must be a bool, not ${aType(condition)}`,
          call.args[0] ?? expr,
        );
      }
      case "_[_]": {
        const [list = "dyn"] = args;
        if (list === "list" || list === "map" || list === "dyn") return "dyn";
        throw this.#error("type", `${aType(list)} has no elements`, expr);
      }
      case "@not_strictly_false":
        return "bool";
      case "_==_":
      case "_!=_": {
        const [left = "dyn", right = "dyn"] = args;
        if (comparable(left, right)) return "bool";
        throw this.#error("type", `${aType(left)} never equals ${aType(right)}`, expr);
      }
      case "has":
        throw this.#error("undeclared", "has takes a field: has(object.spec)", expr);
      default:
        return this.#overload(expr, call.function, target, call.args, args);
    }
  }

  #overload(
    expr: Expr,
    name: string,
    target: CelType | undefined,
    args: readonly Expr[],
    types: readonly CelType[],
  ): CelType {
    const { funcs } = engine();
    const group = funcs.find(name);
    if (group === undefined) {
      const names = new Set(Array.from(funcs, (func) => func.name).filter((known) => /^[a-z.]+$/i.test(known)));
      throw this.#error("undeclared", `there is no function ${name}${meant(name, names)}`, expr);
    }
    const sign = operatorSign(name);
    const styled = [...group].filter((func) => (func.target === undefined) === (target === undefined));
    if (styled.length === 0) {
      const usage = target === undefined ? `a method: value.${name}(...)` : `a function: ${name}(value)`;
      throw this.#error("undeclared", `${name} is ${usage}`, expr);
    }
    const counted = styled.filter((func) => func.arguments.length === types.length);
    if (counted.length === 0) {
      const counts = [...new Set(styled.map((func) => func.arguments.length))].sort().join(" or ");
      throw this.#error(
        "type",
        `${sign} takes ${counts} argument${counts === "1" ? "" : "s"}, not ${types.length}`,
        expr,
      );
    }
    const fitting = counted.filter((func) => accepts(func, target, types));
    if (fitting.length === 0) {
      const of = target === undefined ? "" : ` of ${aType(target)}`;
      const given = types.length === 0 ? "" : ` ${sign === name ? "with" : "for"} ${types.map(aType).join(" and ")}`;
      throw this.#error("type", `there is no ${sign}${of}${given}`, expr);
    }
    this.#literal(name, args);
    const [first, ...others] = fitting.map((func) => typeNamed(func.result.name));
    return first !== undefined && others.every((type) => type === first) ? first : "dyn";
  }

  /** A pattern, time or duration that is written out is wrong now if it is wrong at all. */
  #literal(name: string, args: readonly Expr[]): void {
    const [arg] = args;
    const literal = arg?.exprKind.case === "constExpr" ? arg.exprKind.value.constantKind : undefined;
    if (arg === undefined || literal?.case !== "stringValue") return;
    if (name !== "matches" && name !== "timestamp" && name !== "duration") return;
    const outcome = convert(name, literal.value);
    if (!isFailure(outcome)) return;
    throw this.#error("type", name === "matches" ? outcome.message : `not a ${name}, such as ${examples[name]}`, arg);
  }

  #error(kind: CelErrorKind, message: string, at: Expr): CelError {
    return new CelError(kind, message, this.#source, this.#syntax.offset(at.id));
  }
}

function accepts(func: CelFunc, target: CelType | undefined, types: readonly CelType[]): boolean {
  const fits = (wanted: string, given: CelType | undefined) =>
    given === undefined || given === "dyn" || wanted === "dyn" || typeNamed(wanted) === given;
  return fits(func.target?.name ?? "dyn", target) && func.arguments.every((wanted, i) => fits(wanted.name, types[i]));
}

function comparable(left: CelType, right: CelType): boolean {
  if (left === right || left === "dyn" || right === "dyn") return true;
  return (numbers.has(left) && numbers.has(right)) || left === "null_type" || right === "null_type";
}

function constantType({ constantKind }: Kind<"constExpr">): CelType {
  switch (constantKind.case) {
    case "boolValue":
      return "bool";
    case "int64Value":
      return "int";
    case "uint64Value":
      return "uint";
    case "doubleValue":
      return "double";
    case "stringValue":
      return "string";
    case "bytesValue":
      return "bytes";
    default:
      return "null_type";
  }
}

function typeNamed(name: string): CelType {
  if (name === "google.protobuf.Timestamp") return "timestamp";
  if (name === "google.protobuf.Duration") return "duration";
  return name as CelType;
}

function qualifiedName(expr: Expr | undefined): string | undefined {
  const kind = expr?.exprKind;
  if (kind?.case === "identExpr") return kind.value.name;
  if (kind?.case !== "selectExpr" || kind.value.testOnly) return undefined;
  const parent = qualifiedName(kind.value.operand);
  return parent && `${parent}.${kind.value.field}`;
}

const operatorSign = (name: string): string => (name === "@in" ? "in" : name.replace(/^_?([^_\w]+)_$/, "$1"));

const aType = (type: CelType): string =>
  type === "null_type" ? "null" : type === "bytes" ? type : `${type === "int" ? "an" : "a"} ${type}`;

function meant(name: string, known: Iterable<string>): string {
  const close = nearest(name, known);
  return close === undefined ? "" : `; did you mean ${close}?`;
}
