import type { Functions } from "../library/overload.ts";
import type { Call, Comprehension, Constant, Expr, MessageLiteral, Select } from "../syntax/ast.ts";
import { compare } from "../values/compare.ts";
import { equal } from "../values/equal.ts";
import { CelMap, lookUp } from "../values/map.ts";
import { add } from "../values/number.ts";
import { double, Failure, int, none, Optional, Uint, type Value } from "../values/value.ts";
import { call, placed } from "./call.ts";
import { comprehension } from "./comprehension.ts";
import type { Step } from "./frame.ts";
import { conditional, row } from "./logic.ts";
import { resolve } from "./names.ts";
import { optionalField, path, presence } from "./select.ts";
import { kindOf, pathOf } from "./words.ts";

/** What names stand for. */
export interface Scope {
  readonly functions: Functions;
  /** By full name, `a.b.c` too. */
  readonly variables: ReadonlySet<string>;
  /** Types, and what else a name stands for once and for all. */
  readonly constants: ReadonlyMap<string, Value>;
  readonly messages: ReadonlyMap<string, MessageMaker>;
  /** Where names are looked up first, such as `google.protobuf`; empty for none. */
  readonly container: string;
  /** Whether `has` takes a field that is null for an absent one. */
  readonly nullIsAbsent: boolean;
  /** Nodes whose value is of a type that JSON has no word for, and the way from JSON to it. */
  readonly conversions: ReadonlyMap<Expr, (value: Value) => Value>;
}

export type MessageMaker = (fields: ReadonlyMap<string, Value>) => Value;

/** A compiled expression and the slots that it wants filled. */
export interface Compiled {
  readonly step: Step;
  /** The slot of each variable that it names. */
  readonly variables: ReadonlyMap<string, number>;
  readonly slots: number;
}

/** Never fails: what cannot be is a `Failure` when it is evaluated. */
export function compileSteps(expr: Expr, scope: Scope): Compiled {
  const compiler = new Compiler(scope);
  const step = compiler.compile(expr, new Map());
  return { step, variables: compiler.variables, slots: compiler.slots };
}

/** The variables of macros around an expression. */
type Locals = ReadonlyMap<string, number>;

class Compiler {
  readonly variables = new Map<string, number>();
  slots = 0;
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  compile(expr: Expr, locals: Locals): Step {
    const step = this.#step(expr, locals);
    const convert = this.#scope.conversions.get(expr);
    if (convert === undefined) return step;
    return (frame) => {
      const value = step(frame);
      return value === null || value instanceof Failure ? value : placed(convert(value), expr.at);
    };
  }

  #step(expr: Expr, locals: Locals): Step {
    switch (expr.kind) {
      case "constant":
        return constant(literalValue(expr));
      case "identifier":
        return this.#name(expr, [expr.name], locals) ?? constant(this.#undeclared(expr));
      case "select":
        return this.#select(expr, locals);
      case "call":
        return this.#call(expr, locals);
      case "list":
        return this.#list(expr, locals);
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

  /** What a name stands for: of `a.b.c` the longest part that stands for something, and the fields below that. */
  #name(expr: Expr, names: readonly string[], locals: Locals): Step | undefined {
    const [first = ""] = names;
    const local = locals.get(first);
    if (local !== undefined) return this.#fields(slot(local), names, 1, expr);
    const found = resolve(names, this.#scope.container, (name) => this.#isKnown(name));
    if (found === undefined) return undefined;
    const value = this.#scope.constants.get(found.name);
    const base = this.#scope.variables.has(found.name)
      ? this.#variable(found.name, expr)
      : constant(value ?? this.#undeclared(expr));
    return this.#fields(base, names, found.length, expr);
  }

  #isKnown(name: string): boolean {
    return this.#scope.variables.has(name) || this.#scope.constants.has(name);
  }

  #variable(name: string, expr: Expr): Step {
    let index = this.variables.get(name);
    if (index === undefined) {
      index = this.slots++;
      this.variables.set(name, index);
    }
    const at = index;
    const absent = new Failure(`${name} does not exist`, true, expr.start);
    return (frame) => frame.slots[at] ?? (frame.slots[at] === null ? null : absent);
  }

