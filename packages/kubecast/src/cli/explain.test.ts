import { compile } from "@kubecast/cel";
import { describe, expect, it } from "vitest";
import { explainLines } from "./explain.ts";

function explain(source: string, variables: Record<string, unknown>): string {
  const types = Object.fromEntries(Object.keys(variables).map((name) => [name, "dyn"]));
  const { parts } = compile(source, { variables: types }).explain(variables);
  return explainLines(source, parts).join("\n");
}

describe("explained", () => {
  it("has the value of each part below it", () => {
    expect(explain("a.b == 1 && size(c) > 3", { a: { b: 1 }, c: [1, 2] })).toBe(
      `
a.b == 1 && size(c) > 3
  | |    |  |    |  |
  1 true |  2    |  false
         false   [1,2]`.slice(1),
    );
  });

  it("has the values of the first rounds of a macro", () => {
    expect(explain("l.all(x, x < 9)", { l: [1, 2, 3, 4, 5] })).toBe(
      `
l.all(x, x < 9)
| |      | |
| true   | true, true, true and 2 more
|        1, 2, 3 and 2 more
[1,2,3,4,5]`.slice(1),
    );
  });

  it("leaves out what was not evaluated, and says what has no value", () => {
    expect(explain("a.b || a.c.d == 1", { a: { b: true } })).toBe("a.b || a.c.d == 1\n  | |\n  | true\n  true");
    expect(explain("a.c.d == 1", { a: {} })).toContain("a.c does not exist");
  });

  it("goes line by line", () => {
    expect(explain("a == 1\n  && a == 2", { a: 1 })).toBe(
      `
a == 1
| |
1 true
  && a == 2
  |  | |
  |  1 false
  false`.slice(1),
    );
  });

  it("cuts what is long, and lets nothing command the terminal", () => {
    expect(explain("a", { a: "x".repeat(1000) })).toMatch(/^a\n\|\n"x{78}…$/);
    expect(explain("a.nope", { a: { nope: "\u001b[31m\u0007" } })).not.toContain("\u0007");
  });
});
