import type { Checked } from "../check/checker.ts";
import {
  anySize,
  type Extent,
  either,
  eitherExtent,
  one,
  plus,
  product,
  type Range,
  scalar,
  selfComparison,
  times,
  traversal,
  unknown,
} from "../library/cost.ts";
import type { Overload } from "../library/overload.ts";
import { type Call, type Comprehension, type Expr, qualifiedName } from "../syntax/ast.ts";
import { DYN, type Type } from "../types/type.ts";
import {
  branchCost,
  isAttribute,
  isFree,
  isNamespaced,
  isSetMembership,
  loopCosts,
  type Names,
  takenCost,
  wayInto,
} from "./fixed-cost.ts";

/**
 * How large what stands in variables may be: the size of the value at a path such as
 * `["object", "spec", "containers", "[]", "image"]`, where "[]" is each element of a list and each
 * value of a map and "{}" each key of a map. Characters (UTF-16 units), bytes, elements or entries;
 * undefined where nothing is known.
 */
export type Sizes = (path: readonly string[], kind: SizedKind) => Range | undefined;

/** What a value at a path is, or is taken for; `any` where that cannot be told. */
export type SizedKind = "string" | "bytes" | "list" | "map" | "any";

/** The least and the most that evaluating an expression can cost, where all that it reads is there; Infinity where there is no bound. */
export function costOf(expr: Expr, checked: Checked, names: Names, sizes: Sizes): Range {
  const { min, max } = new Estimator(checked, names, sizes).of(expr, new Map()).cost;
  return { min, max: Math.ceil(max) };
}

/** What is known of the value of a node. */
interface Known {
  readonly cost: Range;
  readonly extent: Extent;
}

type Locals = ReadonlyMap<string, Extent>;

const fixed = (cost: number): Range => ({ min: cost, max: cost });

class Estimator {
  readonly #checked: Checked;
  readonly #names: Names;
  readonly #sizes: Sizes;

  constructor(checked: Checked, names: Names, sizes: Sizes) {
    this.#checked = checked;
    this.#names = names;
    this.#sizes = sizes;
  }

  of(expr: Expr, locals: Locals): Known {
    const { cost, extent } = this.#of(expr, locals);
    return {
      cost: isFree(expr) ? fixed(0) : cost,
      extent: isScalar(this.#type(expr)) ? { ...extent, size: one } : extent,
    };
  }

  #type(expr: Expr): Type {
    return this.#checked.types.get(expr) ?? DYN;
  }

