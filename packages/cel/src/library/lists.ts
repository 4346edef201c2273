import { compare } from "../values/compare.ts";
import { equal } from "../values/equal.ts";
import { add } from "../values/number.ts";
import { addTimes, Duration } from "../values/time.ts";
import { double, Failure, Uint, type Value } from "../values/value.ts";
import * as cost from "./cost.ts";
import { fn, type Library, method, type Overload } from "./overload.ts";

const comparable = ["int", "uint", "double", "bool", "string", "bytes", "timestamp", "duration"];

/** The lists extension of CEL, and that of Kubernetes. `sortBy` is a macro. */
export const lists: Library = {
  name: "lists",
  overloads: [
    fn("lists.range", "(int) -> list<int>", range, cost.range),
    method("slice", "(list<T>, int, int) -> list<T>", slice, cost.slice),
    method("flatten", "(list<list<T>>) -> list<T>", (list: Value[]) => flatten(list, 1), cost.flattening),
    method("flatten", "(list<dyn>, int) -> list<dyn>", flatten, cost.flattening),
    method("distinct", "(list<T>) -> list<T>", distinct, cost.selfComparison),
    method("reverse", "(list<T>) -> list<T>", (list: Value[]) => list.slice().reverse(), cost.listCopy),
    method(
      "includes",
      "(dyn, dyn) -> bool",
      (of: Value, value: Value) => (Array.isArray(of) ? of.some((each) => equal(each, value)) : equal(of, value)),
      cost.listTraversal,
    ),
    method(
      "indexOf",
      "(list<T>, T) -> int",
      (list: Value[], value: Value) => list.findIndex((each) => equal(each, value)),
      cost.listTraversal,
    ),
    method(
      "lastIndexOf",
      "(list<T>, T) -> int",
      (list: Value[], value: Value) => list.findLastIndex((each) => equal(each, value)),
      cost.listTraversal,
    ),
    ...comparable.flatMap((type) => ofComparable(type)),
    ...[
      ["int", 0],
      ["uint", new Uint(0n)],
      ["double", double(0)],
      ["duration", new Duration(0, 0)],
    ].map(([type, zero]) =>
      method("sum", `(list<${type}>) -> ${type}`, (list: Value[]) => sum(list, zero as Value), cost.listTraversal),
    ),
  ],
};

function ofComparable(type: string): Overload[] {
  return [
    method("isSorted", `(list<${type}>) -> bool`, isSorted, cost.listTraversal),
    method("min", `(list<${type}>) -> ${type}`, (list: Value[]) => extreme(list, -1), cost.extreme),
    method("max", `(list<${type}>) -> ${type}`, (list: Value[]) => extreme(list, 1), cost.extreme),
    method("sort", `(list<${type}>) -> list<${type}>`, (list: Value[]) => sortedBy(list, list), cost.selfComparison),
  ];
}

function range(count: number | bigint): Value {
  if (count < 0 || count > cost.longestRange)
    return new Failure(`lists.range goes up to ${cost.longestRange}, not to ${count}`);
  return Array.from({ length: Number(count) }, (_, index) => index);
}

function slice(list: readonly Value[], from: number | bigint, to: number | bigint): Value {
  if (from < 0 || to > list.length || from > to) {
    return new Failure(`there is no slice from ${from} to ${to} of a list of ${list.length}`);
  }
  return list.slice(Number(from), Number(to));
}

/** @param depth of lists in lists that are opened. */
function flatten(list: readonly Value[], depth: number | bigint): Value {
  if (depth < 0) return new Failure("flatten takes a depth of at least 0");
  const flat: Value[] = [];
  for (const each of list) {
    if (Array.isArray(each) && depth > 0) {
      const below = flatten(each as readonly Value[], Number(depth) - 1);
      for (const inner of below as Value[]) flat.push(inner);
    } else {
      flat.push(each);
    }
  }
  return flat;
}

function distinct(list: readonly Value[]): Value[] {
  const seen: Value[] = [];
  for (const each of list) if (!seen.some((known) => equal(known, each))) seen.push(each);
  return seen;
}

const noOrder = (): Failure => new Failure("the elements of this list have no order");

function isSorted(list: readonly Value[]): Value {
  for (let index = 1; index < list.length; index++) {
    const order = compare(list[index - 1] as Value, list[index] as Value);
    if (order === undefined) return noOrder();
    if (order > 0) return false;
  }
  return true;
}

function extreme(list: readonly Value[], sign: 1 | -1): Value {
  let best = list[0];
  if (best === undefined) return new Failure(`${sign < 0 ? "min" : "max"} of an empty list`);
  for (const each of list) {
    const order = compare(each, best);
    if (order === undefined) return noOrder();
    if (order * sign > 0) best = each;
  }
  return best;
}

/** @param zero the sum of none. */
function sum(list: readonly Value[], zero: Value): Value {
  let total = list[0] ?? zero;
  for (const each of list.slice(1)) {
    const next: Value | undefined =
      total instanceof Duration && each instanceof Duration ? addTimes(total, each) : add(total, each);
    if (next === undefined) return new Failure("sum takes numbers of one type, or durations");
    if (next instanceof Failure) return next;
    total = next;
  }
  return total;
}

/** The elements in the order of their keys, of which each has one; of equal ones as they stand. */
export function sortedBy(list: readonly Value[], keys: readonly Value[]): Value {
  const [first] = keys;
  for (const key of keys) if (compare(first as Value, key) === undefined || key instanceof Failure) return noOrder();
  const order = Array.from(list, (_, index) => index);
  order.sort((a, b) => compare(keys[a] as Value, keys[b] as Value) || a - b);
  return order.map((index) => list[index] as Value);
}
