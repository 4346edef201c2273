import {
  branchCost,
  fixedCost,
  isFree,
  isSetMembership,
  loopCosts,
  type Names,
  takenCost,
} from "../analysis/fixed-cost.ts";
import { isClosed } from "../analysis/fold.ts";
import { nothing, sizeOf, traversal } from "../library/cost.ts";
import type { Functions, Message } from "../library/overload.ts";
import type { Call, Comprehension, Constant, Expr, MessageLiteral, Select } from "../syntax/ast.ts";
import { functionCalled, partsOf, resolve } from "../syntax/names.ts";
import { compare } from "../values/compare.ts";
import { equal } from "../values/equal.ts";
import { CelMap } from "../values/map.ts";
import { add } from "../values/number.ts";
import { double, Failure, int, none, Optional, Uint, type Value } from "../values/value.ts";
import { kindOf, pathOf } from "../values/words.ts";
import { call, placed } from "./call.ts";
import { comprehension } from "./comprehension.ts";
import { badKey, elementAt, notOptional, written } from "./elements.ts";
import { Frame, type Step } from "./frame.ts";
import { conditional, row } from "./logic.ts";
import { optionalField, path, presence } from "./select.ts";

/** What names stand for. */
export interface Scope {
  readonly functions: Functions;
  /** By full name, `a.b.c` too. */
  readonly variables: ReadonlySet<string>;
  /** Types, and what else a name stands for once and for all. */
  readonly constants: ReadonlyMap<string, Value>;
  readonly messages: ReadonlyMap<string, Message>;
  /** Where names are looked up first, such as `google.protobuf`; empty for none. */
  readonly container: string;
  /** Whether `has` takes a field that is null for an absent one. */
  readonly nullIsAbsent: boolean;
  /** Nodes whose value is of a type that JSON has no word for, and the way from JSON to it. */
  readonly conversions: ReadonlyMap<Expr, (value: Value) => Value>;
  /** Is told what each part of the expression comes to. */
  readonly record?: ((expr: Expr, value: Value) => void) | undefined;
}

/** A compiled expression and the slots that it wants filled. */
export interface Compiled {
  readonly step: Step;
  readonly variables: ReadonlyMap<string, VariableSlot>;
  readonly slots: number;
  /** What each evaluation costs in any case; the steps add the rest. */
  readonly fixedCost: number;
}

/** Where a variable's value is to be put before each evaluation, and what is put there where it has none. */
export interface VariableSlot {
  readonly slot: number;
  readonly absent: Failure;
}

/** Never fails: what cannot be is a `Failure` when it is evaluated. */
export function compileSteps(expr: Expr, scope: Scope): Compiled {
  const compiler = new Compiler(scope);
  const step = compiler.compile(expr, new Map());
  return { step, variables: compiler.variables, slots: compiler.slots, fixedCost: compiler.costOf(expr) };
}

export function namesOf({ constants, variables, functions }: Scope): Names {
  return {
    isConstant: (name) => constants.has(name) && !variables.has(name),
    isFunction: (name) => functions.has(name),
  };
}

/** The variables of macros around an expression. */
type Locals = ReadonlyMap<string, number>;

class Compiler {
  readonly variables = new Map<string, VariableSlot>();
  slots = 0;
  readonly #scope: Scope;
  readonly #names: Names;
  /** What parts cost that were evaluated here and now. */
  readonly #folded = new Map<Expr, number>();
  #folding = false;

  constructor(scope: Scope) {
    this.#scope = scope;
    this.#names = namesOf(scope);
  }

