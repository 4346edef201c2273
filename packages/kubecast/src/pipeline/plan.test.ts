import { describe, expect, it } from "vitest";
import { parseRules } from "../rules/parse.ts";
import { describeWatch, planWatches } from "./plan.ts";

/** The watches for rules given as `name: more of the rule`, each as its words and the names of its rules. */
function plan(rules: Readonly<Record<string, string>>): Record<string, string[]> {
  const text = Object.entries(rules).map(
    ([name, more]) => `  - { name: ${name}, when: "true", summary: '"x"', ${more} }\n`,
  );
  const { rules: parsed, mistakes } = parseRules("rules.yaml", `rules:\n${text.join("")}`);
  expect(mistakes).toEqual([]);
  return Object.fromEntries(
    planWatches(parsed).map((watch) => [describeWatch(watch), watch.rules.map(({ name }) => name)]),
  );
}

describe("planWatches", () => {
  it("needs no watch for no rule", () => {
    expect(planWatches([])).toEqual([]);
  });

  it("shares a watch between rules that select the same objects", () => {
    expect(
      plan({
        A: "resource: pods",
        B: "resource: nodes",
        C: "resource: po",
        D: "resource: pods, select: { labels: app=web }",
        E: "resource: pods, select: { labels: { app: web } }",
        F: "resource: pods, select: { fields: spec.nodeName=n }",
        G: "resource: deployments.apps",
      }),
    ).toEqual({
      pods: ["A", "C"],
      nodes: ["B"],
      "pods with app=web": ["D", "E"],
      "pods with spec.nodeName=n": ["F"],
      "deployments.apps": ["G"],
    });
  });

  it("has a watch for each namespace, once", () => {
    expect(
      plan({
        A: "resource: pods, select: { namespaces: [a, b, a] }",
        B: "resource: pods, select: { namespaces: [b] }",
        C: "resource: pods, select: { namespaces: [b], labels: app=web, fields: spec.nodeName=n }",
        D: "resource: pods",
      }),
    ).toEqual({
      "pods in a": ["A"],
      "pods in b": ["A", "B"],
      "pods in b with app=web and spec.nodeName=n": ["C"],
      pods: ["D"],
    });
  });

  it("takes resources of one name in two groups or versions for two", () => {
    const rules = parseRules(
      "rules.yaml",
      `rules:
  - { name: A, resource: foos.v1.example.com, when: "true", summary: '"x"' }
  - { name: B, resource: foos.v2.example.com, when: "true", summary: '"x"' }
  - { name: C, resource: foos.v1.example.org, when: "true", summary: '"x"' }
`,
    ).rules;
    expect(planWatches(rules)).toHaveLength(3);
  });
});
