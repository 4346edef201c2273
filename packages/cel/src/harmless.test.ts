import { describe, expect, test } from "vitest";
import { compile } from "./compile.ts";
import { CelError } from "./syntax/errors.ts";

// What could bring a program down, or show it what it should not see.

const environment = { variables: { a: "dyn", s: "string" } };

/** `nested(3, "x", (inner) => `[${inner}]`)` is `[[[x]]]`. */
function nested(count: number, inner: string, around: (inner: string) => string): string {
  let text = inner;
  for (let index = 0; index < count; index++) text = around(text);
  return text;
}

/** `cel.bind(v1, ..., cel.bind(v2, f(v1), ...))`: each variable made of the one before. */
function chain(count: number, make: (before: string) => string): string {
  let text = `v${count}`;
  for (let index = count; index > 0; index--) {
    text = `cel.bind(v${index}, ${make(index === 1 ? "a" : `v${index - 1}`)}, ${text})`;
  }
  return text;
}

describe("deep, long and much", () => {
  const sources: Record<string, string> = {
    parentheses: nested(40_000, "a", (inner) => `(${inner})`),
    "open brackets": "[".repeat(99_999),
    lists: nested(240, "a", (inner) => `[${inner}]`),
    maps: nested(240, "a", (inner) => `{"k": ${inner}}`),
    macros: nested(120, "x", (inner) => `[1].map(x, ${inner})`),
    conditions: `${"true ? 1 : ".repeat(240)}2`,
    signs: `${"!".repeat(99_000)}true`,
    "nested signs": nested(240, "1", (inner) => `-(${inner})`),
    "a row of fields": `a${".b".repeat(40_000)}`,
    "as many fields as may be": `a${".b".repeat(998)}`,
    "rows of fields in parentheses": nested(40, "a", (inner) => `(${inner}${".b".repeat(900)})`),
    "a row of indexes": `a${"[0]".repeat(990)}`,
    "a row of sums": `1${" + 1".repeat(990)}`,
    "sums in parentheses": nested(40, "1", (inner) => `(${inner}${" + 1".repeat(900)})`),
    "a row of methods": `s${".trim()".repeat(990)}`,
    "a row of optionals": `a${".?b".repeat(990)}`,
    "a row of ands": `true${" && true".repeat(12_000)}`,
    "variables that double": chain(60, (before) => `${before} + ${before}`),
    "lists that double": chain(60, (before) => `[${before}, ${before}]`),
    "maps that double": chain(60, (before) => `{"a": ${before}, "b": ${before}}.a`),
    "choices that double": chain(60, (before) => `a.b ? ${before} : ${before}`),
    "names of many parts": `${nested(900, "b", (inner) => `${inner}.b`)}{}`,
    "a long string": `"${"x".repeat(99_000)}" == s`,
    "a long number": "9".repeat(99_000),
  };

  test.each(Object.entries(sources))("%s", (_, source) => {
    const start = performance.now();
    try {
      compile(source, environment).tryEvaluate({ a: 1, s: " s " });
    } catch (error) {
      expect(error).toBeInstanceOf(CelError);
    }
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe("fields are own fields", () => {
  const object = JSON.parse('{"__proto__": {"x": 1}, "plain": {}, "list": [1, 2], "text": "abc"}') as object;
  const failure = (source: string): boolean => !compile(source, environment).tryEvaluate({ a: object, s: "" }).ok;
  const value = (source: string): unknown => compile(source, environment).evaluate({ a: object, s: "" });

  test.each(["constructor", "toString", "hasOwnProperty", "__proto__", "__defineGetter__", "valueOf"])(
    "%s",
    (name) => {
      expect(failure(`a.plain.${name}`)).toBe(true);
      expect(failure(`a.plain["${name}"]`)).toBe(true);
      expect(failure(`a.list.${name}`)).toBe(true);
      expect(failure(`a.text.${name}`)).toBe(true);
      expect(failure(`{"x": 1}.${name}`)).toBe(true);
      expect(value(`has(a.plain.${name})`)).toBe(false);
      expect(value(`"${name}" in a.plain`)).toBe(false);
      expect(value(`has({"x": 1}.${name})`)).toBe(false);
      expect(value(`a.plain.?${name}.hasValue()`)).toBe(false);
      expect(value(`{"${name}": 2}.${name}`)).toBe(2);
      expect(value(`{"${name}": 2}.map(k, k)`)).toEqual([name]);
      const made = value(`{"${name}": 2}`) as object;
      expect(Object.keys(made)).toEqual([name]);
      expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
      expect(() => compile(`a.plain.${name}()`, environment)).toThrow(CelError);
    },
    10_000,
  );

  test.each(["constructor", "toString", "__proto__"])("a variable called %s", (name) => {
    const program = compile(name, { variables: Object.fromEntries([[name, "dyn"]]) });
    expect(program.tryEvaluate({})).toMatchObject({ ok: false, absent: true });
    expect(program.evaluate(Object.fromEntries([[name, 1]]))).toBe(1);
  });

  test("one that is there", () => {
    expect(value("a.__proto__.x")).toBe(1);
    expect(value("has(a.__proto__.x)")).toBe(true);
    expect(value('a["__proto__"]')).toEqual({ x: 1 });
  });

  test("a list has elements, no fields", () => {
    expect(failure("a.list.`0`")).toBe(true);
    expect(failure("has(a.list.`0`)")).toBe(true);
    expect(failure("a.list.length")).toBe(true);
    expect(failure("a.text.`0`")).toBe(true);
    expect(failure("a.list['0']")).toBe(true);
  });
});

test("a pattern that backtracking takes for ever for is linear, in an expression and from the data", () => {
  const text = `${"a".repeat(1000)}!`;
  const start = performance.now();
  expect(compile("s.matches('^(a+)+$')", environment).evaluate({ s: text })).toBe(false);
  expect(compile("s.matches(a)", environment).evaluate({ s: text, a: "^(a+)+$" })).toBe(false);
  expect(performance.now() - start).toBeLessThan(3000);
});
