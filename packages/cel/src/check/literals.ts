import { parseCidr, parseIp } from "../library/kubernetes/ip-value.ts";
import { parseQuantity } from "../library/kubernetes/quantity-value.ts";
import { parseVersion } from "../library/kubernetes/semver.ts";
import { parseUrl } from "../library/kubernetes/url-value.ts";
import { patternOf } from "../library/texts.ts";
import { children, type Expr } from "../syntax/ast.ts";
import { CelError } from "../syntax/errors.ts";
import { parseDuration, parseTimestamp } from "../values/time.ts";
import { Failure } from "../values/value.ts";
import { withArticle } from "../values/words.ts";

/** What is wrong with a text; undefined where nothing is. */
type Check = (text: string) => string | undefined;

const parsed =
  (name: string, example: string, parse: (text: string) => unknown): Check =>
  (text) => {
    const value = parse(text);
    return value === undefined || value instanceof Failure
      ? `not ${withArticle(name)}, such as "${example}"`
      : undefined;
  };

const pattern: Check = (text) => {
  const compiled = patternOf(text);
  return compiled instanceof Failure ? compiled.$message : undefined;
};

const address = parsed("IP address", "10.0.0.1", parseIp);
const network = parsed("CIDR", "10.0.0.0/8", parseCidr);

/** By function: a text that it takes, last or, of `findAll`, first, and that may be wrong. */
const checks: ReadonlyMap<string, Check> = new Map([
  ["timestamp", parsed("timestamp", "2026-01-31T12:00:00Z", parseTimestamp)],
  ["duration", parsed("duration", "1h30m", parseDuration)],
  ["matches", pattern],
  ["find", pattern],
  ["findAll", pattern],
  ["quantity", parsed("quantity", "1.5Gi", parseQuantity)],
  ["semver", parsed("semantic version", "1.2.3", parseVersion)],
  ["url", parsed("URL", "https://example.com/", parseUrl)],
  ["ip", address],
  ["containsIP", address],
  ["cidr", network],
  ["containsCIDR", network],
]);

/**
 * A pattern, time, duration, quantity or the like that is written out is wrong now if it is wrong at all.
 * @throws {CelError} of kind `type`.
 */
export function checkLiterals(source: string, expr: Expr): void {
  if (expr.kind === "call") {
    const text = expr.function === "findAll" ? expr.args[0] : expr.args.at(-1);
    const check = checks.get(expr.function);
    const mistake = text?.kind === "constant" && text.type === "string" ? check?.(text.value) : undefined;
    if (text !== undefined && mistake !== undefined) throw new CelError("type", mistake, source, text.at);
  }
  for (const child of children(expr)) checkLiterals(source, child);
}