  /** What a part that is compiled already costs in any case. */
  costOf(expr: Expr): number {
    return fixedCost(expr, this.#names, this.#folded);
  }

  compile(expr: Expr, locals: Locals): Step {
    const step = this.#fold(expr, locals) ?? this.#converted(expr, locals);
    const { record } = this.#scope;
    if (record === undefined) return step;
    return (frame) => {
      const value = step(frame);
      record(expr, value);
      return value;
    };
  }

  /** What is the same at each evaluation is evaluated once, if it has a value and is small; each evaluation costs as much as before. */
  #fold(expr: Expr, locals: Locals): Step | undefined {
    if (expr.kind === "constant" || this.#folding || !isClosed(expr, this.#names)) return undefined;
    this.#folding = true;
    const slots = this.slots;
    const step = this.#converted(expr, locals);
    this.#folding = false;
    const frame = new Frame(this.slots, foldingBudget);
    frame.cost = this.costOf(expr);
    const value = step(frame);
    if (value instanceof Failure || frame.cost > foldingBudget) return step;
    this.slots = slots;
    this.#folded.set(expr, frame.cost);
    return constant(frozen(value));
  }

  #converted(expr: Expr, locals: Locals): Step {
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
    if (local !== undefined) return this.#fields(local, names, 1, expr);
    const found = resolve(names, this.#scope.container, (name) => this.#isKnown(name));
    if (found === undefined) return undefined;
    const base = this.#scope.variables.has(found.name)
      ? this.#variable(found.name, expr)
      : constant(this.#scope.constants.get(found.name) ?? this.#undeclared(expr));
    return this.#fields(base, names, found.length, expr);
  }

  #isKnown(name: string): boolean {
    return this.#scope.variables.has(name) || this.#scope.constants.has(name);
  }

  #variable(name: string, { start }: Expr): number {
    const known = this.variables.get(name);
    if (known !== undefined) return known.slot;
    const slot = this.slots++;
    this.variables.set(name, { slot, absent: new Failure(`${name} does not exist`, true, start) });
    return slot;
  }

  /** The fields of a value, or of what is in a slot, from the name at `from` on. */
  #fields(base: Step | number, names: readonly string[], from: number, expr: Expr): Step {
    if (from >= names.length) return typeof base === "number" ? (frame) => frame.slots[base] as Value : base;
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
    const called = functionCalled(expr, this.#scope, locals);
    if (target !== undefined) {
      if (called !== undefined) return this.#dispatch(expr, called, false, args, locals);
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
          args.map((arg) => this.costOf(arg)),
          name === "_||_",
          notBool,
        );
      case "_?_:_":
        if (first === undefined || second === undefined || third === undefined) break;
        return conditional(
          this.compile(first, locals),
          this.compile(second, locals),
          this.compile(third, locals),
          branchCost(second, this.costOf(second)),
          branchCost(third, this.costOf(third)),
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
    if (name === "@in" && first !== undefined && second !== undefined && isSetMembership(second)) {
      return this.#inSet(first, second, locals);
    }
    return this.#dispatch(expr, called ?? name, false, args, locals);
  }

  /** `x in ["a", "b"]`, which is one look-up and costs no more than `x`. */
  #inSet(element: Expr, list: Expr, locals: Locals): Step {
    const value = this.compile(element, locals);
    const texts = literalTexts(list);
    if (texts === undefined) {
      const elements = this.compile(list, locals)(new Frame(0, 0)) as readonly Value[];
      return (frame) => {
        const found = value(frame);
        return found instanceof Failure ? found : elements.some((each) => equal(each, found));
      };
    }
    return (frame) => {
      const found = value(frame);
      if (typeof found === "string") return texts.has(found);
      return found instanceof Failure ? found : false;
    };
  }