  /** The fields of a value from the name at `from` on. */
  #fields(base: Step, names: readonly string[], from: number, expr: Expr): Step {
    if (from >= names.length) return base;
    const selects: Select[] = [];
    for (let node = expr; node.kind === "select" && selects.length < names.length - from; node = node.operand) {
      selects.unshift(node);
    }
    return path(base, names.slice(from), selects.map(missing));
  }

  #select(expr: Select, locals: Locals): Step {
    const { operand, field, test, optional } = expr;
    if (test || optional) {
      const inner = this.compile(operand, locals);
      const absent = missing(expr);
      if (optional && test) {
        // has(a.?b)
        return (frame) => {
          const value = optionalField(inner(frame), field, absent);
          return value instanceof Optional ? value.$value !== undefined : value;
        };
      }
      if (optional) return (frame) => optionalField(inner(frame), field, absent);
      return presence(inner, field, absent, this.#scope.nullIsAbsent);
    }
    const chain = this.#chain(expr);
    const { base, selects } = chain;
    if (base.kind === "identifier") {
      const named = this.#name(expr, [base.name, ...selects.map((select) => select.field)], locals);
      if (named !== undefined) return named;
    }
    const fields = selects.map((select) => select.field);
    return path(this.compile(base, locals), fields, selects.map(missing));
  }

  /** Fields in a row, up to one that is converted. */
  #chain(expr: Select): { base: Expr; selects: Select[] } {
    const selects: Select[] = [expr];
    let base = expr.operand;
    while (base.kind === "select" && !base.test && !base.optional && !this.#scope.conversions.has(base)) {
      selects.unshift(base);
      base = base.operand;
    }
    return { base, selects };
  }

  #call(expr: Call, locals: Locals): Step {
    const { target, args, at } = expr;
    const name = expr.function;
    if (target !== undefined) {
      const namespace = this.#namespaced(expr, locals);
      if (namespace !== undefined) return this.#dispatch(expr, namespace, false, args, locals);
      if (args[0] !== undefined && args.length === 1 && (name === "or" || name === "orValue")) {
        return this.#orElse(expr, target, args[0], locals);
      }
      return this.#dispatch(expr, name, true, [target, ...args], locals);
    }
    const notBool = (value: Value): Failure => new Failure(`${name} takes bools, not ${kindOf(value)}`, false, at);
    const [first, second, third] = args;
    switch (name) {
      case "_&&_":
      case "_||_":
        return row(
          args.map((arg) => this.compile(arg, locals)),
          name === "_||_",
          notBool,
        );
      case "_?_:_":
        if (first === undefined || second === undefined || third === undefined) break;
        return conditional(
          this.compile(first, locals),
          this.compile(second, locals),
          this.compile(third, locals),
          notBool,
        );
      case "_==_":
      case "_!=_":
        if (first === undefined || second === undefined) break;
        return this.#equality(first, second, name === "_==_", locals);
      case "_[_]":
      case "_[?_]":
        if (first === undefined || second === undefined) break;
        return this.#index(expr, first, second, name === "_[?_]", locals);
      case "_+_":
        if (first === undefined || second === undefined) break;
        return this.#plus(expr, first, second, locals);
      case "_<_":
      case "_<=_":
      case "_>_":
      case "_>=_":
        if (first === undefined || second === undefined) break;
        return this.#order(expr, first, second, locals);
    }
    return this.#dispatch(expr, this.#functionName(name), false, args, locals);
  }

  /** What an optional has; where it has nothing, the argument, which is evaluated only then. */
  #orElse(expr: Call, target: Expr, other: Expr, locals: Locals): Step {
    const optional = this.compile(target, locals);
    const rest = this.compile(other, locals);
    const isValue = expr.function === "orValue";
    return (frame) => {
      const value = optional(frame);
      if (value instanceof Failure) return value;
      if (!(value instanceof Optional)) return notOptional(value, expr.at);
      if (value.$value !== undefined) return isValue ? value.$value : value;
      const otherwise = rest(frame);
      if (isValue || otherwise instanceof Failure || otherwise instanceof Optional) return otherwise;
      return notOptional(otherwise, expr.at);
    };
  }

  /** `math.greatest` is the name of a function where nothing else is called `math`. */
  #namespaced({ target, function: name }: Call, locals: Locals): string | undefined {
    if (target === undefined) return undefined;
    const names: string[] = [];
    let node = target;
    for (; node.kind === "select" && !node.test && !node.optional; node = node.operand) names.unshift(node.field);
    if (node.kind !== "identifier" || locals.has(node.name)) return undefined;
    names.unshift(node.name);
    return resolve([...names, name], this.#scope.container, (full) => this.#scope.functions.has(full), "whole")?.name;
  }

  #functionName(name: string): string {
    return resolve([name], this.#scope.container, (full) => this.#scope.functions.has(full), "whole")?.name ?? name;
  }

  #dispatch(expr: Call, name: string, method: boolean, args: readonly Expr[], locals: Locals): Step {
    const { at } = expr;
    const overloads = this.#scope.functions.find(name, method, args.length);
    const steps = args.map((arg) => this.compile(arg, locals));
    return call(overloads, steps, at, (values) => {
      const kinds = values.map(kindOf).join(" and ");
      return new Failure(`there is no ${name}${kinds === "" ? "()" : ` for ${kinds}`}`, false, at);
    });
  }

  #equality(first: Expr, second: Expr, wanted: boolean, locals: Locals): Step {
    const left = this.compile(first, locals);
    const right = this.compile(second, locals);
    const text = second.kind === "constant" && second.type === "string" ? second.value : undefined;
    if (text !== undefined) {
      return (frame) => {
        const value = left(frame);
        frame.cost++;
        if (typeof value === "string") return (value === text) === wanted;
        return value instanceof Failure ? value : !wanted;
      };
    }
    return (frame) => {
      const a = left(frame);
      if (a instanceof Failure) return a;
      const b = right(frame);
      if (b instanceof Failure) return b;
      frame.cost++;
      return equal(a, b) === wanted;
    };
  }

  #order(expr: Call, first: Expr, second: Expr, locals: Locals): Step {
    const { function: name, at } = expr;
    const left = this.compile(first, locals);
    const right = this.compile(second, locals);
    const orEqual = name === "_<=_" || name === "_>=_";
    const sign = name === "_<_" || name === "_<=_" ? -1 : 1;
    return (frame) => {
      const a = left(frame);
      if (a instanceof Failure) return a;
      const b = right(frame);
      if (b instanceof Failure) return b;
      frame.cost++;
      const order = compare(a, b);
      if (order === undefined) {
        return new Failure(`there is no ${name} for ${kindOf(a)} and ${kindOf(b)}`, false, at);
      }
      return order * sign > 0 || (orEqual && order === 0);
    };
  }

  #plus(expr: Call, first: Expr, second: Expr, locals: Locals): Step {
    const left = this.compile(first, locals);
    const right = this.compile(second, locals);
    const name = expr.function;
    const overloads = this.#scope.functions.find(name, false, 2);
    let values: readonly [Value, Value] = [null, null];
    // Numbers and strings are added here; the rest is dispatched as any other call.
    const rest = call(overloads, [() => values[0], () => values[1]], expr.at, ([a, b]) => {
      return new Failure(`there is no ${name} for ${kindOf(a ?? null)} and ${kindOf(b ?? null)}`, false, expr.at);
    });
    return (frame) => {
      const a = left(frame);
      if (a instanceof Failure) return a;
      const b = right(frame);
      if (b instanceof Failure) return b;
      if (typeof a === "number" && typeof b === "number") {
        const sum = add(a, b);
        if (sum !== undefined) {
          frame.cost++;
          return placed(sum, expr.at);
        }
      }
      values = [a, b];
      return rest(frame);
    };
  }

  #index(expr: Call, first: Expr, second: Expr, optional: boolean, locals: Locals): Step {
    const operand = this.compile(first, locals);
    const key = this.compile(second, locals);
    const { at } = expr;
    const inside = pathOf(first);
    return (frame) => {
      const container = operand(frame);
      if (container instanceof Failure) return container;
      const index = key(frame);
      if (index instanceof Failure) return index;
      frame.cost++;
      const within = container instanceof Optional ? container.$value : container;
      if (within === undefined) return none;
      const found = elementAt(within, index);
      if (found instanceof Failure) return placed(found, at);
      if (optional || container instanceof Optional) {
        return found === undefined ? none : found instanceof Optional ? found : new Optional(found);
      }
      if (found !== undefined) return found;
      return new Failure(`there is no [${written(index)}] in ${inside}`, true, at);
    };
  }

  #list(expr: Extract<Expr, { kind: "list" }>, locals: Locals): Step {
    const elements = expr.elements.map(({ value, optional }) => ({ step: this.compile(value, locals), optional }));
    return (frame) => {
      const list: Value[] = [];
      for (const { step, optional } of elements) {
        const value = step(frame);
        if (value instanceof Failure) return value;
        if (!optional) list.push(value);
        else if (!(value instanceof Optional)) return notOptional(value, expr.at);
        else if (value.$value !== undefined) list.push(value.$value);
      }
      frame.cost += 10;
      return list;
    };
  }

  #map(expr: Extract<Expr, { kind: "map" }>, locals: Locals): Step {
    const entries = expr.entries.map(({ key, value, optional }) => ({
      key: this.compile(key, locals),
      value: this.compile(value, locals),
      optional,
      at: key.at,
    }));
    return (frame) => {
      const map = new CelMap();
      for (const entry of entries) {
        const key = entry.key(frame);
        if (key instanceof Failure) return key;
        let value = entry.value(frame);
        if (value instanceof Failure) return value;
        if (entry.optional) {
          if (!(value instanceof Optional)) return notOptional(value, entry.at);
          if (value.$value === undefined) continue;
          value = value.$value;
        }
        if (!map.$add(key, value)) return badKey(map, key, entry.at);
      }
      frame.cost += 30;
      return map;
    };
  }

  #message(expr: MessageLiteral, locals: Locals): Step {
    const { messages, container } = this.#scope;
    const found = resolve(expr.name.split("."), container, (name) => messages.has(name), "whole");
    const make = found && messages.get(found.name);
    if (make === undefined) return constant(new Failure(`there is no type ${expr.name}`, false, expr.start));
    const fields = expr.fields.map(({ name, value, optional, at }) => ({
      name,
      step: this.compile(value, locals),
      optional,
      at,
    }));
    return (frame) => {
      const values = new Map<string, Value>();
      for (const { name, step, optional, at } of fields) {
        const value = step(frame);
        if (value instanceof Failure) return value;
        if (!optional) values.set(name, value);
        else if (!(value instanceof Optional)) return notOptional(value, at);
        else if (value.$value !== undefined) values.set(name, value.$value);
      }
      frame.cost += 40;
      return placed(make(values), expr.at);
    };
  }

  #comprehension(expr: Comprehension, locals: Locals): Step {
    const slot = this.slots++;
    const inner = new Map(locals).set(expr.variable, slot);
    const second = expr.second === undefined ? undefined : this.slots++;
    if (expr.second !== undefined && second !== undefined) inner.set(expr.second, second);
    const { written: macro, at } = expr;
    return comprehension({
      macro: expr.macro,
      range: this.compile(expr.range, locals),
      slot,
      second,
      filter: expr.filter && this.compile(expr.filter, inner),
      body: this.compile(expr.body, inner),
      notIterable: (value) => new Failure(`${kindOf(value)} has no elements`, false, at),
      notBool: (value) => new Failure(`${macro} takes a bool, not ${kindOf(value)}`, false, expr.body.at),
      repeatedKey: (key) => new Failure(`the key ${written(key)} comes twice`, false, expr.body.at),
      at,
      overBudget: new Failure("the expression costs more than it may", false, at),
    });
  }

  #bind(expr: Extract<Expr, { kind: "bind" }>, locals: Locals): Step {
    const slot = this.slots++;
    const value = this.compile(expr.value, locals);
    const body = this.compile(expr.body, new Map(locals).set(expr.variable, slot));
    const { macro, at } = expr;
    if (macro === "bind") {
      return (frame) => {
        // One that fails counts only where it is used.
        frame.slots[slot] = value(frame);
        return body(frame);
      };
    }
    return (frame) => {
      const optional = value(frame);
      if (optional instanceof Failure) return optional;
      if (!(optional instanceof Optional)) return notOptional(optional, at);
      if (optional.$value === undefined) return none;
      frame.slots[slot] = optional.$value;
      const result = body(frame);
      if (result instanceof Failure) return result;
      if (macro === "optMap") return new Optional(result);
      return result instanceof Optional ? result : notOptional(result, at);
    };
  }

  #undeclared(expr: Expr): Failure {
    return new Failure(`there is no variable ${pathOf(expr)}`, false, expr.start);
  }
}

