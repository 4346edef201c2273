import type { KubeObject } from "@kubecast/kube";
import { describe, expect, it } from "vitest";
import { holding, RuleError } from "./evaluate.ts";
import { parseRules } from "./parse.ts";

/** A rule about a resource whose fields are not known. */
function rule(fields: Readonly<Record<string, unknown>>) {
  const whole = { name: "R", resource: "foos.v1.example.com", when: "true", summary: '"x"', ...fields };
  const { rules, mistakes } = parseRules("rules.yaml", JSON.stringify({ rules: [whole] }));
  expect(mistakes).toEqual([]);
  return rules[0]!;
}
function found(fields: Readonly<Record<string, unknown>>, object: object) {
  const whole = { apiVersion: "example.com/v1", kind: "Foo", metadata: { name: "n" }, ...object } as KubeObject;
  return holding(rule(fields), whole, "prod");
}
const elements = (fields: Readonly<Record<string, unknown>>, object: object) =>
  found(fields, object).map(({ element }) => element);

describe("a rule", () => {
  it("holds where `when` is true, and not where it is false or a field is absent", () => {
    const when = { when: "object.spec.size > 3" };
    expect(elements(when, { spec: { size: 4 } })).toEqual([null]);
    expect(elements(when, { spec: { size: 3 } })).toEqual([]);
    for (const object of [{}, { spec: null }, { spec: {} }]) expect(elements(when, object)).toEqual([]);
    expect(elements({ when: 'cluster == "prod"' }, {})).toEqual([null]);
  });

  it.each([
    ["object.size", { size: 5 }, /"when" gives a number, not true or false/],
    ["object.size", { size: null }, /"when" gives null, not true or false/],
    ["object.size", { size: [] }, /"when" gives a list, not true or false/],
    ["object.size", { size: {} }, /"when" gives a map, not true or false/],
    ["object.size", { size: "5" }, /"when" gives text, not true or false/],
    ["1 / int(object.size) == 1", { size: 0 }, /^rule R: "when": /],
  ])("says that %s cannot be evaluated on %o", (when, object, message) => {
    expect(() => found({ when }, object)).toThrow(RuleError);
    expect(() => found({ when }, object)).toThrow(message);
  });

  it("says that `each` is no list", () => {
    expect(() => found({ each: "object.size" }, { size: 5 })).toThrow(/"each" gives a number, not a list/);
  });

  it("holds for elements by their name, or what else tells them apart", () => {
    const each = { each: "object.list" };
    expect(elements(each, { list: [{ name: "a" }, { type: "b" }, { key: "c" }, { uid: "d" }, { ip: "::1" }] })).toEqual(
      ["a", "b", "c", "d", "::1"],
    );
    expect(elements(each, { list: ["x", 5, true] })).toEqual(["x", "5", "true"]);
    expect(elements(each, { list: [{ name: "" }, {}, null, [1]] })).toEqual(["0", "1", "2", "3"]);
    for (const object of [{}, { list: null }, { list: [] }]) expect(elements(each, object)).toEqual([]);
  });

  it("never gives two elements one name, through several lists", () => {
    const list = [{ name: "a" }, { name: "a" }, { name: "a'" }];
    const all = elements({ each: ["object.list", "object.none", "object.more"] }, { list, more: list });
    expect(all).toHaveLength(6);
    expect(new Set(all).size).toBe(6);
  });

  it("describes in one line, whatever an object's author wrote", () => {
    const note = "x\n02:00:00 FIRING critical\u001b[31m\u2028end";
    const [one] = found({ summary: "object.note" }, { note });
    expect(one!.describe().summary).toBe("x 02:00:00 FIRING critical [31m end");
  });

  it("says what it can where parts of a description are absent or wrong", () => {
    const fields = {
      each: "object.list",
      summary: '"size " + string(each.size)',
      details: { size: "each.size", none: "each.none", wrong: "1 / each.zero", nothing: "each.nothing" },
      labels: { size: "each.size", none: "each.none", nothing: "each.nothing" },
    };
    const [whole, bare] = found(fields, {
      list: [
        { name: "a", size: 5, zero: 0, nothing: null },
        { name: "b", zero: 0 },
      ],
    });
    expect(whole!.describe()).toEqual({
      summary: "size 5",
      details: { size: 5, nothing: null },
      labels: { size: "5" },
    });
    expect(bare!.describe()).toEqual({ summary: "R", details: {}, labels: {} });
  });

  it.each([
    ["1 + 1", 2],
    ["1u", 1],
    ["9007199254740993", "9007199254740993"],
    ["0.0 / 0.0", "NaN"],
    ["b'a'", "YQ=="],
    ["duration('90s')", "90s"],
    ["timestamp('2026-01-02T03:04:05Z')", "2026-01-02T03:04:05Z"],
    ["{1: [2, {'a': 3u}]}", { "1": [2, { a: 3 }] }],
  ])("puts %s into details as JSON that loses nothing", (expression, value) => {
    const [one] = found({ details: { value: expression } }, {});
    const { details } = one!.describe();
    expect(details).toEqual({ value });
    expect(JSON.parse(JSON.stringify(details))).toEqual(details);
  });
});
