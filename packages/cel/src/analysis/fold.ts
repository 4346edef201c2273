import { children, type Expr, qualifiedName } from "../syntax/ast.ts";
import { isNamespaced, type Names } from "./fixed-cost.ts";

/** Whether an expression is the same at each evaluation: it names no variables but those of its own macros. */
export function isClosed(expr: Expr, names: Names, own: ReadonlySet<string> = new Set()): boolean {
  const all = (parts: readonly Expr[], inner = own): boolean => parts.every((part) => isClosed(part, names, inner));
  switch (expr.kind) {
    case "identifier":
      return own.has(expr.name) || names.isConstant(expr.name);
    case "select": {
      const name = qualifiedName(expr);
      return (name !== undefined && names.isConstant(name)) || all([expr.operand]);
    }
    case "call":
      return all(isNamespaced(expr, names) ? expr.args : children(expr));
    case "comprehension": {
      const inner = new Set(own).add(expr.variable);
      if (expr.second !== undefined) inner.add(expr.second);
      return all([expr.range]) && all(expr.filter === undefined ? [expr.body] : [expr.filter, expr.body], inner);
    }
    case "bind":
      return all([expr.value]) && all([expr.body], new Set(own).add(expr.variable));
    default:
      return all(children(expr));
  }
}
