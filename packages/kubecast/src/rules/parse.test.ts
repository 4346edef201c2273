import { describe, expect, it } from "vitest";
import { parseRules } from "./parse.ts";

/** The mistakes of a file as `line:column message`. */
function mistakes(text: string): string[] {
  const { mistakes: all } = parseRules("rules.yaml", text);
  for (const { file } of all) expect(file).toBe("rules.yaml");
  return all.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

/** A rule file whose sixth line begins with `lines`; the rule is right without them. */
function withLines(...lines: string[]): string {
  return [
    "rules:",
    "  - name: A",
    "    resource: pods",
    '    when: "true"',
    `    summary: "'x'"`,
    ...lines.map((line) => `    ${line}`),
    "",
  ].join("\n");
}

/** A rule file, about a resource whose fields are not known, with this text for `when`, which begins on line 4, column 11. */
function when(text: string): string {
  return `rules:\n  - name: A\n    resource: foos.v1.example.com\n    when: ${text}\n    summary: "'x'"\n`;
}

/** Where `mark` stands in a text, as `line:column`. */
function placeOf(mark: string, text: string): string {
  const before = text.slice(0, text.indexOf(mark)).split("\n");
  return `${before.length}:${before.at(-1)!.length + 1}`;
}

describe("a rule file", () => {
  it("gives its rules, with defaults for what it does not say", () => {
    const { rules, mistakes: none } = parseRules("rules.yaml", withLines());
    expect(none).toEqual([]);
    expect(rules).toMatchObject([
      {
        name: "A",
        resource: "pods",
        target: { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true },
        select: { namespaces: [], labels: "", fields: "" },
        each: [],
        for: 0,
        keepFiringFor: 0,
        severity: "warning",
        details: {},
        labels: {},
      },
    ]);
  });

  it("gives all that a rule may say", () => {
    const { rules } = parseRules(
      "rules.yaml",
      withLines(
        "select: { namespaces: [a, b], labels: { app: web, tier: x }, fields: spec.nodeName=n }",
        "each: [object.spec.containers, object.spec.initContainers]",
        "for: 1m30s",
        "keepFiringFor: 0",
        "severity: critical",
        "details: { n: each.name }",
        "labels: { team: object.metadata.labels.team }",
      ),
    );
    expect(rules).toMatchObject([
      {
        select: { namespaces: ["a", "b"], labels: "app=web,tier=x", fields: "spec.nodeName=n" },
        for: 90_000,
        keepFiringFor: 0,
        severity: "critical",
      },
    ]);
    expect(rules[0]!.each).toHaveLength(2);
    expect(Object.keys(rules[0]!.details)).toEqual(["n"]);
    expect(Object.keys(rules[0]!.labels)).toEqual(["team"]);
  });

  it.each([
    ["deployments.apps", { group: "apps", version: "v1", plural: "deployments" }],
    ["nodes", { group: "", version: "v1", plural: "nodes" }],
    ["foos.v1.clux.dev", { group: "clux.dev", version: "v1", plural: "foos" }],
    ["foos.v1beta1.clux.dev", { group: "clux.dev", version: "v1beta1", plural: "foos" }],
  ])("knows %s", (name, target) => {
    const { rules } = parseRules("rules.yaml", withLines().replace("pods", name));
    expect(rules).toMatchObject([{ target, resource: target.plural }]);
  });

  it("without rules has none", () => {
    expect(parseRules("rules.yaml", "rules: []")).toEqual({ rules: [], mistakes: [] });
  });

  it("gives the right rules beside the wrong ones", () => {
    const { rules } = parseRules(
      "rules.yaml",
      `rules:
  - { name: A, resource: pods, when: "true", summary: '"x"' }
  - { name: B, resource: pods, when: "tru", summary: '"x"' }
  - { name: C, resource: pods, when: "true", summary: '"x"' }
`,
    );
    expect(rules.map(({ name }) => name)).toEqual(["A", "C"]);
  });
});

describe("a mistake in a rule file stands at its place:", () => {
  it.each([
    ["an empty file", "", "1:1 the file must be a map, and it is empty"],
    ["a comment only", "# rules\n", "1:1 the file must be a map, and it is empty"],
    ["a file that is a list", "- name: A\n", "1:1 the file must be a map, and it is a list"],
    ["a file that is a text", "rules\n", "1:1 the file must be a map, and it is text"],
    ["rules that are nothing", "rules:\n", `1:7 "rules": must be a list, and it is empty`],
    ["rules that are a map", "rules:\n  name: A\n", `2:3 "rules": must be a list, and it is a map`],
    ["a rule that is a number", "rules:\n  - 5\n", "2:5 must be a map, and it is a number"],
    ["a key beside rules", "rules: []\nrule: []\n", `2:1 unknown key "rule"`],
    ["a tab for indentation", "rules:\n\t- name: A\n", "2:1 Tabs are not allowed as indentation"],
    ["a list that is not closed", "rules: [\n", expect.stringMatching(/^[12]:\d+ .*\]/)],
    ["a text that is not closed", 'rules:\n  - name: "A\n', expect.stringMatching(/^[23]:\d+ .*quote/)],
    ["an alias without its anchor", "rules: *none\n", expect.stringMatching(/^1:8 .*none/)],
  ])("%s", (_, text, message) => {
    expect(mistakes(text)).toEqual([message]);
  });

  it.each([
    ["fur: 5m", `6:5 unknown key "fur"`],
    ["select: { namespace: [a] }", `6:15 unknown key "namespace"`],
    ["for: 5", `6:10 "for": write a duration like 30s, 10m or 1h30m`],
    ["for: 5 minutes", `6:10 "for": "5 minutes" is not a duration; write a duration like 30s, 10m or 1h30m`],
    ["keepFiringFor:", `6:19 "keepFiringFor": write a duration like 30s, 10m or 1h30m`],
    ["severity: critcal", `6:15 "severity": must be one of critical, warning, info; did you mean critical?`],
    ["severity: [critical]", `6:15 "severity": must be one of critical, warning, info`],
    ["details: 5", `6:14 "details": must be a map, and it is a number`],
    ["details: { a: 5 }", `6:19 "a": must be text, and it is a number`],
    ["labels: { a: '' }", `6:18 "a": an expression is expected`],
    ["each: 5", `6:11 "each": write an expression, or a list of them`],
    ["each: []", `6:11 "each": an expression is expected`],
    ["select: { namespaces: shop }", `6:27 "namespaces": must be a list, and it is text`],
    ["select: { labels: { a: 5 } }", `6:23 "labels": write a selector like app=web, or a map of names to texts`],
    ["name: B", "6:5 Map keys must be unique"],
    ["labels: { team: each.x }", "6:21 there is no variable each"],
    [`each: "1"`, "6:11 this must be a list, and it is of the type int"],
  ])("%s", (line, message) => {
    expect(mistakes(withLines(line))).toEqual([message]);
  });

  it("a rule without what it needs", () => {
    expect(mistakes("rules:\n  - severity: info\n")).toEqual([
      `2:5 "name" is missing`,
      `2:5 "resource" is missing`,
      `2:5 "when" is missing`,
      `2:5 "summary" is missing`,
    ]);
  });

  it.each(["", "1A", "a b", "a/b", "{A}", "é"])("the name %j", (name) => {
    const message = `2:11 "name": a name has letters, digits, - and _, and begins with a letter`;
    expect(mistakes(withLines().replace("name: A", `name: "${name}"`))).toEqual([message]);
  });

  it.each([
    ["pds", "pods"],
    ["deploymets", "deployments"],
  ])("a resource %s, with the one that was meant", (name, near) => {
    const [message] = mistakes(withLines().replace("pods", name));
    expect(message).toMatch(new RegExp(`^3:15 there is no resource "${name}"; did you mean ${near}`));
  });

  it("a resource that is like none", () => {
    const [message] = mistakes(withLines().replace("pods", "zzzzqqqqxxxx"));
    expect(message).toBe(
      `3:15 there is no resource "zzzzqqqqxxxx"; write it like pods, deployments.apps or widgets.v1.example.com`,
    );
  });

  it("namespaces of what has none", () => {
    const text = withLines("select:", "  namespaces: [a]").replace("pods", "nodes");
    expect(mistakes(text)).toEqual(["7:19 nodes have no namespace to select by"]);
  });

  it("a name that two rules have", () => {
    const text = `${withLines()}${withLines().slice("rules:\n".length)}`;
    expect(mistakes(text)).toEqual(["6:11 a rule named A stands above already"]);
  });

  it("a `when` that is no bool, a summary that is no text", () => {
    expect(mistakes(when('"1 + 1"'))).toEqual(["4:11 this must be a bool, and it is of the type int"]);
    expect(mistakes(withLines().replace(`"'x'"`, '"true"'))).toEqual([
      "5:14 this must be a string, and it is of the type bool",
    ]);
  });

  it.each([
    ["without a summary", "resource: pods, when: object.x == 1", [`"summary" is missing`, "Pod has no field x"]],
    ["without a resource", "when: objct.x == 1, summary: object.y", [`"resource" is missing`, "no variable objct"]],
    ["whose list is wrong", "resource: pods, each: 5, when: each.x, summary: nope", [`"each": write`, "variable nope"]],
    [
      "with a key misspelt",
      "resource: pods, wen: 1, when: 1 +, summary: '\"\"'",
      [`unknown key "wen"`, "an operand is missing"],
    ],
  ])("a rule %s, and whatever else", (_, fields, parts) => {
    expect(mistakes(`rules: [{ name: A, ${fields} }]\n`)).toEqual(parts.map((part) => expect.stringContaining(part)));
  });

  it("all of them, in their order", () => {
    const text = `rules:
  - name: A
    resource: pds
    when: object.x ==
    summary: '"x'
    details: { a: each, b: nope }
    fur: 5
  - name: A
    resource: pds
    when: object.x ==
    summary: '"x'
    details: { a: each, b: nope }
  - nonsense
  - resource: pods
`;
    expect(mistakes(text).map((one) => one.split(" ")[0])).toEqual([
      "3:15",
      "4:20",
      "5:15",
      "6:19",
      "6:28",
      "7:5",
      "9:15",
      "10:20",
      "11:15",
      "12:19",
      "12:28",
      "13:5",
      "14:5",
      "14:5",
      "14:5",
    ]);
  });
});

