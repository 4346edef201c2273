import { BOOL, BYTES, DOUBLE, DYN, INT, listOf, mapOf, NULL, STRING, type Type } from "../types/type.ts";
import { Special, type Value } from "./value.ts";

const list = listOf(DYN);
const map = mapOf(DYN, DYN);

/** The type of a value, as far as `type(value)` tells it: of a list not its elements'. */
export function typeOfValue(value: Value): Type {
  switch (typeof value) {
    case "string":
      return STRING;
    case "boolean":
      return BOOL;
    case "bigint":
      return INT;
    case "number":
      return Number.isSafeInteger(value) ? INT : DOUBLE;
    default:
      if (value === null) return NULL;
      if (value instanceof Special) return value.$type;
      if (Array.isArray(value)) return list;
      return value instanceof Uint8Array ? BYTES : map;
  }
}
