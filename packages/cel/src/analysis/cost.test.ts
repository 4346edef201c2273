import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { compile, EvaluationError } from "../index.ts";

const variables = {
  object: "dyn",
  s: "string",
  i: "int",
  b: "bool",
  ls: "list<string>",
  li: "list<int>",
  lli: "list<list<int>>",
  m: "map<string, string>",
  mm: "map<string, map<string, string>>",
};
const given = {
  object: {
    a: { b: { c: "xyz" } },
    l: [1, 2, 3],
    st: {
      cs: [
        { name: "api", n: 3 },
        { name: "web", n: 5 },
      ],
    },
  },
  s: "hello world, this is text",
  i: 1,
  b: true,
  ls: ["a", "bb", "ccc"],
  li: [1, 2, 3],
  lli: [[1, 2], [3]],
  m: { k: "v", k2: "v2" },
  mm: { a: { b: "c" } },
};

const costOf = (source: string) => compile(source, { variables }).explain(given).cost;

describe("an evaluation costs what it does in Kubernetes 1.37 (figures of k8s.io/apiserver 0.37.2 with cel-go 0.29.2)", () => {
  test.each([
    ["1", 0],
    ["s", 1],
    ["object.a.b.c", 4],
    ["has(mm.a.b)", 2],
    ["mm.a.b", 3],
    ["m['k']", 2],
    ["li[i]", 2],
    ["li[i+1]", 4],
    ["object.st.cs[i].name", 5],
    ["[i][0]", 13],
    ["[1,2,3]", 0],
    ["{'a':i}", 31],
    ["google.protobuf.Int32Value{value: 1}", 40],
    ["m.?k.optMap(v, v + 'a')", 9],
    ["i + i * i - i / i % i", 11],
    ["s == 'hello'", 2],
    ["s == s", 5],
    ["s + s", 7],
    ["b && i == 1 && s == 'x'", 5],
    ["b || i == 1", 1],
    ["b ? m.k : 'x'", 2],
    ["i in [1,2,3]", 1],
    ["i in li", 5],
    ["s.contains('this is something long, yes')", 10],
    ["s.matches('^hello [a-z]+, .*$')", 16],
    ["s.endsWith('texttexttexttext')", 3],
    ["string(bytes(s))", 7],
    ["timestamp('2026-01-01T00:00:00Z') + duration('1h')", 1],
    ["li.all(x, x > 1)", 9],
    ["li.exists(x, x > 1)", 17],
    ["li.exists(x, x > 9)", 20],
    ["li.exists_one(x, x > 2)", 11],
    ["li.map(x, x > 1, x + 1)", 36],
    ["li.map(x, 1)", 8],
    ["li.filter(x, x > 1)", 34],
    ["li.transformList(j, x, x + j)", 47],
    ["m.transformMap(k, v, v + k)", 14],
    ["m.transformMapEntry(k, v, {v: k})", 70],
    ["lli.map(x, x.map(y, y + 1))", 72],
    ["object.st.cs.exists(c, c.name == 'web' && c.n > 3)", 21],
    ["object.st.cs.filter(c, c.n > 3)[0].name", 26],
    ["lists.range(3).map(x, lists.range(x))", 90],
    ["li.sum()", 4],
    ["ls.sortBy(x, x)", 72],
    ["ls.distinct()", 30],
    ["s.replace('is', 'was')", 6],
    ["ls.join(',')", 3],
    ["s.findAll('[a-z]+')", 7],
    ["sets.equivalent(li, li)", 21],
    ["quantity('1Gi').isGreaterThan(quantity('1Mi'))", 3],
    ["cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", 6],
  ])("%s", (source, cost) => {
    expect(costOf(source)).toBe(cost);
  });
});

