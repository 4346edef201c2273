import { type CelResult, type CelError as Failure, isCelError } from "@bufbuild/cel";
import { EvaluationError, positionOf } from "./errors.ts";
import type { Expr, Syntax } from "./syntax.ts";

export const isFailure = (result: CelResult): result is Failure => isCelError(result);

/**
 * What the evaluator's error says to a user. Of several errors (of both sides
 * of an `&&`) one that is more than an absent field is told first.
 */
export function failure(error: Failure, source: string, syntax: Syntax): EvaluationError {
  const errors = [error, ...(Array.isArray(error.cause) ? error.cause.filter(isCelError) : [])];
  const real = errors.find((each) => absence(each.message) === undefined);
  const told = real ?? error;
  const node = told.exprId === undefined ? undefined : find(syntax.root, told.exprId);
  const missing = absence(told.message);
  if (missing !== undefined) return new EvaluationError(absentMessage(missing, node), true);
  const { line, column } = positionOf(source, node === undefined ? 0 : syntax.offset(node.id));
  return new EvaluationError(node === undefined ? told.message : `${told.message} (at ${line}:${column})`, false);
}

/** The field or index that is missing, from the evaluator's words. */
function absence(message: string): string | undefined {
  return /^(?:field not found: (.*)|index (-?\d+) out of bounds.*|unresolved attribute()$)/s
    .exec(message)
    ?.slice(1)
    .find((part) => part !== undefined);
}

function absentMessage(missing: string, node: Expr | undefined): string {
  if (node === undefined || missing === "") return `${node === undefined ? "a value" : path(node)} does not exist`;
  const kind = node.exprKind;
  if (kind.case === "selectExpr" && kind.value.field === missing) return `${path(node)} does not exist`;
  // The evaluator names an index by the variable that its chain starts at.
  return `there is no [${/^-?\d+$/.test(missing) ? missing : JSON.stringify(missing)}] in ${path(node)}`;
}

/** A node as its reader wrote it, roughly: calls are cut to "name(...)". */
function path(node: Expr | undefined): string {
  const kind = node?.exprKind;
  switch (kind?.case) {
    case "identExpr":
      return kind.value.name;
    case "selectExpr":
      return `${path(kind.value.operand)}.${kind.value.field}`;
    case "callExpr":
      if (kind.value.function === "_[_]") return `${path(kind.value.args[0])}[...]`;
      return /^\w+$/.test(kind.value.function) ? `${kind.value.function}(...)` : "(...)";
    default:
      return "(...)";
  }
}

function find(node: Expr | undefined, id: bigint): Expr | undefined {
  if (node === undefined || node.id === id) return node;
  for (const child of children(node)) {
    const found = find(child, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

function children({ exprKind: kind }: Expr): (Expr | undefined)[] {
  switch (kind.case) {
    case "selectExpr":
      return [kind.value.operand];
    case "callExpr":
      return [kind.value.target, ...kind.value.args];
    case "listExpr":
      return kind.value.elements;
    case "structExpr":
      return kind.value.entries.flatMap(({ keyKind, value }) => [
        keyKind.case === "mapKey" ? keyKind.value : undefined,
        value,
      ]);
    case "comprehensionExpr":
      return [kind.value.iterRange, kind.value.accuInit, kind.value.loopCondition, kind.value.loopStep];
    default:
      return [];
  }
}
