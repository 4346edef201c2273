import type { Expr } from "./syntax.ts";

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
        const reads = place.reads();
        return [field, each === undefined ? reads : merged(reads, each)];
      }),
    );
  }
}

function merged(one: true | Reads, other: true | Reads): true | Reads {
  if (one === true || other === true) return true;
  const fields = new Map(Object.entries(one));
  for (const [field, reads] of Object.entries(other)) fields.set(field, merged(fields.get(field) ?? reads, reads));
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
    : { places: values.flatMap((value) => value.places), items: values.flatMap((value) => value.items) };

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

function consume(value: Value, reads: true | Reads): void {
  if (reads === true) {
    for (const place of value.places) place.whole = true;
    for (const item of value.items) consume(item, true);
    return;
  }
  for (const [field, below] of Object.entries(reads)) consume(select(value, field), below);
}

function select(value: Value, field: string): Value {
  return union([{ places: value.places.map((place) => place.at(field)), items: [] }, ...value.items]);
}

type Scope = ReadonlyMap<string, Value>;

class Walk {
  readonly #variables: Place;
  readonly #names: ReadonlySet<string>;

  constructor(variables: Place, names: ReadonlySet<string>) {
    this.#variables = variables;
    this.#names = names;
  }

  value(expr: Expr | undefined, scope: Scope): Value {
    const kind = expr?.exprKind;
    switch (kind?.case) {
      case "identExpr":
        return scope.get(kind.value.name) ?? this.#variable(kind.value.name.replace(/^\./, ""));
      case "selectExpr": {
        const field = select(this.value(kind.value.operand, scope), kind.value.field);
        return kind.value.testOnly ? fresh : field;
      }
      case "listExpr":
        return { places: [], items: kind.value.elements.map((element) => this.value(element, scope)) };
      case "structExpr":
        return {
          places: [],
          items: kind.value.entries.map((entry) => {
            if (entry.keyKind.case === "mapKey") consume(this.value(entry.keyKind.value, scope), true);
            return this.value(entry.value, scope);
          }),
        };
      case "callExpr":
        return this.#call(kind.value, scope);
      case "comprehensionExpr":
        return this.#comprehension(kind.value, scope);
      default:
        return fresh;
    }
  }

  // A name that is no variable is a type's, such as string.
  #variable(name: string): Value {
    return this.#names.has(name) ? { places: [this.#variables.at(name)], items: [] } : fresh;
  }

  #call(call: Extract<Expr["exprKind"], { case: "callExpr" }>["value"], scope: Scope): Value {
    const values = (call.target === undefined ? call.args : [call.target, ...call.args]).map((arg) =>
      this.value(arg, scope),
    );
    const [first = fresh, second = fresh, third = fresh] = values;
    switch (call.function) {
      case "_?_:_":
        consume(first, true);
        return union([second, third]);
      case "_[_]": {
        consume(second, true);
        const key = call.args[1]?.exprKind;
        const literal = key?.case === "constExpr" ? key.value.constantKind : undefined;
        return select(first, literal?.case === "stringValue" ? literal.value : "[]");
      }
      // Two lists joined are read only as far as the result is. So are two
      // numbers or strings: a place that nothing is read below is read whole.
      case "_+_":
      case "dyn":
        return union(values);
      // Their number, not their content.
      case "size":
        select(first, "[]");
        return fresh;
      case "_==_":
      case "_!=_":
        if (isNull(call.args[0]) || isNull(call.args[1])) return fresh;
        break;
    }
    for (const value of values) consume(value, true);
    return fresh;
  }

  #comprehension(it: Extract<Expr["exprKind"], { case: "comprehensionExpr" }>["value"], scope: Scope): Value {
    const range = this.value(it.iterRange, scope);
    const initial = this.value(it.accuInit, scope);
    const body = new Map(scope).set(it.iterVar, select(range, "[]")).set(it.accuVar, initial);
    consume(this.value(it.loopCondition, body), true);
    // The macros only ever append to what they have gathered, so one pass sees all of it.
    const gathered = union([initial, this.value(it.loopStep, body)]);
    return this.value(it.result, new Map(scope).set(it.accuVar, gathered));
  }
}

function isNull(expr: Expr | undefined): boolean {
  return expr?.exprKind.case === "constExpr" && expr.exprKind.value.constantKind.case === "nullValue";
}
