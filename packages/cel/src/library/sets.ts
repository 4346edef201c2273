import { equal } from "../values/equal.ts";
import type { Value } from "../values/value.ts";
import { setComparison } from "./cost.ts";
import { fn, type Library } from "./overload.ts";

/** Lists taken as sets: neither order nor number counts. */
export const sets: Library = {
  name: "sets",
  overloads: [
    fn("sets.contains", "(list<T>, list<T>) -> bool", contains, setComparison(1)),
    fn(
      "sets.equivalent",
      "(list<T>, list<T>) -> bool",
      (a: Value[], b: Value[]) => contains(a, b) && contains(b, a),
      setComparison(2),
    ),
    fn(
      "sets.intersects",
      "(list<T>, list<T>) -> bool",
      (a: Value[], b: Value[]) => a.some((each) => isIn(each, b)),
      setComparison(1),
    ),
  ],
};

function contains(list: readonly Value[], sub: readonly Value[]): boolean {
  return sub.every((each) => isIn(each, list));
}

function isIn(value: Value, list: readonly Value[]): boolean {
  return list.some((each) => equal(each, value));
}
