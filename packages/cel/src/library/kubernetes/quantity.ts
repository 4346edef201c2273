import { asInt, double, Failure, int, type Value } from "../../values/value.ts";
import { scanOnly } from "../cost.ts";
import { fn, type Library, method } from "../overload.ts";
import {
  addQuantities,
  compareQuantities,
  floatOf,
  integerOf,
  negated,
  parseQuantity,
  type Quantity,
  quantityOfInt,
} from "./quantity-value.ts";

const Q = "kubernetes.Quantity";
const sign = ({ $digits }: Quantity): number => ($digits > 0n ? 1 : $digits < 0n ? -1 : 0);
const ofInt = (value: Value): Quantity => quantityOfInt(asInt(value) ?? 0n);

/** Kubernetes' quantity library. Arithmetic is exact. */
export const quantity: Library = {
  name: "kubernetes.quantity",
  overloads: [
    fn(
      "quantity",
      `(string) -> ${Q}`,
      (text: string) => parseQuantity(text) ?? new Failure(`${JSON.stringify(text)} is no quantity`),
      scanOnly,
    ),
    fn("isQuantity", "(string) -> bool", (text: string) => parseQuantity(text) !== undefined, scanOnly),
    fn("sign", `(${Q}) -> int`, sign),
    method("isInteger", `(${Q}) -> bool`, (value: Quantity) => integerOf(value) !== undefined),
    method("asInteger", `(${Q}) -> int`, (value: Quantity) => {
      const whole = integerOf(value);
      return whole === undefined ? new Failure(`the quantity ${value} is no integer`) : int(whole);
    }),
    method("asApproximateFloat", `(${Q}) -> double`, (value: Quantity) => double(floatOf(value))),
    method("add", `(${Q}, ${Q}) -> ${Q}`, addQuantities),
    method("add", `(${Q}, int) -> ${Q}`, (a: Quantity, b: Value) => addQuantities(a, ofInt(b))),
    method("sub", `(${Q}, ${Q}) -> ${Q}`, (a: Quantity, b: Quantity) => addQuantities(a, negated(b))),
    method("sub", `(${Q}, int) -> ${Q}`, (a: Quantity, b: Value) => addQuantities(a, negated(ofInt(b)))),
    method("isGreaterThan", `(${Q}, ${Q}) -> bool`, (a: Quantity, b: Quantity) => compareQuantities(a, b) > 0),
    method("isLessThan", `(${Q}, ${Q}) -> bool`, (a: Quantity, b: Quantity) => compareQuantities(a, b) < 0),
    method("compareTo", `(${Q}, ${Q}) -> int`, compareQuantities),
  ],
};
