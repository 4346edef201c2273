import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile, type Environment, EvaluationError } from "./index.ts";

const environment: Environment = {
  variables: {
    object: "dyn",
    n: "dyn",
    now: "timestamp",
    age: "duration",
    ratio: "double",
    count: "uint",
    name: "string",
    whole: "int",
    list: "list",
    map: "map",
  },
  nullIsAbsent: true,
};

const evaluate = (source: string, variables: Record<string, unknown> = {}): unknown =>
  compile(source, environment).evaluate(variables);

function failureOf(source: string, variables: Record<string, unknown> = {}): EvaluationError {
  const program = compile(source, environment);
  try {
    program.evaluate(variables);
  } catch (error) {
    if (error instanceof EvaluationError) return error;
    throw error;
  }
  throw new Error(`${source} has a value`);
}

describe("JSON numbers", () => {
  test.each([
    ["n + 1", 17, 18],
    ["n % 2", 17, 1],
    ["n / 2", 17, 8],
    ["n > 3", 17, true],
    ["n == 17", 17, true],
    ["n == 17.0", 17, true],
    ["string(n)", 17, "17"],
    ["type(n) == int", 17, true],
    ["type(n) == double", 1.5, true],
    ["n + 1.0", 1.5, 2.5],
    ["n < 1", 0.5, true],
    ["type(n) == double", 2 ** 53, true],
  ])("%s for %s", (source, n, expected) => {
    expect(evaluate(source, { n })).toEqual(expected);
  });
});

describe("results are plain JSON", () => {
  test.each([
    ["1 + 1", 2],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", "9007199254740993"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["18446744073709551615u", "18446744073709551615"],
    ["2u", 2],
    ["1.5", 1.5],
    ["1.0 / 0.0", "Infinity"],
    ["null", null],
    ["b'abc'", "YWJj"],
    ["[1, [2u], {'a': null}]", [1, [2], { a: null }]],
    ["{1: true, false: 2}", { "1": true, false: 2 }],
    ["timestamp('2026-01-31T12:00:00Z')", "2026-01-31T12:00:00Z"],
    ["timestamp('2026-01-31T12:00:00.120+02:00')", "2026-01-31T10:00:00.12Z"],
    ["timestamp('2026-01-31T12:00:00.000000001Z')", "2026-01-31T12:00:00.000000001Z"],
    ["timestamp('0001-01-01T00:00:00Z')", "0001-01-01T00:00:00Z"],
    ["duration('1h30m')", "5400s"],
    ["duration('1500ms')", "1.5s"],
    ["duration('-0.5s')", "-0.5s"],
    ["type(1)", "int"],
    ["type(now)", "google.protobuf.Timestamp"],
  ])("%s", (source, expected) => {
    expect(evaluate(source, { now: new Date(0) })).toEqual(expected);
  });

  test("an object or list of the input comes back as itself", () => {
    const object = { status: { list: [{ a: 1 }] } };
    expect(evaluate("object.status", { object })).toBe(object.status);
    expect(evaluate("[object.status.list[0]]", { object })).toEqual([{ a: 1 }]);
    expect((evaluate("object.status.list.filter(x, x.a == 1)", { object }) as unknown[])[0]).toBe(
      object.status.list[0],
    );
  });

  test("a field named __proto__ is a field", () => {
    const result = evaluate("{'__proto__': 1}") as object;
    expect(Object.keys(result)).toEqual(["__proto__"]);
  });
});