describe("a budget", () => {
  const large = "x".repeat(100_000);
  const doubled = (start: string, step: string, times: number) =>
    Array.from({ length: times }).reduce<string>(
      (body, _, index) => {
        const name = `v${times - 1 - index}`;
        return `cel.bind(${name}, ${index === times - 1 ? start : step.replaceAll("$", `v${times - 2 - index}`)}, ${body})`;
      },
      `size(v${times - 1}) > 0`,
    );

  it.each([
    ["a billion steps", "l.all(a, l.all(b, l.all(c, a + b + c >= 0)))"],
    ["a billion elements", "l.map(a, l.map(b, l.map(c, a)))"],
    ["a text that is doubled 60 times", doubled("s", "$ + $", 60)],
    ["a list that is doubled 60 times", doubled("[1]", "$ + $", 60)],
    ["lists of lists that are flattened 60 times", doubled("[1]", "[$, $, $, $].flatten()", 60)],
    ["a text that is joined of itself", doubled("s", "[$, $, $, $].join('')", 60)],
    ["a text whose letters are replaced by itself", doubled("'xx'", "$.replace('x', $)", 60)],
    ["a text that is formatted of itself", doubled("s", "'%s%s%s'.format([$, $, $])", 60)],
    ["a range that is too long", "lists.range(999999).map(x, lists.range(999999))"],
    ["texts of which each is looked for in each", "l.all(a, !s.contains(s + 'y'))"],
    ["a sort of very many", "lists.range(10000).sort() != []"],
    ["what would not matter", "l.all(a, l.all(b, l.all(c, a + b + c >= 0))) || true"],
  ])("ends %s", (_, source) => {
    const program = compile(source, { variables: { l: "list<int>", s: "string" } });
    const l = Array.from({ length: 1000 }, (_, index) => index);
    const start = performance.now();
    const outcome = program.tryEvaluate({ l, s: large });
    expect(outcome).toMatchObject({ ok: false, absent: false, error: { overBudget: true } });
    expect(outcome).toHaveProperty("error.message", expect.stringContaining("more than its budget of 1000000"));
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("ends a value that is short only as long as it is not written out", () => {
    const source = doubled("l", "[$, $]", 60).replace("size(v59) > 0", "v59");
    const program = compile(source, { variables: { l: "list<int>" } });
    expect(program.tryEvaluate({ l: [1] })).toMatchObject({ ok: false, error: { overBudget: true } });
  });

  it("is no matter for lists of lists that are the same many times over", () => {
    const made = (list: string) => doubled(list, "[$, $]", 25).replace("size(v24) > 0", "v24");
    const source = `${made("l")} == ${made("l.map(x, x)")}`;
    expect(compile(source, { variables: { l: "list<int>" } }).evaluate({ l: [1] })).toBe(true);
  });

  it("is the environment's, and is left alone by what costs as much as it allows", () => {
    const source = "li.exists(x, x > 9)"; // 20
    expect(compile(source, { variables, budget: 20 }).evaluate(given)).toBe(false);
    const small = compile(source, { variables, budget: 19 });
    expect(() => small.evaluate(given)).toThrow(EvaluationError);
    expect(() => small.evaluate(given)).toThrow("the expression costs more than its budget of 19");
  });

  it("is whole again for the next evaluation", () => {
    const program = compile("li.exists(x, x > 9)", { variables, budget: 20 });
    for (let times = 0; times < 3; times++) expect(program.evaluate(given)).toBe(false);
  });
});

describe("an estimate", () => {
  const bounds = { li: { min: 2, max: 5 }, s: { min: 0, max: 100 } } as const;
  const estimate = (source: string) =>
    compile(source, { variables }).estimateCost(
      ([name = ""]) => (bounds as Record<string, { min: number; max: number }>)[name],
    );

  it.each([
    ["i + 1", { min: 2, max: 2 }],
    // Decided in the first round, or not at all.
    ["li.exists(x, x > 1)", { min: 8, max: 32 }],
    ["li.map(x, x)", { min: 28, max: 67 }],
    ["li.map(x, li.map(y, y))", { min: 82, max: 397 }],
    ["s.contains('abc')", { min: 1, max: 11 }],
    ["b ? s + s : s", { min: 1, max: 23 }],
    ["i == 1 || s == s", { min: 2, max: 14 }],
    ["ls.exists(x, x == 'a')", { min: 2, max: Number.POSITIVE_INFINITY }],
  ])("%s", (source, expected) => {
    expect(estimate(source)).toEqual(expected);
  });

  it("asks for sizes by path", () => {
    const asked = new Set<string>();
    compile("object.a.exists(x, x.b == 'a') && mm.all(k, mm[k].exists(l, mm[k][l].contains(s)))", {
      variables,
    }).estimateCost((path, kind) => {
      asked.add(`${path.join(".")} ${kind}`);
      return { min: 0, max: 10 };
    });
    expect(asked).toContain("object.a list");
    expect(asked).toContain("object.a.[].b any");
    expect(asked).toContain("mm map");
    expect(asked).toContain("mm.[] map");
    expect(asked).toContain("mm.[].[] string");
  });
});

// Expressions of which each is of its type, and the values that they are evaluated for.
const { bool } = fc.letrec<{ bool: string; int: string; text: string; ints: string; texts: string }>((tie) => {
  const of = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts);
  const [bool, int, text, ints, texts] = [tie("bool"), tie("int"), tie("text"), tie("ints"), tie("texts")];
  return {
    bool: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("b", "true", "(1 == 1)"),
      of(bool, bool).map(([a, c]) => `(${a} && ${c})`),
      of(bool, bool).map(([a, c]) => `(${a} || !${c})`),
      of(int, int).map(([a, c]) => `(${a} <= ${c})`),
      of(text, text).map(([a, c]) => `(${a} == ${c})`),
      of(text, text).map(([a, c]) => `${a}.contains(${c})`),
      of(text).map(([a]) => `${a}.matches('^a+.$')`),
      of(ints, bool).map(([a, c]) => `${a}.exists(x, x > 1 && ${c})`),
      of(texts, bool).map(([a, c]) => `${a}.all(t, t.startsWith('a') || ${c})`),
      of(ints, int).map(([a, c]) => `${a}.exists_one(x, x == ${c})`),
      of(int, ints).map(([a, c]) => `(${a} in ${c})`),
    ),
    int: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("i", "1", "size(li)"),
      of(int, int).map(([a, c]) => `(${a} + ${c})`),
      of(text).map(([a]) => `size(${a})`),
      of(bool, int, int).map(([a, c, d]) => `(${a} ? ${c} : ${d})`),
      of(ints).map(([a]) => `${a}.sum()`),
      of(int, int).map(([a, c]) => `cel.bind(v, ${a}, v + ${c})`),
    ),
    text: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("s", "'abc'", "''", "mm.a.b"),
      of(text, text).map(([a, c]) => `(${a} + ${c})`),
      of(text).map(([a]) => `${a}.upperAscii()`),
      of(text, text).map(([a, c]) => `${a}.replace('a', ${c})`),
      of(texts).map(([a]) => `${a}.join(', ')`),
      of(bool, text, text).map(([a, c, d]) => `(${a} ? ${c} : ${d})`),
    ),
    ints: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("li", "[1, 2]", "lists.range(3)"),
      of(int, int).map(([a, c]) => `[${a}, ${c}]`),
      of(ints, int).map(([a, c]) => `${a}.map(x, x + ${c})`),
      of(ints, bool).map(([a, c]) => `${a}.filter(x, x > 0 || ${c})`),
      of(ints, ints).map(([a, c]) => `(${a} + ${c})`),
      of(ints).map(([a]) => `${a}.distinct()`),
      of(ints).map(([a]) => `${a}.sortBy(x, -x)`),
    ),
    texts: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("ls", "['a', s]"),
      of(text).map(([a]) => `${a}.split('b')`),
      of(texts, text).map(([a, c]) => `${a}.map(t, t + ${c})`),
      of(texts).map(([a]) => `${a}.sort()`),
      of(ints).map(([a]) => `${a}.map(x, string(x))`),
    ),
  };
});

