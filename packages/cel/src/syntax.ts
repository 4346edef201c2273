import { parse as parseCel } from "@bufbuild/cel";
import { CelError } from "./errors.ts";
import { explain, type Fault, wrongEscape } from "./syntax/explain.ts";
import { type Token, tokens } from "./syntax/tokens.ts";

/** A node of the official syntax tree (cel.expr.Expr); macros are expanded. */
export type Expr = ReturnType<typeof parseCel>["expr"];

export interface Syntax {
  readonly root: Expr;
  /** Where the node is in the source, 0-based: at its operator, field's name or bracket if it has one, else at its start. */
  offset(id: bigint): number;
}

// Far above what people write, far below where the stack ends.
const maxBrackets = 250;

/** @throws CelError of kind "syntax" */
export function parse(source: string): Syntax {
  const found = tokens(source);
  limitBrackets(source, found);
  // The parser lets "\d" pass; the language does not.
  const mistake = found.map(wrongEscape).find((fault) => fault !== undefined);
  if (mistake !== undefined) throw new CelError("syntax", mistake.message, source, mistake.offset);
  try {
    const { expr, sourceInfo } = parseCel(source);
    return { root: expr, offset: (id) => afterSpace(source, sourceInfo?.positions[String(id)] ?? 0) };
  } catch (error) {
    if (error instanceof RangeError) throw new CelError("syntax", "the expression is nested too deeply", source, 0);
    const fault = explain(found) ?? parserFault(error);
    throw new CelError("syntax", fault.message, source, fault.offset);
  }
}

function limitBrackets(source: string, found: readonly Token[]): void {
  let depth = 0;
  for (const { kind, text, offset } of found) {
    if (kind !== "operator") continue;
    if (text === ")" || text === "]" || text === "}") depth--;
    if (text === "(" || text === "[" || text === "{") depth++;
    if (depth > maxBrackets) {
      throw new CelError("syntax", `more than ${maxBrackets} brackets are open here`, source, offset);
    }
  }
}

// The parser counts the space, or the dot, before an operator or a field's name to it.
function afterSpace(source: string, offset: number): number {
  return offset + (/^(?:\s|\/\/[^\n]*|\.)*/.exec(source.slice(offset))?.[0].length ?? 0);
}

/** Its list of all that could have come instead helps no one. */
function parserFault(error: unknown): Fault {
  const { message, rawMessage, location } = error as Error & {
    rawMessage?: string;
    location?: { start: { offset: number } };
  };
  const short = (rawMessage ?? message).replace(/^found/, "unexpected").replace(/ but expecting.*/s, "");
  return { message: short, offset: location?.start.offset ?? 0 };
}