  #of(expr: Expr, locals: Locals): Known {
    switch (expr.kind) {
      case "constant": {
        const { value } = expr;
        const isText = expr.type === "string" || expr.type === "bytes";
        const size = isText ? fixed((value as string).length) : one;
        return { cost: fixed(0), extent: expr.type === "int" ? { size, int: Number(value) } : { size } };
      }
      case "identifier": {
        const local = locals.get(expr.name);
        if (local !== undefined) return { cost: one, extent: local };
        if (this.#names.isConstant(expr.name)) return { cost: fixed(0), extent: scalar };
        return { cost: one, extent: this.#at([expr.name.replace(/^\./, "")], this.#type(expr)) };
      }
      case "select": {
        const name = qualifiedName(expr);
        if (name !== undefined && this.#names.isConstant(name)) return { cost: fixed(0), extent: scalar };
        const operand = this.of(expr.operand, locals);
        const way = fixed(wayInto(expr.operand));
        if (expr.test) return { cost: plus(operand.cost, way), extent: scalar };
        const extent = operand.extent;
        const found = extent instanceof Place ? extent.field(expr.field, this.#type(expr)) : extent.element;
        return { cost: plus(operand.cost, way, one), extent: found ?? unknown };
      }
      case "list": {
        const elements = expr.elements.map(({ value }) => this.of(value, locals));
        const least = expr.elements.filter(({ optional }) => !optional).length;
        return {
          cost: plus(fixed(10), ...elements.map(({ cost }) => cost)),
          extent: {
            size: { min: least, max: elements.length },
            element: anyOf(elements.map(({ extent }) => extent)),
          },
        };
      }
      case "map": {
        const keys = expr.entries.map(({ key }) => this.of(key, locals));
        const values = expr.entries.map(({ value }) => this.of(value, locals));
        const least = expr.entries.filter(({ optional }) => !optional).length;
        return {
          cost: plus(fixed(30), ...[...keys, ...values].map(({ cost }) => cost)),
          extent: {
            size: { min: least, max: values.length },
            element: anyOf(values.map(({ extent }) => extent)),
            key: anyOf(keys.map(({ extent }) => extent)),
          },
        };
      }
      case "message": {
        const fields = expr.fields.map(({ value }) => this.of(value, locals));
        return { cost: plus(fixed(40), ...fields.map(({ cost }) => cost)), extent: unknown };
      }
      case "call":
        return this.#call(expr, locals);
      case "comprehension":
        return this.#comprehension(expr, locals);
      case "bind": {
        const value = this.of(expr.value, locals);
        const body = this.of(expr.body, new Map(locals).set(expr.variable, value.extent));
        if (expr.macro === "bind") return { cost: plus(value.cost, body.cost), extent: body.extent };
        // As it is expanded: x.hasValue() ? optional.of(cel.bind(v, x.value(), body)) : optional.none()
        const found = plus(value.cost, body.cost, fixed(expr.macro === "optMap" ? 2 : 1));
        return { cost: plus(value.cost, one, { min: 0, max: found.max }), extent: eitherExtent(scalar, body.extent) };
      }
    }
  }

  #call(expr: Call, locals: Locals): Known {
    const { args, function: name } = expr;
    const known = args.map((arg) => this.of(arg, locals));
    const [first = nothing, second = nothing, third = nothing] = known;
    switch (name) {
      case "_&&_":
      case "_||_": {
        const max = known.reduce((sum, { cost }) => sum + cost.max, 0);
        return { cost: { min: first.cost.min, max }, extent: scalar };
      }
      case "_?_:_": {
        const [, yes, no] = args as [Expr, Expr, Expr];
        const branches = either(lessFor(yes, second.cost), lessFor(no, third.cost));
        return { cost: plus(first.cost, branches), extent: eitherExtent(second.extent, third.extent) };
      }
      case "_==_":
      case "_!=_":
      case "_<_":
      case "_<=_":
      case "_>_":
      case "_>=_": {
        const [a, b] = [first.extent.size, second.extent.size];
        const call = { min: traversal(Math.min(a.min, b.min)), max: traversal(Math.min(a.max, b.max)) };
        return { cost: plus(first.cost, second.cost, call), extent: scalar };
      }
      case "_[_]":
      case "_[?_]": {
        const [operand, key] = args as [Expr, Expr];
        const way = fixed(wayInto(operand) + (isAttribute(key) ? 0 : 1));
        return { cost: plus(first.cost, second.cost, way), extent: first.extent.element ?? unknown };
      }
      case "@in":
        if (args[1] !== undefined && isSetMembership(args[1])) return { cost: first.cost, extent: scalar };
    }
    return this.#overloads(expr, known, locals);
  }

  #overloads(expr: Call, args: readonly Known[], locals: Locals): Known {
    const overloads = this.#checked.overloads.get(expr) ?? [];
    const { target } = expr;
    const known = target === undefined || isNamespaced(expr, this.#names) ? args : [this.of(target, locals), ...args];
    const [first = nothing, second = nothing] = known;
    if (expr.function === "or" || expr.function === "orValue") {
      const cost = plus(first.cost, { min: 0, max: second.cost.max });
      return { cost, extent: eitherExtent(first.extent, second.extent) };
    }
    let call: Range | undefined;
    let result: Extent | undefined;
    for (const overload of overloads) {
      const { cost, parameters } = overload;
      const extents = known.map(({ extent }, index) =>
        extent instanceof Place ? extent.takenFor(parameters[index] ?? DYN) : extent,
      );
      const each = cost?.estimate(...extents) ?? one;
      call = call === undefined ? each : either(call, each);
      const made = cost?.result?.(...extents) ?? resultOf(overload, first.extent);
      result = result === undefined ? made : eitherExtent(result, made);
    }
    return { cost: plus(...known.map(({ cost }) => cost), call ?? one), extent: result ?? unknown };
  }

  #comprehension(expr: Comprehension, locals: Locals): Known {
    const range = this.of(expr.range, locals);
    const { element = unknown, key } = range.extent;
    const size = range.extent instanceof Place ? range.extent.elements : range.extent.size;
    const type = this.#type(expr.range).kind;
    const isMap = type === "map" || (type !== "list" && key !== undefined);
    const keys = isMap ? (key ?? unknown) : type === "list" ? scalar : eitherExtent(scalar, key ?? unknown);
    const single = isMap ? keys : element;
    const inner = new Map(locals).set(expr.variable, expr.second === undefined ? single : keys);
    if (expr.second !== undefined) inner.set(expr.second, element);
    const filter = expr.filter && this.#round(expr.filter, inner, expr, size.max).cost;
    const body = this.#round(expr.body, inner, expr, size.max);
    const { round, end } = loopCosts[expr.macro];
    // What a round costs in which the element counts.
    const taken = plus(body.cost, fixed(takenCost(expr)));
    const total = (each: Range): Range => plus(range.cost, times(size, each), fixed(end));
    const passed = filter === undefined ? taken : { min: filter.min, max: filter.max + taken.max };
    const count = filter === undefined ? size : { min: 0, max: size.max };
    switch (expr.macro) {
      case "all":
      case "exists": {
        const each = plus(fixed(round), body.cost);
        // It may be decided in the first.
        const all = { min: size.min > 0 ? each.min : 0, max: product(size.max, each.max) };
        return { cost: plus(range.cost, all, fixed(end)), extent: scalar };
      }
      case "existsOne":
        return { cost: total({ min: body.cost.min, max: taken.max }), extent: scalar };
      case "filter":
        return {
          cost: total({ min: body.cost.min, max: taken.max }),
          extent: { size: { min: 0, max: size.max }, element: single },
        };
      case "map":
      case "transformList":
        return { cost: total(passed), extent: { size: count, element: body.extent } };
      case "sortBy": {
        const sorting = selfComparison.estimate({ size, element: body.extent });
        return { cost: plus(total(taken), sorting), extent: range.extent };
      }
      case "transformMap":
        return { cost: total(passed), extent: { size: count, element: body.extent, key: keys } };
      case "transformMapEntry": {
        const entries = { min: 0, max: product(size.max, body.extent.size.max) };
        return { cost: total(passed), extent: { ...body.extent, size: entries } };
      }
    }
  }

  /** What a part comes to in a round. Where the elements share what there is, it is what it costs for one that has all of it, and for all others next to nothing. */
  #round(part: Expr, locals: Locals, { variable, second = variable }: Comprehension, rounds: number): Known {
    const all = this.of(part, locals);
    const element = locals.get(second);
    if (element?.shared === undefined || rounds < 2 || rounds === Number.POSITIVE_INFINITY) return all;
    const little = this.of(part, new Map(locals).set(second, { size: { min: 0, max: 1 } }));
    return { ...all, cost: { min: all.cost.min, max: little.cost.max + all.cost.max / rounds } };
  }

