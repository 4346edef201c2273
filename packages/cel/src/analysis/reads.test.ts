import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile, EvaluationError, type Program, type Reads } from "../index.ts";

const environment = { variables: { object: "dyn", old: "dyn", n: "dyn" } } as const;
const readsOf = (source: string): Reads => compile(source, environment).reads;
const each = (reads: true | Reads): Reads => ({ "[]": reads });

describe("reads", () => {
  test.each<[string, Reads]>([
    ["1 + 1", {}],
    ["type(1) == int", {}],
    ["object", { object: true }],
    ["object.a.b == 1", { object: { a: { b: true } } }],
    ["object.a.b == 1 || object.a.c == 1", { object: { a: { b: true, c: true } } }],
    ["object.a == old.a", { object: { a: true }, old: { a: true } }],
    ["object.a == object.a && object.a.b == 1", { object: { a: true } }],
    ["object['a']['b'] == 1", { object: { a: { b: true } } }],
    ["object.list[0].a == 1", { object: { list: each({ a: true }) } }],
    ["object.labels[n] == 1", { object: { labels: each(true) }, n: true }],
    [
      "object.labels[n].a == object.labels.x.b",
      { object: { labels: { ...each({ a: true }), x: { a: true, b: true } } }, n: true },
    ],
    ["has(object.a.b)", { object: { a: { b: true } } }],
    ["has(object.list) && object.list.exists(x, x.a)", { object: { list: each({ a: true }) } }],
    ["object.a != null && object.a.b == 1", { object: { a: { b: true } } }],
    ["size(object.list) > 0 && object.list.all(x, x.a)", { object: { list: each({ a: true }) } }],
    ["size(object.list) > 0 && has(object.list.a)", { object: { list: { "[]": true, a: true } } }],
    ["object.list.exists(x, x == n)", { object: { list: each(true) }, n: true }],
    ["object.list.all(x, x.a.b)", { object: { list: each({ a: { b: true } }) } }],
    [
      "object.list.exists(x, x.list.exists(y, y.a == x.b))",
      { object: { list: each({ list: each({ a: true }), b: true }) } },
    ],
    ["object.list.exists(object, object.a)", { object: { list: each({ a: true }) } }],
    ["object.list.filter(x, x.a).map(x, x.b)", { object: { list: each({ a: true, b: true }) } }],
    ["object.list.filter(x, x.a)[0].b == 1", { object: { list: each({ a: true, b: true }) } }],
    ["object.list.filter(x, x.a)", { object: { list: each(true) } }],
    ["size(object.list.filter(x, x.a)) > 1", { object: { list: each({ a: true }) } }],
    ["object.list.map(x, {'k': x.a})[0].k.b == 1", { object: { list: each({ a: { b: true } }) } }],
    ["(object.a + object.b).exists(x, x.c)", { object: { a: each({ c: true }), b: each({ c: true }) } }],
    ["'name: ' + object.a", { object: { a: true } }],
    ["(object.a ? object.b : old).c == 1", { object: { a: true, b: { c: true } }, old: { c: true } }],
    ["[object.a, old][n].b == 1", { object: { a: { b: true } }, old: { b: true }, n: true }],
    ["dyn(object).a == 1", { object: { a: true } }],
    ["object.list.first().value().a == 1", { object: { list: each({ a: true }) } }],
    ["object.list.last().?a.hasValue()", { object: { list: each({ a: true }) } }],
    ["object.list.reverse()[0].a == 1", { object: { list: each({ a: true }) } }],
    ["object.list.slice(0, n).all(x, x.a)", { object: { list: each({ a: true }) }, n: true }],
    ["object.list.slice(0, 1)", { object: { list: true } }],
    ["[object.?a, object.?b].unwrapOpt().all(x, x.c)", { object: { a: { c: true }, b: { c: true } } }],
    ["object.a.reverse() == 'x'", { object: { a: true } }],
    ["object.?a.optMap(x, x.b).orValue(0) == 1", { object: { a: { b: true } } }],
    ["object.?a.optFlatMap(x, x.?b).orValue(0) == 1", { object: { a: { b: true } } }],
    ["optional.ofNonZeroValue(object.a).?b.hasValue()", { object: { a: true } }],
    ["object.list.sortBy(x, x.a).map(x, x.b)", { object: { list: each({ a: true, b: true }) } }],
    ["object.list.all(i, x, x.a == i)", { object: { list: each({ a: true }) } }],
    ["object.map.all(k, x, k != 'a' && x.b)", { object: { map: each({ b: true }) } }],
    ["object.map.all(k, x, k != 'a')", { object: { map: each(true) } }],
    ["object.list.transformMap(i, x, x.a)[0].b == 1", { object: { list: each({ a: { b: true } }) } }],
    ["cel.bind(x, object.a, x.b == 1 && x.c == 1)", { object: { a: { b: true, c: true } } }],
    ["object.a.startsWith(old.b)", { object: { a: true }, old: { b: true } }],
    ["object.a in old.list", { object: { a: true }, old: { list: true } }],
    ["object.__proto__.a == 1", { object: JSON.parse('{"__proto__": {"a": true}}') }],
    [
      'object.status.containerStatuses.exists(c, c.state.waiting.reason == "CrashLoopBackOff")',
      { object: { status: { containerStatuses: each({ state: { waiting: { reason: true } } }) } } },
    ],
  ])("%s", (source, reads) => {
    expect(readsOf(source)).toEqual(reads);
  });

  test("readsFor: what is read of a value by others is read of where it comes from", () => {
    const program = compile("object.a + object.b.filter(x, x.on)", environment);
    expect(program.readsFor(each({ name: true }))).toEqual({
      object: { a: each({ name: true }), b: each({ on: true, name: true }) },
    });
    expect(program.readsFor(true)).toEqual(program.reads);
  });
});