describe("a mistake in an expression stands at its place in", () => {
  it.each([
    ["a plain text", "object.x == wrong"],
    ["a plain text over lines", "object.x == 1 &&\n      object.y == 2 &&\n        wrong == 3"],
    ["double quotes", `"object.x == wrong"`],
    ["double quotes with escapes", String.raw`"object.x == \"a\tb\\\\\" && object[\"\x41\"] == wrong"`],
    ["double quotes over lines", `"object.x == 1 &&\n      wrong == \\\n      3"`],
    ["single quotes", `'object.x == "a" && wrong'`],
    ["single quotes with quotes in it", `'object.x == ''a'' && object.y == ''''  && wrong'`],
    ["a literal block", "|\n      object.x == 1 &&\n        object.y == 2 &&\n\n      wrong == 3"],
    ["a literal block with a header", "|2- # why\n        object.x == 1 &&\n      wrong == 3"],
    ["a folded block", ">-\n      object.x == 1 &&\n      object.y == 2 &&\n      wrong == 3"],
    [
      "a folded block with empty lines",
      ">\n\n      object.x == 1 &&\n\n\n      object.y == 2 &&\n        wrong == 3\n",
    ],
    ["a folded block with a comment in its header", ">- # an expression\n      object.x == wrong"],
  ])("%s", (_, text) => {
    const file = when(text);
    expect(mistakes(file)).toEqual([`${placeOf("wrong", file)} there is no variable wrong`]);
    const windows = file.replaceAll("\n", "\r\n");
    expect(mistakes(windows)).toEqual([`${placeOf("wrong", file)} there is no variable wrong`]);
  });

  it.each([
    ["a plain text", "object.x =! 1"],
    ["double quotes", `"object.x == \\"a\\" && object.y =! 1"`],
    ["single quotes", `'object.x == ''a'' && object.y =! 1'`],
    ["a literal block", "|\n      object.x == 1 &&\n        object.y =! 1"],
    ["a folded block", ">\n      object.x == 1 &&\n      object.y =! 1"],
  ])("%s that does not parse", (_, text) => {
    const file = when(text);
    const all = mistakes(file);
    expect(all).toHaveLength(1);
    expect(all[0]!.split(" ")[0]).toBe(placeOf("=!", file));
  });

  it.each([
    ["a plain text", "(object.x"],
    ["a folded block", ">\n      true &&\n      (object.x\n"],
    ["a literal block", "|+\n      true &&\n      (object.x\n\n"],
  ])("%s that ends too soon", (_, text) => {
    const file = when(text);
    expect(mistakes(file)[0]!.split(" ")[0]).toBe(placeOf("(object.x", file));
  });

  it("a list of them", () => {
    expect(mistakes(withLines("each: [object.spec.containers,", "    nope]"))).toEqual([
      "7:9 there is no variable nope",
    ]);
  });

  it("an alias, at the alias", () => {
    const text = `rules:
  - { name: A, resource: pods, when: &w nope, summary: '"x"' }
  - { name: B, resource: pods, when: *w, summary: '"x"' }
`;
    expect(mistakes(text)).toEqual([
      `${placeOf("nope", text)} there is no variable nope`,
      `${placeOf("*w", text)} there is no variable nope`,
    ]);
  });
});

