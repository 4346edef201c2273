import { parse as parseCel } from "@bufbuild/cel";
import { CelError } from "./errors.ts";

type Parsed = ReturnType<typeof parseCel>;
/** A node of the official syntax tree (cel.expr.Expr); macros are expanded. */
export type Expr = Parsed["expr"];

export interface Syntax {
  readonly root: Expr;
  /** Where the node is in the source, as an offset from 0. */
  offset(id: bigint): number;
}

/** @throws CelError of kind "syntax" */
export function parse(source: string): Syntax {
  try {
    const { expr, sourceInfo } = parseCel(source);
    return { root: expr, offset: (id) => sourceInfo?.positions[String(id)] ?? 0 };
  } catch (error) {
    const offset = (error as { location?: { start: { offset: number } } }).location?.start.offset ?? 0;
    throw new CelError("syntax", (error as Error).message, source, offset);
  }
}
