import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allCases } from "../../conformance/cases.ts";
import type { Expr, Literal } from "./ast.ts";
import { CelError } from "./errors.ts";
import { parse } from "./parser.ts";
import { unparse } from "./unparse.ts";

describe("fewest parentheses", () => {
  test.each([
    ["((a))", "a"],
    ["a+(b*c)", "a + b * c"],
    ["(a+b)*c", "(a + b) * c"],
    ["a-(b-c)-d", "a - (b - c) - d"],
    ["(a && b) || c && d", "a && b || c && d"],
    ["(a || b) && c", "(a || b) && c"],
    ["(a && b) && c", "(a && b) && c"],
    ["(a ? b : c) ? d : (e ? f : g)", "(a ? b : c) ? d : e ? f : g"],
    ["a ? (b ? c : d) : e", "a ? (b ? c : d) : e"],
    ["!(a.b)", "!a.b"],
    ["!(a && b)", "!(a && b)"],
    ["!(!a)", "!(!a)"],
    ["!!!a", "!a"],
    ["-(1)", "-(1)"],
    ["-1", "-1"],
    ["1 - -1", "1 - -1"],
    ["-(1.5.floor())", "-(1.5.floor())"],
    ["(a + b).size()", "(a + b).size()"],
    ["(a in b) == c", "a in b == c"],
    ["a == (b in c)", "a == (b in c)"],
    ["1.0e3", "1000.0"],
    ["-0.0", "-0.0"],
    ["0xffu", "255u"],
    [`'it\\'s "x"\\n\\u00e9\\0001'`, `"it's \\"x\\"\\né\\x001"`],
    ["b'\\377a\"'", 'b"\\xffa\\""'],
    ["a.`b-c`.d", "a.`b-c`.d"],
    ["a.?b[?0]", "a.?b[?0]"],
    ["[?a, b,]", "[?a, b]"],
    ["{?'k':a, 1:b}", '{?"k": a, 1: b}'],
    [".a.b.C{`in`:1, ?x:y}", ".a.b.C{`in`: 1, ?x: y}"],
    ["has(a.b)", "has(a.b)"],
    ["a.exists_one(x, x in b)", "a.exists_one(x, x in b)"],
    ["(a + b).transformMap(k, v, v > 1, v * 2)", "(a + b).transformMap(k, v, v > 1, v * 2)"],
    ["cel.bind(x, (1 + 2), x * x)", "cel.bind(x, 1 + 2, x * x)"],
    ["a.?b.optMap(x, x + 1)", "a.?b.optMap(x, x + 1)"],
  ])("%s", (source, wanted) => {
    expect(unparse(parse(source))).toBe(wanted);
    expect(tree(parse(wanted))).toEqual(tree(parse(source)));
  });
});

test("every expression of the official tests is the same tree when written and parsed again", () => {
  let count = 0;
  for (const { test } of allCases()) {
    let expr: Expr;
    try {
      expr = parse(test.expr);
    } catch (error) {
      if (error instanceof CelError) continue;
      throw error;
    }
    expect(tree(parse(unparse(expr))), test.expr).toEqual(tree(expr));
    count++;
  }
  expect(count).toBeGreaterThan(2600);
});

const place = { start: 0, end: 0, at: 0 };
const name = fc.constantFrom("a", "b", "item", "x1", "_y", "has2", "size");
const field = fc.oneof(name, fc.constantFrom("in", "true", "for", "b-c", "a/b", "8", "a b", "__proto__"));
const literals: fc.Arbitrary<Literal> = fc.oneof(
  fc.constant({ type: "null" as const, value: null }),
  fc.boolean().map((value) => ({ type: "bool" as const, value })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ type: "int" as const, value })),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ type: "uint" as const, value })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ type: "double" as const, value })),
  fc.string({ unit: "binary", maxLength: 8 }).map((value) => ({ type: "string" as const, value })),
  fc.uint8Array({ maxLength: 8 }).map((value) => ({ type: "bytes" as const, value: Buffer.from(value) as Uint8Array })),
);
const binary = "_+_ _-_ _*_ _/_ _%_ _<_ _<=_ _>_ _>=_ _==_ _!=_ @in _[_] _[?_]".split(" ");
const call = (name: string, args: Expr[], target?: Expr): Expr => ({
  kind: "call",
  function: name,
  target,
  args,
  ...place,
});