describe("fields", () => {
  const object = JSON.parse('{"a": {"b": 1, "none": null}, "list": [1, 2], "__proto__": {"x": 1}}');

  test.each([
    ["object.a.b", 1],
    ["object['a'].b", 1],
    ["object.list[1]", 2],
    ["object.a.none", null],
    ["object.a.none == null", true],
    ["has(object.a)", true],
    ["has(object.a.b)", true],
    ["has(object.a.none)", false],
    ["has(object.a.c)", false],
    ["has(object.constructor)", false],
    ["has(object.toString)", false],
    ["object.__proto__.x", 1],
    ["'b' in object.a", true],
    ["'none' in object.a", true],
    ["'constructor' in object.a", false],
    ["2 in object.list", true],
    ["size(object.list)", 2],
    ["object.list.size() + size(object.a)", 4],
    ["object.a == {'b': 1, 'none': null}", true],
    ["object.list == [1, 2]", true],
    ["object.list + [3]", [1, 2, 3]],
    ["object.a.map(key, key)", ["b", "none"]],
    ["object.a.exists(key, key == 'b')", true],
    ["object.a.all(key, key.size() < 9)", true],
    ["object.list.map(x, x > 1, x * 10)", [20]],
    ["object.list.exists_one(x, x == 1)", true],
  ])("%s", (source, expected) => {
    expect(evaluate(source, { object })).toEqual(expected);
  });

  test.each([
    ["object.x", "object.x does not exist"],
    ["object.a.x.y", "object.a.x does not exist"],
    ["object.a.none.x", "object.a.none.x does not exist"],
    ["object.constructor.name", "object.constructor does not exist"],
    ["has(object.x.y)", "object.x does not exist"],
    ["object.list[2]", "there is no [2] in object.list"],
    ["object.a['x']", 'there is no ["x"] in object.a'],
    ["object.list.filter(x, x.y == 1)", "x.y does not exist"],
    ["object.x == 1 && object.a.b == 1", "object.x does not exist"],
    ["n == 1", "n does not exist"],
  ])("%s is absent", (source, message) => {
    const error = failureOf(source, { object });
    expect(error).toMatchObject({ absent: true, message });
  });

  test("an error that is more than an absent field is told first", () => {
    const error = failureOf("object.x == 1 && object.a.b + 'x' == 'x'", { object });
    expect(error.absent).toBe(false);
    expect(error.message).toContain("_+_");
  });

  test("the other side of a logical operator can make an absent field irrelevant", () => {
    expect(evaluate("object.x == 1 || object.a.b == 1", { object })).toBe(true);
    expect(evaluate("object.x == 1 && object.a.b == 2", { object })).toBe(false);
  });
});

describe("failures that are no absent field", () => {
  test.each([
    ["n + 'x'", "(at 1:3)"],
    ["1 / (n - 1)", "division by zero"],
    ["n ? 1 : 2", "_?_:_"],
    ["[1].exists(x, n)", "takes a bool"],
    ["n.map(x, x)", "has no elements"],
    ["n * 9223372036854775807 * 2", "out of range"],
    ["(n - n - 9223372036854775807 - 1) % -1", "out of range"],
    ["'a'.matches(string(n) + '(')", "missing closing"],
  ])("%s", (source, message) => {
    const error = failureOf(source, { n: 1 });
    expect(error.absent).toBe(false);
    expect(error.message).toContain(message);
  });
});

describe("typed variables", () => {
  const now = new Date("2026-01-31T12:00:00.250Z");

  test.each([
    ["now - duration('1h')", { now }, "2026-01-31T11:00:00.25Z"],
    ["now - timestamp('2026-01-31T11:00:00Z') > duration('30m')", { now }, true],
    ["now", { now: "2026-01-31T12:00:00.123456789Z" }, "2026-01-31T12:00:00.123456789Z"],
    ["now.getHours()", { now }, 12],
    ["age > duration('1h')", { age: "1h1s" }, true],
    ["ratio + 1.5", { ratio: 1 }, 2.5],
    ["count + 1u", { count: 1 }, 2],
    ["name + string(whole)", { name: "a", whole: 1 }, "a1"],
    ["list + [map.a]", { list: [1], map: { a: 2 } }, [1, 2]],
  ])("%s", (source, variables, expected) => {
    expect(evaluate(source, variables)).toEqual(expected);
  });

  test.each([
    ["now == now", { now: "yesterday" }, "now", "timestamp"],
    ["now == now", { now: new Date(Number.NaN) }, "now", "timestamp"],
    ["age == age", { age: 5 }, "age", "duration"],
    ["ratio > 1.0", { ratio: "1" }, "ratio", "double"],
    ["count > 1u", { count: -1 }, "count", "uint"],
    ["name == 'a'", { name: 1 }, "name", "string"],
    ["whole == 1", { whole: 1.5 }, "whole", "int"],
    ["list == []", { list: {} }, "list", "list"],
    ["n == 1", { n: () => 1 }, "n", "dyn"],
  ])("%s with a value of another type", (source, variables, name, type) => {
    const message = `the variable ${name} is not a value of the type ${type}`;
    expect(failureOf(source, variables)).toMatchObject({ absent: false, message });
  });

  test("a variable that is left out, undefined or inherited is absent; null is null", () => {
    expect(failureOf("object.a == 1", {}).absent).toBe(true);
    expect(failureOf("object.a == 1", { object: undefined }).absent).toBe(true);
    expect(failureOf("n", Object.create({ n: () => 1 })).absent).toBe(true);
    expect(evaluate("object == null", { object: null })).toBe(true);
    expect(failureOf("object.a", { object: null }).absent).toBe(true);
  });
});