// Random expressions over random objects. Most of their values are errors or
// of the wrong type somewhere: those read fields all the same.
const field = fc.constantFrom("a", "b", "c");
const { expression } = fc.letrec<{ expression: string; path: string; list: string }>((tie) => ({
  path: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("object", "old", "n"),
    fc.tuple(tie("path"), field).map(([path, name]) => `${path}.${name}`),
    fc.tuple(tie("path"), field).map(([path, name]) => `${path}['${name}']`),
    fc.tuple(tie("path"), fc.nat(1)).map(([path, index]) => `${path}[${index}]`),
    fc.tuple(tie("path"), tie("expression")).map(([path, key]) => `${path}[${key}]`),
    fc.tuple(tie("list"), fc.nat(1)).map(([list, index]) => `${list}[${index}]`),
    fc.tuple(tie("expression"), tie("path"), tie("path")).map(([c, x, y]) => `(dyn(${c}) ? ${x} : ${y})`),
    fc.tuple(field, tie("path")).map(([name, path]) => `{'${name}': ${path}}.${name}`),
  ),
  list: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("path"),
    fc.tuple(tie("path"), tie("path")).map(([one, two]) => `[${one}, ${two}]`),
    fc.tuple(tie("list"), tie("list")).map(([one, two]) => `(${one} + ${two})`),
    fc.tuple(tie("list"), tie("expression")).map(([list, test]) => `${list}.filter(n, dyn(${test}))`),
    fc.tuple(tie("list"), tie("path")).map(([list, path]) => `${list}.map(n, ${path})`),
  ),
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("path"),
    tie("list"),
    fc.tuple(tie("path"), field).map(([path, name]) => `has(${path}.${name})`),
    fc.tuple(tie("list"), tie("expression")).map(([list, test]) => `${list}.exists(n, dyn(${test}))`),
    fc.tuple(tie("list"), tie("expression")).map(([list, test]) => `${list}.all(old, dyn(${test}))`),
    fc.tuple(tie("path"), tie("path")).map(([one, two]) => `${one} == ${two}`),
    tie("path").map((path) => `${path} != null`),
    fc.tuple(tie("path"), tie("list")).map(([one, list]) => `(${one} in ${list})`),
    fc.tuple(tie("expression"), tie("expression")).map(([one, two]) => `(dyn(${one}) && dyn(${two}))`),
    tie("list").map((list) => `size(${list})`),
  ),
}));

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "large" },
    fc.constantFrom(null, true, false, 0, 1, "a", "b"),
    fc.dictionary(field, tie("value"), { maxKeys: 3 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.dictionary(field, tie("value"), { maxKeys: 3 }), { maxLength: 3 }),
  ),
}));
const variables = fc.record({ object: value, old: value, n: value });

