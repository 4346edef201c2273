import type { Call, Comprehension, Expr } from "../syntax/ast.ts";

/**
 * The fields that are read of a value. `true`: all of it. The key "[]" stands
 * for each element of a list and each entry of a map that has no key of its
 * own here. A value that is neither a list nor an object is read as it is
 * wherever this tree names it.
 */
export interface Reads {
  readonly [field: string]: true | Reads;
}

/** One place in a variable: what is read below it. */
class Place {
  whole = false;
  readonly below = new Map<string, Place>();

  at(field: string): Place {
    let place = this.below.get(field);
    if (place === undefined) {
      place = new Place();
      this.below.set(field, place);
    }
    return place;
  }

  reads(): true | Reads {
    if (this.whole || this.below.size === 0) return true;
    const each = this.below.get("[]")?.reads();
    return Object.fromEntries(
      Array.from(this.below, ([field, place]) => {
        if (each === undefined) return [field, place.reads()];
        return [field, field === "[]" ? each : merged(place.reads(), each)];
      }),
    );
  }
}

function merged(one: true | Reads, other: true | Reads): true | Reads {
  if (one === true || other === true) return true;
  const fields = new Map(Object.entries(one));
  for (const [field, reads] of Object.entries(other)) {
    const same = fields.get(field);
    fields.set(field, same === undefined ? reads : merged(same, reads));
  }
  return Object.fromEntries(fields);
}

/** What an expression's value may be: any of these places, or a new list or map that holds `items`. */
interface Value {
  readonly places: readonly Place[];
  readonly items: readonly Value[];
}

const fresh: Value = { places: [], items: [] };

const union = (values: readonly Value[]): Value =>
  values.length === 1
    ? (values[0] ?? fresh)
    : {
        places: distinct(values.flatMap(({ places }) => places)),
        items: distinct(values.flatMap(({ items }) => items)),
      };

/** A variable may be joined to itself, and what comes of that again. */
function distinct<T>(all: readonly T[]): readonly T[] {
  return all.length < 2 ? all : [...new Set(all)];
}

/**
 * The fields of each variable (of these `names`) that evaluating `expr` can read, if `result` is
 * what is then read of its value. Never less than what is read; more where
 * that depends on values (a branch not taken, a key that is computed).
 */
export function readsOf(expr: Expr, names: ReadonlySet<string>, result: true | Reads): Reads {
  const variables = new Place();
  consume(new Walk(variables, names).value(expr, new Map()), result);
  return variables.below.size === 0 ? {} : (variables.reads() as Reads);
}

/** Those that are read whole already. */
const consumed = new WeakSet<Value>();

function consume(value: Value, reads: true | Reads): void {
  if (reads === true) {
    if (consumed.has(value)) return;
    consumed.add(value);
    for (const place of value.places) place.whole = true;
    for (const item of value.items) consume(item, true);
    return;
  }
  for (const [field, below] of Object.entries(reads)) consume(select(value, field), below);
}

const selected = new WeakMap<Value, Map<string, Value>>();

function select(value: Value, field: string): Value {
  if (value === fresh) return fresh;
  let fields = selected.get(value);
  if (fields === undefined) {
    fields = new Map();
    selected.set(value, fields);
  }
  let found = fields.get(field);
  if (found === undefined) {
    found = union([{ places: value.places.map((place) => place.at(field)), items: [] }, ...value.items]);
    fields.set(field, found);
  }
  return found;
}

type Scope = ReadonlyMap<string, Value>;

/** Functions whose value is one of their arguments, or holds one, which so far nobody has looked at. */
const passing = new Set(["_+_", "dyn", "value", "or", "orValue", "unwrapOpt", "reverse"]);

class Walk {
  readonly #variables: Place;
  readonly #names: ReadonlySet<string>;

  constructor(variables: Place, names: ReadonlySet<string>) {
    this.#variables = variables;
    this.#names = names;
  }

  value(expr: Expr, scope: Scope): Value {
    switch (expr.kind) {
      case "constant":
        return fresh;
      case "identifier":
        return scope.get(expr.name) ?? this.#variable(expr.name.replace(/^\./, ""));
      case "select": {
        const field = select(this.value(expr.operand, scope), expr.field);
        return expr.test ? fresh : field;
      }
      case "list":
        return { places: [], items: distinct(expr.elements.map(({ value }) => this.value(value, scope))) };
      case "map":
        return {
          places: [],
          items: expr.entries.map(({ key, value }) => {
            consume(this.value(key, scope), true);
            return this.value(value, scope);
          }),
        };
      case "message":
        for (const { value } of expr.fields) consume(this.value(value, scope), true);
        return fresh;
      case "call":
        return this.#call(expr, scope);
      case "comprehension":
        return this.#comprehension(expr, scope);
      case "bind": {
        const bound = this.value(expr.value, scope);
        return this.value(expr.body, new Map(scope).set(expr.variable, bound));
      }
    }
  }

  // A name that is no variable is a type's, such as string.
  #variable(name: string): Value {
    return this.#names.has(name) ? { places: [this.#variables.at(name)], items: [] } : fresh;
  }

  #call(call: Call, scope: Scope): Value {
    const { function: name, target, args } = call;
    const all = target === undefined ? args : [target, ...args];
    const values = all.map((arg) => this.value(arg, scope));
    const [first = fresh, second = fresh, third = fresh] = values;
    if (name === "_?_:_") {
      consume(first, true);
      return union([second, third]);
    }
    if (name === "_[_]" || name === "_[?_]") {
      consume(second, true);
      const key = all[1];
      return select(first, key?.kind === "constant" && key.type === "string" ? key.value : "[]");
    }
    // Two lists joined are read only as far as the result is. So are two numbers
    // or strings: a place that nothing is read below is read whole.
    if (passing.has(name) || (name === "of" && target?.kind === "identifier" && target.name === "optional"))
      return union(values);
    if (target !== undefined && (name === "first" || name === "last")) return select(first, "[]");
    if (target !== undefined && name === "slice") {
      for (const bound of values.slice(1)) consume(bound, true);
      return first;
    }
    // Their number, not their content.
    if (name === "size") {
      select(first, "[]");
      return fresh;
    }
    if ((name === "_==_" || name === "_!=_") && all.some(isNull)) return fresh;
    if (name === "hasValue") return fresh;
    for (const value of values) consume(value, true);
    return fresh;
  }

  #comprehension(expr: Comprehension, scope: Scope): Value {
    const range = this.value(expr.range, scope);
    const element = select(range, "[]");
    const inner = new Map(scope).set(expr.variable, element);
    if (expr.second !== undefined) inner.set(expr.variable, fresh).set(expr.second, element); // the index or key
    if (expr.filter !== undefined) consume(this.value(expr.filter, inner), true);
    const body = this.value(expr.body, inner);
    switch (expr.macro) {
      case "filter":
      case "sortBy":
        consume(body, true);
        return { places: [], items: [element] };
      case "map":
      case "transformList":
      case "transformMap":
        return { places: [], items: [body] };
      case "transformMapEntry":
        return body;
      default:
        consume(body, true);
        return fresh;
    }
  }
}

function isNull(expr: Expr): boolean {
  return expr.kind === "constant" && expr.type === "null";
}
