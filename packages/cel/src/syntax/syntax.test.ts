import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileError } from "../errors.test.helper.ts";
import { CelError, compile } from "../index.ts";
import { tokens } from "./tokens.ts";

const environment = { variables: { a: "dyn", b: "dyn" } } as const;

const errorOf = (source: string) => compileError(source, environment);

describe("common slips", () => {
  test.each([
    ["", 1, 1, "the expression is empty"],
    [" // nothing", 1, 1, "the expression is empty"],
    ['a.b == "x', 1, 8, "this string is not closed"],
    ["a == 'x\n' && b", 1, 6, "this string is not closed"],
    ["a == '''x'", 1, 6, "this string is not closed"],
    ["a = 1", 1, 3, "to compare, write == instead of ="],
    ["a === 1", 1, 3, "to compare, write == instead of ==="],
    ["a !== 1", 1, 3, "to compare, write != instead of !=="],
    ["a & b", 1, 3, "write && for a logical and"],
    ["a | b", 1, 3, "write || for a logical or"],
    ["a > 1 and b", 1, 7, "write && instead of and"],
    ["a\n  or b", 2, 3, "write || instead of or"],
    ["not a", 1, 1, "write ! instead of not"],
    ["a && not b", 1, 6, "write ! instead of not"],
    ["a is null", 1, 3, "to compare, write == instead of is"],
    ["(a", 1, 1, "this ( is not closed"],
    ["size(a.map(x, x)", 1, 5, "this ( is not closed"],
    ["a)", 1, 2, "this ) closes nothing"],
    ["[a)", 1, 3, ") where [ is open: write ] first"],
    ["a +", 1, 3, "an operand is missing after +"],
    ["a && ", 1, 3, "an operand is missing after &&"],
    ["* a", 1, 1, "an operand is missing before *"],
    ["a + * b", 1, 5, "an operand is missing before *"],
    ["(a + )", 1, 6, "an operand is missing before )"],
    ["size(a, )", 1, 9, "an operand is missing before )"],
    ["()", 1, 2, "an operand is missing before )"],
    ["a[]", 1, 3, "an operand is missing before ]"],
    ["a b", 1, 3, "an operator is missing before b"],
    ["a 'b'", 1, 3, "an operator is missing before 'b'"],
    ["a ! b", 1, 3, "an operator is missing before !"],
    ["1 (a)", 1, 3, "an operator is missing before ("],
    ["a.", 1, 2, "an operand is missing after ."],
    ["a..b", 1, 3, "a field's name is missing after ."],
    ["a.[0]", 1, 3, "a field's name is missing after ."],
    ["a.0 == 1", 1, 2, "an operator is missing before .0"],
    ["a ? 1", 1, 3, "this ? has no : after it"],
    ["(a ? 1) : 2", 1, 4, "this ? has no : after it"],
    ["a : 1", 1, 3, "this : has no ? before it"],
    ["if a", 1, 1, "if is a reserved word"],
    ["a == 1;", 1, 7, "unexpected ;"],
    ["has(a)", 1, 1, "has takes a field: has(object.spec)"],
    ["a.exists(b.x, true)", 1, 3, "exists takes a new variable and an expression: list.exists(x, ...)"],
    ["a == “x”", 1, 6, "unexpected “"],
    ['a.matches("\\d+")', 1, 12, '\\d is no escape: write \\\\d, or a raw string r"..."'],
    ["9223372036854775808", 1, 1, "9223372036854775808 does not fit into 64 bits"],
  ])("%j", (source, line, column, message) => {
    expect(errorOf(source)).toMatchObject({ kind: "syntax", line, column, message, source });
  });

  test("the error shows what stands at the place", () => {
    expect(errorOf("a &&\n  b = 1 && a == 'a long string that is cut'\n  && b").near).toBe(
      "= 1 && a == 'a long string tha",
    );
    expect(errorOf("a +").near).toBe("+");
  });

  test.each<[string, string, string]>([
    ["the line with a caret", "a &&\n  b = 1\n  && b", "  b = 1\n    ^"],
    ["at the end", "a +", "a +\n  ^"],
    ["after characters that take two code units, and tabs", "'🐱'\t= a", "'🐱' = a\n    ^"],
    [
      "of a long line a part",
      `${"a + ".repeat(30)}b = 1 + ${"a + ".repeat(30)}a`,
      `…${"+ a ".repeat(14)}+ b = 1${" + a".repeat(9)}…\n${" ".repeat(61)}^`,
    ],
  ])("an excerpt: %s", (_, source, excerpt) => {
    expect(errorOf(source).excerpt).toBe(excerpt);
  });
});

test.each([
  ["parentheses", `${"(".repeat(3000)}1${")".repeat(3000)}`],
  ["open lists", "[".repeat(3000)],
  ["conditions", `${"a ? b : ".repeat(5000)}b`],
  ["sums", `a${" + a".repeat(5000)}`],
  ["fields", `a${".b".repeat(5000)}`],
])("thousands of nested %s are an error of syntax, not of the stack", (_, source) => {
  expect(errorOf(source).kind).toBe("syntax");
});

test("ordinary nesting and length compile", () => {
  expect(compile(`${"(".repeat(200)}1${")".repeat(200)}`, environment).evaluate({})).toBe(1);
  expect(compile(`a${" + 'x'".repeat(300)}`, environment).evaluate({ a: "" })).toBe("x".repeat(300));
  expect(compile(`false${" || a == 1".repeat(2000)}`, environment).evaluate({ a: 1 })).toBe(true);
});

const pieces = [
  "a",
  "b",
  "1",
  "'x'",
  '"y"',
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  ".",
  ",",
  "?",
  ":",
  "+",
  "-",
  "!",
  "&&",
  "==",
  "=",
  "in",
  " ",
  "\n",
  "and",
  "r'",
  "\\",
  "//",
  "size(",
  "#",
  "é",
];
const anything = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join("")),
  fc.string({ maxLength: 20, unit: "grapheme" }),
);

test("whatever the text, compiling gives a program or a CelError within it", () => {
  fc.assert(
    fc.property(anything, (source) => {
      try {
        compile(source, environment);
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        const lines = source.split("\n");
        expect(error.line).toBeLessThanOrEqual(lines.length);
        expect(error.column).toBeLessThanOrEqual((lines[error.line - 1] ?? "").length + 1);
        expect(error.message).not.toBe("");
      }
    }),
    { numRuns: 1000 },
  );
});

test("tokens cover the text, in order", () => {
  fc.assert(
    fc.property(anything, (source) => {
      const found = tokens(source);
      let from = 0;
      for (const { text, offset } of found) {
        expect(source.slice(from, offset)).toMatch(/^(?:\s|\/\/[^\n]*)*$/);
        expect(source.startsWith(text, offset)).toBe(true);
        from = offset + text.length;
      }
      expect(from).toBe(source.length);
    }),
  );
});
