import { RE2JS } from "re2js";
import { Failure } from "../values/value.ts";
import { pattern as patternCost, scanSecond, search } from "./cost.ts";
import { both, method, type Overload } from "./overload.ts";

/** The standard functions of strings and bytes. */
export const texts: readonly Overload[] = [
  ...both("size", "(string) -> int", codePoints),
  ...both("size", "(bytes) -> int", (bytes: Uint8Array) => bytes.length),
  method("contains", "(string, string) -> bool", (text: string, part: string) => text.includes(part), search),
  method("endsWith", "(string, string) -> bool", (text: string, part: string) => text.endsWith(part), scanSecond),
  method("startsWith", "(string, string) -> bool", (text: string, part: string) => text.startsWith(part), scanSecond),
  ...both(
    "matches",
    "(string, string) -> bool",
    (text: string, source: string) => {
      const pattern = patternOf(source);
      return pattern instanceof Failure ? pattern : pattern.matcher(text).find();
    },
    patternCost,
  ),
];

/** Characters, of which some are two UTF-16 units. */
function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    const isHigh = (text.charCodeAt(index) & 0xfc00) === 0xd800;
    if (isHigh && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      count--;
      index++;
    }
  }
  return count;
}

// Compiling a pattern takes some 30 µs and matching it 2 µs. Patterns can come from the data
// too, so they are not kept without bound.
const patterns = new Map<string, RE2JS | Failure>();
const maxPatterns = 500;

/** A pattern in the syntax of RE2, whose matching is linear in the text. */
export function patternOf(source: string): RE2JS | Failure {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    pattern = compilePattern(source);
    if (patterns.size >= maxPatterns) patterns.clear();
    patterns.set(source, pattern);
  }
  // A failure is told of a place: each gets its own.
  return pattern instanceof Failure ? new Failure(pattern.$message) : pattern;
}

function compilePattern(source: string): RE2JS | Failure {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    return new Failure(error instanceof Error ? error.message : String(error));
  }
}