const constant =
  (value: Value): Step =>
  () =>
    value;

const slot =
  (index: number): Step =>
  (frame) =>
    frame.slots[index] as Value;

export function literalValue(constant: Constant): Value {
  switch (constant.type) {
    case "int":
      return int(constant.value);
    case "uint":
      return new Uint(constant.value);
    case "double":
      return double(constant.value);
    default:
      return constant.value;
  }
}

function missing(select: Select): Failure {
  return new Failure(`${pathOf(select)} does not exist`, true, select.at);
}

/** Undefined where there is none. */
function elementAt(container: Value, index: Value): Value | undefined {
  if (!Array.isArray(container)) {
    const found = lookUp(container, index);
    if (found !== undefined || container === null) return found;
    if (container instanceof CelMap || kindOf(container) === "a map") return undefined;
    return new Failure(`${kindOf(container)} has no elements`);
  }
  const position =
    typeof index === "number"
      ? index
      : typeof index === "object" && index !== null && "$value" in index
        ? Number(index.$value)
        : undefined;
  if (position === undefined || !Number.isInteger(position)) {
    return new Failure(`${kindOf(index)} is no index of a list`);
  }
  return container[position];
}

function written(key: Value): string {
  if (typeof key === "string") return JSON.stringify(key);
  return key instanceof Uint ? `${key.$value}u` : String(typeof key === "object" ? kindOf(key) : key);
}

function notOptional(value: Value, at: number): Failure {
  return new Failure(`an optional is wanted here, not ${kindOf(value)}`, false, at);
}

function badKey(map: CelMap, key: Value, at: number): Failure {
  const repeated = map.$get(key) !== undefined;
  return new Failure(repeated ? `the key ${written(key)} comes twice` : `${kindOf(key)} cannot be a key`, false, at);
}