describe("functions", () => {
  test.each([
    ["'a,b'.split(',')", ["a", "b"]],
    ["['a', 'b'].join('-')", "a-b"],
    ["'AbC'.lowerAscii()", "abc"],
    ["'a-b'.replace('-', '+')", "a+b"],
    ["'abc'.substring(1)", "bc"],
    ["' a '.trim()", "a"],
    ["'%s has %d'.format(['x', 2])", "x has 2"],
    ["strings.quote('a')", '"a"'],
    ["'abc'.startsWith('ab') && 'abc'.endsWith('c') && 'abc'.contains('b')", true],
    ["'OOMKilled'.matches('^(?i)oom')", true],
    ["'x'.matches(r'\\d')", false],
    ["int('12') + 1", 13],
  ])("%s", (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  test("a pattern that backtracking engines take seconds for is linear", () => {
    const program = compile("n.matches('^(a+)+$')", environment);
    const start = performance.now();
    expect(program.evaluate({ n: `${"a".repeat(5000)}!` })).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test("patterns from the data work, however many", () => {
    const program = compile("'7'.matches(n)", environment);
    for (let i = 0; i < 1200; i++) expect(program.evaluate({ n: `^${i}$` })).toBe(i === 7);
  });
});

test("a type that is misspelt is refused when the expression is compiled", () => {
  for (const type of ["strign", "", "T"]) {
    expect(() => compile("v", { variables: { v: type } })).toThrow(
      new TypeError(`there is no type "${type}", such as int, list<string> or dyn`),
    );
  }
  expect(compile("v", { variables: { v: "net.IP" } }).type.kind).toBe("opaque");
});

test("one program serves several evaluations, also inside each other's input", () => {
  const program = compile("object.map(x, x + n)", environment);
  expect(program.evaluate({ object: [1, 2], n: 1 })).toEqual([2, 3]);
  expect(program.evaluate({ object: ["a"], n: "b" })).toEqual(["ab"]);
});

test("errors elsewhere keep their stacks after an evaluation that failed", () => {
  const limit = Error.stackTraceLimit;
  failureOf("object.x", { object: {} });
  expect(Error.stackTraceLimit).toBe(limit);
});

describe("the input", () => {
  const expressions = [
    "list.sort() == list || list.sortBy(x, string(x)).reverse() == list",
    "list.distinct() + list.flatten() + list.slice(0, 1) + list.reverse()",
    "list.map(x, [x]).filter(x, x != []) + list.transformList(i, x, x)",
    "map.transformMap(k, v, v).size() + map.map(k, map[k]).size() + {'m': map}.size()",
    "[list, [map]] + [list]",
    "cel.bind(x, [map, list], x[0])",
  ];

  test("is never changed", () => {
    const scalar = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null));
    const value = fc.oneof(scalar, fc.array(scalar), fc.dictionary(fc.string(), scalar));
    fc.assert(
      fc.property(
        fc.oneof(fc.array(value), fc.array(fc.integer())),
        fc.dictionary(fc.string(), value),
        fc.constantFrom(...expressions),
        (list, map, source) => {
          const program = compile(source, { variables: { list: "dyn", map: "dyn" } });
          const before = structuredClone({ list, map });
          // A write to what is frozen would throw.
          program.tryEvaluate({ list: frozen(list), map: frozen(map) });
          expect({ list, map }).toEqual(before);
        },
      ),
    );
  });

  test("comes out as it went in", () => {
    const object = { list: [{ a: { b: [1] } }, { a: { b: [2] } }] };
    const environment = { variables: { object: "dyn" } };
    const evaluate = (source: string): unknown => compile(source, environment).evaluate({ object });
    expect(evaluate("object.list.filter(x, 2 in x.a.b)[0].a")).toBe(object.list[1]!.a);
    expect(evaluate("object.list.reverse()[0]")).toBe(object.list[1]);
    expect(evaluate("object.?list[0].a.b.orValue([])")).toBe(object.list[0]!.a.b);
    expect((evaluate("{'k': object}") as { k: unknown }).k).toBe(object);
  });
});

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
}