/** The same value, telling each path that is read of it. */
function recording(target: unknown, path: readonly string[], seen: (path: readonly string[]) => void): unknown {
  if (typeof target !== "object" || target === null) return target;
  const at = (key: string | symbol): readonly string[] | undefined => {
    if (typeof key === "symbol" || (Array.isArray(target) && !/^\d+$/.test(key))) return undefined;
    return [...path, Array.isArray(target) ? "[]" : key];
  };
  const tell = (key: string | symbol) => {
    const below = at(key);
    if (below !== undefined && Object.hasOwn(target, key)) seen(below);
  };
  return new Proxy(target, {
    get(object, key) {
      tell(key);
      return recording(Reflect.get(object, key), at(key) ?? path, seen);
    },
    getOwnPropertyDescriptor(object, key) {
      tell(key);
      return Reflect.getOwnPropertyDescriptor(object, key);
    },
    ownKeys(object) {
      for (const key of Reflect.ownKeys(object)) tell(key);
      return Reflect.ownKeys(object);
    },
  });
}

function covers(reads: true | Reads, [field, ...rest]: readonly string[]): boolean {
  if (reads === true || field === undefined) return true;
  const below = reads[field] ?? reads["[]"];
  return below !== undefined && covers(below, rest);
}

/** Only what `reads` names of a value, as a decoder would build it. */
function project(whole: unknown, reads: true | Reads): unknown {
  if (reads === true || typeof whole !== "object" || whole === null) return whole;
  const each = reads["[]"];
  if (Array.isArray(whole)) return each === undefined ? [] : whole.map((element) => project(element, each));
  return Object.fromEntries(
    Object.entries(whole).flatMap(([key, below]) => {
      const named = reads[key] ?? each;
      return named === undefined ? [] : [[key, project(below, named)]];
    }),
  );
}

function outcome(program: Program, given: Record<string, unknown>): unknown {
  try {
    return { value: program.evaluate(given) };
  } catch (error) {
    if (error instanceof EvaluationError) return { error: error.message, absent: error.absent };
    throw error;
  }
}

test("every field that an evaluation reads is in reads", () => {
  fc.assert(
    fc.property(expression, variables, (source, given) => {
      const program = compile(source, environment);
      const paths: (readonly string[])[] = [];
      outcome(program, recording(given, [], (path) => paths.push(path)) as Record<string, unknown>);
      for (const path of paths) expect(covers(program.reads, path), path.join(".")).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("an evaluation of only the fields in reads has the same outcome", () => {
  fc.assert(
    fc.property(expression, variables, (source, given) => {
      const program = compile(source, environment);
      const projected = project(given, program.reads) as Record<string, unknown>;
      expect(outcome(program, projected)).toEqual(outcome(program, given));
    }),
    { numRuns: 1000 },
  );
});

test("and of only the fields in readsFor, the same as far as they were asked for", () => {
  const results = fc.constantFrom<Reads>({ "[]": { a: true } }, { a: { b: true } }, { a: true, "[]": { b: true } });
  fc.assert(
    fc.property(expression, variables, results, (source, given, result) => {
      const program = compile(source, environment);
      const projected = project(given, program.readsFor(result)) as Record<string, unknown>;
      const asked = { value: result, error: true, absent: true } as const;
      expect(project(outcome(program, projected), asked)).toEqual(project(outcome(program, given), asked));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["now > timestamp(object.at)", true],
  ["object.list.exists(x, timestamp(x.at) < now)", true],
  ["cel.bind(before, now - duration('1h'), timestamp(object.at) < before)", true],
  ["object.now > 1", false],
  ["object.list.exists(now, now > 1)", false],
  ["cel.bind(now, object.at, now > 1)", false],
])("%s reads now: %s", (source, readsNow) => {
  expect(compile(source, { variables: { object: "dyn", now: "timestamp" } }).readsNow).toBe(readsNow);
});