  #at(path: readonly string[], type: Type): Place {
    return new Place(path, type, this.#sizes);
  }
}

const lessFor = (branch: Expr, { min, max }: Range): Range => ({
  min: branchCost(branch, min),
  max: branchCost(branch, max),
});

const nothing: Known = { cost: fixed(0), extent: unknown };

/** What comes out is as large as what goes in. */
const passing = new Set(["dyn", "bytes", "value", "optional.of", "optional.ofNonZeroValue"]);

/** What numbers, times, addresses and the like are written with at most. */
const written: Extent = { size: { min: 1, max: 64 } };

/** Of a call that does not tell. */
function resultOf({ name, parameters: [parameter], result }: Overload, first: Extent): Extent {
  if (isScalar(result)) return scalar;
  if (name === "string") return parameter?.kind === "string" ? first : written;
  return passing.has(name) ? first : unknown;
}

/** Somewhere in a variable. */
class Place implements Extent {
  readonly #path: readonly string[];
  readonly #type: Type;
  readonly #sizes: Sizes;

  constructor(path: readonly string[], type: Type, sizes: Sizes) {
    this.#path = path;
    this.#type = type;
    this.#sizes = sizes;
  }

  get size(): Range {
    return isScalar(this.#type) ? one : (this.#sizes(this.#path, kindOf(this.#type)) ?? anySize);
  }

  /** How many rounds a loop over it takes. */
  get elements(): Range {
    const kind = kindOf(this.#type);
    return this.#sizes(this.#path, kind === "map" ? "map" : "list") ?? anySize;
  }

  /** Lists and maps tell it by their elements. */
  get depth(): Range | undefined {
    const { kind } = inside(this.#type);
    if (kind === "list" || kind === "map") return undefined;
    return isScalar(this.#type) ? one : { min: 0, max: this.size.max };
  }

  get element(): Extent | undefined {
    const type = inside(this.#type);
    if (type.kind === "list") return this.#below("[]", type.element);
    if (type.kind === "map") return this.#below("[]", type.value);
    return type.kind === "dyn" || type.kind === "parameter" ? this.#below("[]", DYN) : undefined;
  }

  get key(): Extent | undefined {
    const type = inside(this.#type);
    return type.kind === "map" ? this.#below("{}", type.key) : undefined;
  }

  /** The same, where a function takes what is not known for a value of this type. */
  takenFor(type: Type): Place {
    const isKnown = inside(this.#type).kind !== "dyn" || kindOf(type) === "any";
    return isKnown ? this : new Place(this.#path, type, this.#sizes);
  }

  field(name: string, type: Type): Extent {
    return this.#below(name, inside(type));
  }

  #below(name: string, type: Type): Place {
    return new Place([...this.#path, name], type, this.#sizes);
  }
}

function kindOf(type: Type): SizedKind {
  const { kind } = inside(type);
  if (kind === "string" || kind === "bytes" || kind === "list") return kind;
  return kind === "map" || kind === "struct" ? "map" : "any";
}

function inside(type: Type): Type {
  if (type.kind === "wrapper") return type.of;
  return type.kind === "opaque" && type.name === "optional_type" ? (type.parameters[0] ?? DYN) : type;
}

const scalars = new Set<Type["kind"]>(["null", "bool", "int", "uint", "double", "timestamp", "duration", "type"]);

function isScalar(type: Type): boolean {
  return scalars.has(inside(type).kind);
}

function anyOf(extents: readonly Extent[]): Extent {
  return extents.length === 0 ? scalar : extents.reduce(eitherExtent);
}