const { expr } = fc.letrec<{ expr: Expr }>((tie) => {
  const some = (maxLength: number) => fc.array(tie("expr"), { maxLength });
  const element = fc.record({ value: tie("expr"), optional: fc.boolean() });
  return {
    expr: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      literals.map((literal) => ({ kind: "constant", ...literal, ...place }) as Expr),
      name.map((name) => ({ kind: "identifier", name, ...place }) as Expr),
      name.map((name) => ({ kind: "identifier", name: `.${name}`, ...place }) as Expr),
      fc
        .tuple(tie("expr"), field, fc.boolean(), fc.boolean())
        .map(
          ([operand, field, test, optional]) => ({ kind: "select", operand, field, test, optional, ...place }) as Expr,
        ),
      fc
        .tuple(fc.constantFrom(...binary), tie("expr"), tie("expr"))
        .map(([sign, one, other]) => call(sign, [one, other])),
      fc.tuple(fc.constantFrom("!_", "-_"), tie("expr")).map(([sign, operand]) => call(sign, [operand])),
      fc.tuple(tie("expr"), tie("expr"), tie("expr")).map((parts) => call("_?_:_", parts)),
      fc
        .tuple(fc.constantFrom("_&&_", "_||_"), fc.array(tie("expr"), { minLength: 2, maxLength: 4 }))
        .map(([sign, args]) => call(sign, args)),
      fc.tuple(fc.constantFrom("size", "f", ".g"), some(3)).map(([name, args]) => call(name, args)),
      fc
        .tuple(fc.constantFrom("size", "all", "f"), some(1), tie("expr"))
        .map(([name, args, of]) => call(name, args, of)),
      fc.array(element, { maxLength: 3 }).map((elements) => ({ kind: "list", elements, ...place }) as Expr),
      fc
        .array(fc.record({ key: tie("expr"), value: tie("expr"), optional: fc.boolean() }), { maxLength: 3 })
        .map((entries) => ({ kind: "map", entries, ...place }) as Expr),
      fc
        .tuple(
          fc.constantFrom("A", "a.b.C", ".a.B"),
          fc.array(fc.record({ name: field, value: tie("expr"), optional: fc.boolean() }), { maxLength: 3 }),
        )
        .map(
          ([name, fields]): Expr => ({
            kind: "message",
            name,
            fields: fields.map((each) => ({ ...each, ...place })),
            ...place,
          }),
        ),
      fc
        .tuple(fc.constantFrom("all", "exists", "existsOne", "map", "filter", "sortBy"), tie("expr"), name, tie("expr"))
        .map(([macro, range, variable, body]) => loop(macro, macro, range, variable, undefined, undefined, body)),
      fc
        .tuple(
          fc.constantFrom("transformList", "transformMap"),
          tie("expr"),
          tie("expr"),
          fc.option(tie("expr"), { nil: undefined }),
        )
        .map(([macro, range, body, filter]) => loop(macro, macro, range, "k", "v", filter, body)),
      fc
        .tuple(fc.constantFrom("bind", "optMap", "optFlatMap"), name, tie("expr"), tie("expr"))
        .map(([macro, variable, value, body]) => ({ kind: "bind", macro, variable, value, body, ...place }) as Expr),
    ),
  };
});

function loop(
  macro: string,
  written: string,
  range: Expr,
  variable: string,
  second: string | undefined,
  filter: Expr | undefined,
  body: Expr,
): Expr {
  return { kind: "comprehension", macro, written, range, variable, second, filter, body, ...place } as Expr;
}

test("any tree is the same when written and parsed again", () => {
  fc.assert(
    fc.property(expr, (made) => {
      expect(tree(parse(unparse(made)))).toEqual(tree(made));
    }),
    { numRuns: 1000 },
  );
});

/** Without positions. */
function tree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tree);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return [...value];
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "start" && key !== "end" && key !== "at")
      .map(([key, each]) => [key, tree(each)]),
  );
}
