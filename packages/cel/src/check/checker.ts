import type { Functions, Overload } from "../library/overload.ts";
import type { Bind, Call, Comprehension, Expr, MessageLiteral, Select } from "../syntax/ast.ts";
import { CelError, type CelErrorKind } from "../syntax/errors.ts";
import { functionCalled, partsOf, resolve } from "../syntax/names.ts";
import {
  BOOL,
  BYTES,
  DOUBLE,
  DYN,
  formatType,
  INT,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  type Structs,
  type Type,
  UINT,
} from "../types/type.ts";
import { withArticle } from "../values/words.ts";
import { nearest } from "./nearest.ts";
import { Substitution } from "./substitution.ts";

/** What an expression may name, by types. */
export interface Declarations {
  /** By full name, `a.b.c` too; types and other constants among them. */
  readonly variables: ReadonlyMap<string, Type>;
  readonly functions: Functions;
  readonly structs: Structs;
  /** The types of messages that can be written as literals, and those of their fields. */
  readonly messages: ReadonlyMap<string, { readonly type: Type; readonly fields: ReadonlyMap<string, Type> }>;
  readonly container: string;
}

/** The type of each node, and which overloads a call may come down to. */
export interface Checked {
  readonly type: Type;
  readonly types: ReadonlyMap<Expr, Type>;
  readonly overloads: ReadonlyMap<Call, readonly Overload[]>;
}

/**
 * Finds the type of an expression and of its parts. Types are gradual: a part of which nothing
 * is known is `dyn` and may be anything.
 * @throws {CelError} of kind `undeclared` or `type`: a name that is none, or an operation that can never succeed.
 */
export function checkTypes(source: string, expr: Expr, declarations: Declarations): Checked {
  return new Checker(source, declarations).check(expr);
}

/** The variables of macros around an expression. */
type Locals = ReadonlyMap<string, Type>;

class Checker {
  readonly #source: string;
  readonly #declared: Declarations;
  readonly #substitution = new Substitution();
  readonly #types = new Map<Expr, Type>();
  readonly #overloads = new Map<Call, readonly Overload[]>();

  constructor(source: string, declared: Declarations) {
    this.#source = source;
    this.#declared = declared;
  }

  check(root: Expr): Checked {
    this.#of(root, new Map());
    const types = new Map<Expr, Type>();
    for (const [expr, type] of this.#types) types.set(expr, this.#substitution.resolve(type, DYN));
    return { type: types.get(root) ?? DYN, types, overloads: this.#overloads };
  }

  #of(expr: Expr, locals: Locals): Type {
    const type = this.#typeOf(expr, locals);
    this.#types.set(expr, type);
    return type;
  }

  #typeOf(expr: Expr, locals: Locals): Type {
    switch (expr.kind) {
      case "constant":
        return literalTypes[expr.type];
      case "identifier":
        return this.#named([expr.name], locals)?.type ?? this.#undeclared(expr.name, expr, locals);
      case "select":
        return this.#select(expr, locals);
      case "call":
        return this.#call(expr, locals);
      case "list": {
        let element: Type | undefined;
        for (const { value, optional } of expr.elements) {
          const type = this.#of(value, locals);
          element = this.#substitution.join(element, optional ? this.#insideOptional(type, value) : type);
        }
        return listOf(element ?? this.#substitution.fresh());
      }
      case "map":
        return this.#map(expr, locals);
      case "message":
        return this.#message(expr, locals);
      case "comprehension":
        return this.#comprehension(expr, locals);
      case "bind":
        return this.#bind(expr, locals);
    }
  }

  /** What a name stands for; of `a.b.c` the longest part that stands for something. */
  #named(names: readonly string[], locals: Locals): { type: Type; length: number } | undefined {
    const local = locals.get(names[0] ?? "");
    if (local !== undefined) return { type: local, length: 1 };
    const { variables, container } = this.#declared;
    const found = resolve(names, container, (name) => variables.has(name));
    return found && { type: variables.get(found.name) ?? DYN, length: found.length };
  }

