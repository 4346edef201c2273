import fc from "fast-check";
import { expect, test } from "vitest";
import { re2 } from "./pattern.ts";

test.each([
  [/^a\/b$/, "^a/b$"],
  [/[/(?=\]]/, "[/(?=\\]]"],
  [/a/i, "(?i)a"],
  [/^.$/su, "(?s)^.$"],
  [/a|^b$/gm, "(?m)a|^b$"],
  [/\u00e4/, "\\x{00e4}"],
  [/\\u00e4/, "\\\\u00e4"],
  [/\u{1F600}/u, "\\x{1F600}"],
  [/(?<year>\d{4})(?:-)/, "(?<year>\\d{4})(?:-)"],
  [/a{1,1000}/, "a{1,1000}"],
])("%s is %s", (expression, pattern) => {
  expect(re2(expression)).toEqual({ pattern });
});

test.each([
  ...["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(a)\\1", "(?<n>a)\\k<n>"],
  ...["\\cA", "[^]", "[]", "a{1001}", "a{1,2000}"],
])("%s is unknown to RE2", (source) => {
  expect(re2(new RegExp(source))).toHaveProperty("unknown");
});

test("so is a flag that JavaScript alone has", () => {
  expect(re2(/a/y)).toEqual({ unknown: "the flag y" });
});

test("what is kept means the same to JavaScript", () => {
  const part = fc.constantFrom("a", "[a-c]", "\\d", "\\/", "(?:b|c)", "x{2}", "[\\]\\/]", "\\\\", ".", "c+");
  fc.assert(
    fc.property(
      fc.array(part).map((parts) => new RegExp(`^${parts.join("")}$`)),
      fc.stringMatching(/^[abcx\d/\]\\]*$/),
      (one, text) => {
        const found = re2(one);
        expect("pattern" in found && new RegExp(found.pattern).test(text)).toBe(one.test(text));
      },
    ),
  );
});
