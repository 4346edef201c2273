import { CelError } from "../errors.ts";
import { patternOf } from "../library/texts.ts";
import { children, type Expr } from "../syntax/ast.ts";
import { parseDuration, parseTimestamp } from "../values/time.ts";
import { Failure } from "../values/value.ts";

type Check = (text: string) => string | undefined;

const times =
  (name: string, example: string, parse: (text: string) => unknown): Check =>
  (text) => {
    const value = parse(text);
    return value === undefined || value instanceof Failure ? `not a ${name}, such as "${example}"` : undefined;
  };

const pattern: Check = (text) => {
  const compiled = patternOf(text);
  return compiled instanceof Failure ? compiled.$message : undefined;
};

/** By function: a text that it takes last and that may be wrong. */
const checks: ReadonlyMap<string, Check> = new Map([
  ["timestamp", times("timestamp", "2026-01-31T12:00:00Z", parseTimestamp)],
  ["duration", times("duration", "1h30m", parseDuration)],
  ["matches", pattern],
]);

/**
 * A pattern, time or duration that is written out is wrong now if it is wrong at all.
 * @throws {CelError} of kind `type`.
 */
export function checkLiterals(source: string, expr: Expr): void {
  if (expr.kind === "call") {
    const last = expr.args.at(-1);
    const check = checks.get(expr.function);
    const mistake = last?.kind === "constant" && last.type === "string" ? check?.(last.value) : undefined;
    if (last !== undefined && mistake !== undefined) throw new CelError("type", mistake, source, last.at);
  }
  for (const child of children(expr)) checkLiterals(source, child);
}