  #select(expr: Select, locals: Locals): Type {
    const selects: Select[] = [];
    let base: Expr = expr;
    for (; base.kind === "select" && !(base !== expr && (base.test || base.optional)); base = base.operand) {
      selects.unshift(base);
    }
    if (base.kind === "identifier" && !expr.test && !expr.optional) {
      const names = [base.name, ...selects.map(({ field }) => field)];
      const found = this.#named(names, locals);
      if (found === undefined) return this.#undeclared(base.name, base, locals);
      // The names that are one variable's are no fields.
      if (found.length === names.length) return found.type;
      if (found.length === 1) this.#types.set(base, found.type);
      return this.#fields(selects, found.length - 1, found.type);
    }
    const field = this.#field(expr, this.#of(expr.operand, locals));
    return expr.test ? BOOL : field;
  }

  #fields(selects: readonly Select[], from: number, base: Type): Type {
    let type = base;
    const before = selects[from - 1];
    if (before !== undefined) this.#types.set(before, type);
    for (const select of selects.slice(from)) {
      type = this.#field(select, type);
      this.#types.set(select, type);
    }
    return type;
  }

  #field(expr: Select, operand: Type): Type {
    const found = this.#substitution.resolve(operand);
    const inside = optionalParameter(found);
    const type = this.#fieldOf(expr, inside === undefined ? found : this.#substitution.resolve(inside));
    return inside !== undefined || expr.optional ? asOptional(type) : type;
  }

  #fieldOf(expr: Select, type: Type): Type {
    const { field } = expr;
    switch (type.kind) {
      case "dyn":
        return DYN;
      case "parameter":
        this.#substitution.assign(DYN, type);
        return DYN;
      case "map":
        return type.value;
      case "struct": {
        const fields = this.#declared.structs.fields(type.name);
        const found = fields?.get(field);
        if (fields === undefined) return DYN;
        if (found !== undefined) return found.type;
        const meant = didYouMean(field, fields.keys());
        throw this.#error("undeclared", `${shortName(type.name)} has no field ${field}${meant}`, expr);
      }
      default:
        throw this.#error("type", `${aType(type)} has no field ${field}`, expr);
    }
  }

  #map(expr: Extract<Expr, { kind: "map" }>, locals: Locals): Type {
    let keys: Type | undefined;
    let values: Type | undefined;
    for (const { key, value, optional } of expr.entries) {
      const keyType = this.#of(key, locals);
      const { kind } = this.#substitution.resolve(keyType);
      if (!keyKinds.has(kind)) throw this.#error("type", `a map's key cannot be ${aType(keyType)}`, key);
      keys = this.#substitution.join(keys, keyType);
      const type = this.#of(value, locals);
      values = this.#substitution.join(values, optional ? this.#insideOptional(type, value) : type);
    }
    return mapOf(keys ?? this.#substitution.fresh(), values ?? this.#substitution.fresh());
  }

  #message(expr: MessageLiteral, locals: Locals): Type {
    const { messages, container } = this.#declared;
    const found = resolve(partsOf(expr.name), container, (name) => messages.has(name), "whole");
    const message = found && messages.get(found.name);
    if (message === undefined) throw this.#error("undeclared", `there is no type ${expr.name}`, expr, expr.start);
    for (const field of expr.fields) {
      const wanted = message.fields.get(field.name);
      if (wanted === undefined) {
        const meant = didYouMean(field.name, message.fields.keys());
        throw new CelError("undeclared", `${expr.name} has no field ${field.name}${meant}`, this.#source, field.at);
      }
      const type = this.#of(field.value, locals);
      const given = field.optional ? this.#insideOptional(type, field.value) : type;
      if (!this.#substitution.assign(given, wanted)) {
        const message = `the field ${field.name} takes ${aType(wanted)}, not ${this.#a(given)}`;
        throw new CelError("type", message, this.#source, field.value.at);
      }
    }
    return message.type;
  }

  #call(expr: Call, locals: Locals): Type {
    const { target, args } = expr;
    const name = expr.function;
    const called = functionCalled(expr, this.#declared, locals);
    if (target === undefined) {
      const types = args.map((arg) => this.#of(arg, locals));
      if (name === "has") throw this.#error("undeclared", "has takes a field: has(object.spec)", expr);
      return this.#operator(expr, types) ?? this.#overload(expr, called ?? name, false, types);
    }
    if (called !== undefined) {
      const types = args.map((arg) => this.#of(arg, locals));
      return this.#overload(expr, called, false, types);
    }
    if (macroNames.has(name) && !this.#declared.functions.has(name)) {
      const usage = `${name} takes a new variable and an expression: list.${name}(x, ...)`;
      throw this.#error("undeclared", usage, expr);
    }
    const types = [target, ...args].map((arg) => this.#of(arg, locals));
    return this.#overload(expr, name, true, types);
  }

  /** Operators that take any number of arguments, or optionals besides what their overloads say. */
  #operator(expr: Call, types: readonly Type[]): Type | undefined {
    const { function: name, args } = expr;
    const [first = DYN, second = DYN, third = DYN] = types;
    switch (name) {
      case "_&&_":
      case "_||_":
        for (const [index, type] of types.entries())
          this.#mustBeBool(type, args[index] ?? expr, `${sign(name)} takes bools`);
        return BOOL;
      case "_?_:_":
        this.#mustBeBool(first, args[0] ?? expr, "the condition before ? must be a bool");
        return this.#overload(expr, name, false, [BOOL, second, third], () => {
          return `both sides of : must be of one type, not ${this.#a(second)} and ${this.#a(third)}`;
        });
      case "_==_":
      case "_!=_":
        return this.#overload(expr, name, false, types, () => `${this.#a(first)} never equals ${this.#a(second)}`);
      case "_[_]":
      case "_[?_]": {
        const found = this.#substitution.resolve(first);
        const inside = optionalParameter(found);
        const container = inside ?? found;
        const element = this.#overload(expr, "_[_]", false, [container, second], () => {
          const kind = this.#substitution.resolve(container).kind;
          if (kind === "list") return `the index of a list is an int, not ${this.#a(second)}`;
          return kind === "map"
            ? `this map has no keys that are ${this.#a(second)}`
            : `${this.#a(container)} has no elements`;
        });
        return inside !== undefined || name === "_[?_]" ? asOptional(element) : element;
      }
      default:
        return undefined;
    }
  }

  #mustBeBool(type: Type, expr: Expr, rule: string): void {
    if (!this.#substitution.assign(type, BOOL)) throw this.#error("type", `${rule}, not ${this.#a(type)}`, expr);
  }

  #overload(expr: Call, name: string, method: boolean, types: readonly Type[], mismatch?: () => string): Type {
    const overloads = this.#declared.functions.find(name, method, types.length);
    const fitting: Overload[] = [];
    let result: Type | undefined;
    for (const overload of overloads) {
      const renamed = new Map<string, Type>();
      const wanted = overload.parameters.map((type) => this.#substitution.instantiate(type, renamed));
      if (!this.#substitution.assignAll(types, wanted)) continue;
      fitting.push(overload);
      const given = this.#substitution.resolve(this.#substitution.instantiate(overload.result, renamed));
      if (result === undefined) result = given;
      else if (formatType(result) !== formatType(given)) result = DYN;
    }
    if (result === undefined) throw this.#mismatch(expr, name, method, types, mismatch);
    this.#overloads.set(expr, fitting);
    return result;
  }

  #mismatch(expr: Call, name: string, method: boolean, types: readonly Type[], mismatch?: () => string): CelError {
    if (mismatch !== undefined) return this.#error("type", mismatch(), expr);
    const { functions } = this.#declared;
    if (!functions.has(name)) {
      const known = [...functions.names()].filter((each) => /^[a-z.]+$/i.test(each));
      return this.#error("undeclared", `there is no function ${name}${didYouMean(name, known)}`, expr);
    }
    const written = sign(name);
    const counts = functions.counts(name, method);
    if (counts.length === 0) {
      const usage = method ? `a function: ${name}(value)` : `a method: value.${name}(...)`;
      return this.#error("undeclared", `${name} is ${usage}`, expr);
    }
    if (!counts.includes(types.length)) {
      const wanted = counts.map((count) => (method ? count - 1 : count));
      const given = method ? types.length - 1 : types.length;
      const plural = wanted.length === 1 && wanted[0] === 1 ? "argument" : "arguments";
      return this.#error("type", `${written} takes ${wanted.join(" or ")} ${plural}, not ${given}`, expr);
    }
    const [target, ...rest] = types;
    const of = method && target !== undefined ? ` of ${this.#a(target)}` : "";
    const given = method ? rest : types;
    const list =
      given.length === 0
        ? ""
        : ` ${written === name ? "with" : "for"} ${given.map((type) => this.#a(type)).join(" and ")}`;
    return this.#error("type", `there is no ${written}${of}${list}`, expr);
  }

  #comprehension(expr: Comprehension, locals: Locals): Type {
    const range = this.#substitution.resolve(this.#of(expr.range, locals));
    const [first, second] = this.#elements(range, expr);
    const inner = new Map(locals);
    if (expr.second === undefined) {
      inner.set(expr.variable, range.kind === "map" ? first : second);
    } else {
      inner.set(expr.variable, first).set(expr.second, second);
    }
    if (expr.filter !== undefined) {
      this.#mustBeBool(this.#of(expr.filter, inner), expr.filter, `the filter of ${expr.written} must be a bool`);
    }
    const body = this.#of(expr.body, inner);
    switch (expr.macro) {
      case "all":
      case "exists":
      case "existsOne":
      case "filter":
        this.#mustBeBool(body, expr.body, `${expr.written} takes a bool`);
        if (expr.macro !== "filter") return BOOL;
        return listOf(range.kind === "map" ? first : second);
      case "sortBy":
        if (comparable.has(this.#substitution.resolve(body, DYN).kind))
          return listOf(range.kind === "map" ? first : second);
        throw this.#error("type", `${expr.written} cannot sort by ${this.#a(body)}`, expr.body);
      case "map":
      case "transformList":
        return listOf(body);
      case "transformMap":
        return mapOf(first, body);
      case "transformMapEntry": {
        const entry = mapOf(this.#substitution.fresh(), this.#substitution.fresh());
        if (this.#substitution.assign(body, entry)) return entry;
        throw this.#error("type", `${expr.written} takes a map of one entry, not ${this.#a(body)}`, expr.body);
      }
    }
  }

  /** Of a list the types of index and element, of a map those of key and value. */
  #elements(range: Type, expr: Comprehension): readonly [Type, Type] {
    switch (range.kind) {
      case "list":
        return [INT, range.element];
      case "map":
        return [range.key, range.value];
      case "parameter":
        this.#substitution.assign(DYN, range);
        return [DYN, DYN];
      case "dyn":
        return [DYN, DYN];
      default:
        throw this.#error("type", `${aType(range)} has no elements`, expr);
    }
  }

  #bind(expr: Bind, locals: Locals): Type {
    const value = this.#of(expr.value, locals);
    const bound = expr.macro === "bind" ? value : this.#insideOptional(value, expr.value);
    const body = this.#of(expr.body, new Map(locals).set(expr.variable, bound));
    if (expr.macro !== "optFlatMap") return expr.macro === "bind" ? body : optionalOf(body);
    return optionalOf(this.#insideOptional(body, expr.body));
  }

  #insideOptional(type: Type, expr: Expr): Type {
    const inside = this.#substitution.fresh();
    if (this.#substitution.assign(type, optionalOf(inside))) return this.#substitution.resolve(inside);
    throw this.#error("type", `an optional is wanted here, not ${this.#a(type)}`, expr);
  }

  #undeclared(written: string, expr: Expr, locals: Locals): never {
    const name = written.replace(/^\./, "");
    // A variable of Kubernetes' own policies, which asks the API server.
    if (name === "authorizer") throw this.#error("undeclared", "the authorizer is not available here", expr);
    const known = [...locals.keys(), ...this.#declared.variables.keys()];
    throw this.#error("undeclared", `there is no variable ${name}${didYouMean(name, known)}`, expr);
  }

  #a(type: Type): string {
    return aType(this.#substitution.resolve(type, DYN));
  }

  #error(kind: CelErrorKind, message: string, { at }: Expr, offset = at): CelError {
    return new CelError(kind, message, this.#source, offset);
  }
}

const literalTypes = {
  null: NULL,
  bool: BOOL,
  int: INT,
  uint: UINT,
  double: DOUBLE,
  string: STRING,
  bytes: BYTES,
} as const;

const comparable = new Set<Type["kind"]>([
  "bool",
  "int",
  "uint",
  "double",
  "string",
  "bytes",
  "timestamp",
  "duration",
  "dyn",
  "wrapper",
] as const);

const keyKinds = new Set<Type["kind"]>(["bool", "int", "uint", "string", "dyn", "parameter", "wrapper"]);

const macroNames = new Set(
  "all exists exists_one existsOne filter map sortBy transformList transformMap transformMapEntry optMap optFlatMap".split(
    " ",
  ),
);

function optionalParameter(type: Type): Type | undefined {
  return type.kind === "opaque" && type.name === "optional_type" ? (type.parameters[0] ?? DYN) : undefined;
}

function asOptional(type: Type): Type {
  return optionalParameter(type) === undefined ? optionalOf(type) : type;
}

/** `+` of `_+_`. */
function sign(name: string): string {
  return name === "@in" ? "in" : name.replace(/^_?([^_\w]+)_$/, "$1");
}

/** How a message calls a value of the type. */
function aType(type: Type): string {
  switch (type.kind) {
    case "null":
    case "bytes":
      return type.kind;
    case "dyn":
    case "parameter":
      return "a value";
    case "struct":
      return withArticle(shortName(type.name));
    case "opaque":
      return type.name === "optional_type" ? "an optional" : withArticle(shortName(type.name));
    case "wrapper":
      return aType(type.of);
    default:
      return withArticle(type.kind);
  }
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function didYouMean(name: string, known: Iterable<string>): string {
  const close = nearest(name, known);
  return close === undefined ? "" : `; did you mean ${close}?`;
}