describe("a hostile rule file", () => {
  it("is refused when its aliases multiply", () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const parts = level === 0 ? '"x"' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 9 }, () => parts).join(", ")}]`;
    });
    const began = performance.now();
    expect(mistakes([...levels, "rules: *a8", ""].join("\n"))[0]).toMatch(/^1:1 .*alias/);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("is refused when it is nested too deeply, in a few words", () => {
    const all = mistakes("[".repeat(50_000));
    expect(all.length).toBeGreaterThan(0);
    expect(all.length).toBeLessThanOrEqual(10);
    expect(mistakes(when(`'${"(".repeat(50_000)}'`))).toHaveLength(1);
  });

  it("is read when it is huge", () => {
    const rule = (index: number) =>
      `  - { name: R${index}, resource: foos.v1.example.com, when: "object.x == ${index}", summary: '"x"', for: 5m }\n`;
    const { rules, mistakes: none } = parseRules(
      "rules.yaml",
      `rules:\n${Array.from({ length: 500 }, (_, index) => rule(index)).join("")}`,
    );
    expect(none).toEqual([]);
    expect(rules).toHaveLength(500);
  });

  it("sets nothing but its own fields", () => {
    const text = withLines("details: { constructor: object.kind, toString: object.kind }");
    const { rules } = parseRules("rules.yaml", text);
    expect(Object.keys(rules[0]?.details ?? {})).toEqual(["constructor", "toString"]);
    expect(mistakes(withLines("__proto__: { for: 5m }"))).toEqual([`6:5 unknown key "__proto__"`]);
  });
});
