import { excerptOf } from "./excerpt.ts";

/** What is wrong with an expression; see `CelError.kind`. */
export type CelErrorKind = "syntax" | "undeclared" | "type";

/** An expression that cannot be compiled, and where. The message is one sentence without the position. */
export class CelError extends Error {
  override readonly name = "CelError";
  /**
   * - `syntax`: not an expression, or one nested too deeply;
   * - `undeclared`: a variable, function or type that does not exist;
   * - `type`: an operation that can never succeed on values of these types.
   */
  readonly kind: CelErrorKind;
  /** The whole expression. */
  readonly source: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** The rest of the line from the position on, cut to 30 characters; empty at the end of the line. */
  readonly near: string;

  /** @param offset where in `source`, 0-based, in UTF-16 code units. */
  constructor(kind: CelErrorKind, message: string, source: string, offset: number) {
    super(message);
    const { line, column } = positionOf(source, offset);
    this.kind = kind;
    this.source = source;
    this.line = line;
    this.column = column;
    this.near = (source.slice(offset).split("\n", 1)[0] ?? "").slice(0, 30);
  }

  /** Two lines for people: that of the source, or what of a long one is around the place, and a `^` below the place. */
  get excerpt(): string {
    return excerptOf(this.source.split("\n")[this.line - 1] ?? "", this.column);
  }
}

/** Line and column, 1-based, of an offset. */
export function positionOf(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
