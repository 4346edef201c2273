import { children, type Expr } from "../syntax/ast.ts";
import type { Structs, Type } from "../types/type.ts";

/**
 * Selects of fields that an object calls otherwise than the expression does, and what it calls them:
 * `self.foo__dash__bar` reads `foo-bar`.
 */
export function restoreNames(expr: Expr, types: ReadonlyMap<Expr, Type>, structs: Structs): void {
  if (expr.kind === "select") {
    const operand = insideOptional(types.get(expr.operand));
    const field = operand?.kind === "struct" ? structs.fields(operand.name)?.get(expr.field) : undefined;
    // The tree was made for this program alone, and all that follows reads it.
    if (field?.name !== undefined) (expr as { field: string }).field = field.name;
  }
  for (const child of children(expr)) restoreNames(child, types, structs);
}

function insideOptional(type: Type | undefined): Type | undefined {
  return type?.kind === "opaque" && type.name === "optional_type" ? type.parameters[0] : type;
}