const text = fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 30 });
const values = fc.record({
  s: text,
  i: fc.integer({ min: -5, max: 5 }),
  b: fc.boolean(),
  ls: fc.array(text, { maxLength: 6 }),
  li: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 6 }),
  mm: fc.record({ a: fc.record({ b: text }) }),
});

test("what an evaluation costs is within the estimate for values within the bounds", () => {
  fc.assert(
    fc.property(bool, values, (source, given) => {
      const program = compile(source, { variables });
      const { outcome, cost } = program.explain(given);
      if (!outcome.ok) return;
      const { min, max } = program.estimateCost((path, kind) => {
        if (kind === "string") return { min: 0, max: 30 };
        return { min: path[0] === "li" ? 1 : 0, max: 6 };
      });
      expect(cost).toBeGreaterThanOrEqual(min);
      expect(cost).toBeLessThanOrEqual(max);
    }),
    { numRuns: 1000 },
  );
});

test("an evaluation ends with its value where its cost is in its budget, and is stopped where it is not", () => {
  fc.assert(
    fc.property(bool, values, fc.nat({ max: 500 }), (source, given, budget) => {
      const free = compile(source, { variables, budget: Number.POSITIVE_INFINITY });
      const { outcome, cost } = free.explain(given);
      const limited = compile(source, { variables, budget }).tryEvaluate(given);
      if (cost <= budget) expect(limited.ok).toBe(outcome.ok);
      else expect(limited).toMatchObject({ ok: false, error: { overBudget: true } });
    }),
    { numRuns: 1000 },
  );
});
