import type { Expr } from "../syntax/ast.ts";
import { formatType } from "../types/type.ts";
import { isMap } from "../values/map.ts";
import { isNumber } from "../values/number.ts";
import { type Double, Optional, Special, TypeValue, Uint, type Value } from "../values/value.ts";

// How messages call values and expressions.

/** `an int`, `a list` and so on. */
export function kindOf(value: Value): string {
  if (value === null) return "null";
  if (isNumber(value)) return numberKind(value);
  if (typeof value === "string") return "a string";
  if (typeof value === "boolean") return "a bool";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  if (isMap(value)) return "a map";
  if (value instanceof TypeValue) return "a type";
  if (value instanceof Optional) return "an optional";
  return value instanceof Special ? withArticle(formatType(value.$type).replace(/^.*\./, "").toLowerCase()) : "a value";
}

function numberKind(value: number | bigint | Uint | Double): string {
  if (value instanceof Uint) return "a uint";
  return typeof value === "bigint" || Number.isSafeInteger(value) ? "an int" : "a double";
}

export function withArticle(word: string): string {
  return /^[aeio]/i.test(word) ? `an ${word}` : `a ${word}`;
}

/** An expression as its reader wrote it, roughly: calls are cut to `name(...)`. */
export function pathOf(expr: Expr): string {
  switch (expr.kind) {
    case "identifier":
      return expr.name;
    case "select":
      return `${pathOf(expr.operand)}.${expr.field}`;
    case "call":
      if (expr.function === "_[_]" && expr.args[0] !== undefined) return `${pathOf(expr.args[0])}[...]`;
      return /^\w+$/.test(expr.function) ? `${expr.function}(...)` : "(...)";
    case "comprehension":
      return `${expr.written}(...)`;
    default:
      return "(...)";
  }
}