  /** What an optional has; where it has nothing, the argument, which is evaluated only then. */
  #orElse(expr: Call, target: Expr, other: Expr, locals: Locals): Step {
    const optional = this.compile(target, locals);
    const rest = this.compile(other, locals);
    const restCost = this.costOf(other);
    const isValue = expr.function === "orValue";
    return (frame) => {
      const value = optional(frame);
      if (value instanceof Failure) return value;
      if (!(value instanceof Optional)) return notOptional(value, expr.at);
      if (value.$value !== undefined) return isValue ? value.$value : value;
      frame.cost += restCost;
      const otherwise = rest(frame);
      if (isValue || otherwise instanceof Failure || otherwise instanceof Optional) return otherwise;
      return notOptional(otherwise, expr.at);
    };
  }

  #dispatch(expr: Call, name: string, method: boolean, args: readonly Expr[], locals: Locals): Step {
    const { at } = expr;
    const found = this.#scope.functions.find(name, method, args.length);
    const overloads = isFree(expr) ? found.map((overload) => ({ ...overload, cost: nothing })) : found;
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
      const { length } = text;
      const whole = traversal(length);
      return (frame) => {
        const value = left(frame);
        if (typeof value !== "string") {
          frame.cost += 1;
          return value instanceof Failure ? value : !wanted;
        }
        frame.cost += value.length >= length ? whole : traversal(value.length);
        return (value === text) === wanted;
      };
    }
    return (frame) => {
      const a = left(frame);
      if (a instanceof Failure) return a;
      const b = right(frame);
      if (b instanceof Failure) return b;
      frame.cost += comparisonCost(a, b);
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
      frame.cost += comparisonCost(a, b);
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
      return map;
    };
  }

  #message(expr: MessageLiteral, locals: Locals): Step {
    const { messages, container } = this.#scope;
    const found = resolve(partsOf(expr.name), container, (name) => messages.has(name), "whole");
    const make = found && messages.get(found.name)?.make;
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
      return placed(make(values), expr.at);
    };
  }

  #comprehension(expr: Comprehension, locals: Locals): Step {
    const slot = this.slots++;
    const inner = new Map(locals).set(expr.variable, slot);
    const second = expr.second === undefined ? undefined : this.slots++;
    if (expr.second !== undefined && second !== undefined) inner.set(expr.second, second);
    const { written: macro, at } = expr;
    const range = this.compile(expr.range, locals);
    const filter = expr.filter && this.compile(expr.filter, inner);
    const body = this.compile(expr.body, inner);
    return comprehension({
      macro: expr.macro,
      range,
      slot,
      second,
      filter,
      body,
      ...this.#roundCosts(expr),
      notIterable: (value) => new Failure(`${kindOf(value)} has no elements`, false, at),
      notBool: (value) => new Failure(`${macro} takes a bool, not ${kindOf(value)}`, false, expr.body.at),
      repeatedKey: (key) => new Failure(`the key ${written(key)} comes twice`, false, expr.body.at),
      at,
    });
  }

  #roundCosts(expr: Comprehension): { readonly roundCost: number; readonly takenCost: number } {
    const taken = takenCost(expr);
    const body = this.costOf(expr.body);
    if (expr.filter !== undefined) return { roundCost: this.costOf(expr.filter), takenCost: taken + body };
    const { round, decides } = loopCosts[expr.macro];
    return decides ? { roundCost: round + body, takenCost: taken } : { roundCost: taken + body, takenCost: 0 };
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
    const valueCost = this.costOf(expr.value);
    const foundCost = this.costOf(expr.body) + (macro === "optMap" ? 2 : 1);
    return (frame) => {
      const before = frame.cost;
      const optional = value(frame);
      if (optional instanceof Failure) return optional;
      if (!(optional instanceof Optional)) return notOptional(optional, at);
      if (optional.$value === undefined) return none;
      // As it is expanded, the optional is asked whether it has a value and then, evaluated again, for it.
      frame.cost += frame.cost - before + valueCost + foundCost;
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

function literalValue(constant: Constant): Value {
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

/** Of an order or an equality: the shorter one is gone through. */
function comparisonCost(a: Value, b: Value): number {
  if (typeof a === "number" || typeof b === "number" || a === null || b === null) return 1;
  return traversal(Math.min(sizeOf(a), sizeOf(b)));
}

/** More than this is not kept between evaluations. */
const foldingBudget = 10_000;

/** It is part of each evaluation's value: what the caller does with one must not change another. */
function frozen(value: Value): Value {
  if (!Array.isArray(value)) return value;
  for (const each of value as readonly Value[]) frozen(each);
  return Object.freeze(value);
}

/** The elements of a list of nothing but string literals. */
function literalTexts(expr: Expr): ReadonlySet<string> | undefined {
  if (expr.kind !== "list") return undefined;
  const texts = new Set<string>();
  for (const { value, optional } of expr.elements) {
    if (optional || value.kind !== "constant" || value.type !== "string") return undefined;
    texts.add(value.value);
  }
  return texts;
}

function missing(select: Select): Failure {
  return new Failure(`${pathOf(select)} does not exist`, true, select.at);
}
