import { describe, expect, it } from "vitest";
import { builtinRules } from "./catalogue.ts";
import { holding, RuleError } from "./evaluate.ts";
import { parseRules } from "./parse.ts";

function parsed(when: string, resource = "pods") {
  const rule = { name: "R", resource, when, summary: '"x"' };
  return parseRules("rules.yaml", `rules:\n  - ${JSON.stringify(rule)}\n`);
}

describe("what a rule may cost", () => {
  it.each([
    "object.spec.containers.exists(c, c.volumeMounts.exists(m, object.spec.volumes.exists(v, v.name == m.name && has(v.hostPath))))",
    "object.spec.containers.all(c, c.image.matches('^registry[.]example[.]com/[a-z0-9-]+/[a-z0-9-]+:v[0-9]+[.][0-9]+$'))",
    "object.spec.containers.exists(c, c.env.exists(e, e.name.startsWith('AWS_') && !has(e.valueFrom)))",
    "object.metadata.annotations.exists(k, k.startsWith('example.com/') && object.metadata.annotations[k].contains('yes'))",
    "object.status.conditions.filter(c, c.type == 'Ready').map(c, c.message).join(', ').contains('timeout')",
    "object.metadata.name.split('-').exists(part, part.contains('canary'))",
    "object.spec.containers.map(c, c.name).sort() != object.status.containerStatuses.map(c, c.name).sort()",
    "'%s/%s'.format([object.metadata.namespace, object.metadata.name]) in ['shop/api', 'shop/web']",
  ])("is no matter for %s", (when) => {
    expect(parsed(when).mistakes).toEqual([]);
    // Nor where nothing is known of the fields.
    expect(parsed(when, "foos.v1.example.com").mistakes).toEqual([]);
  });

  it("is no matter for the built-in rules", async () => {
    expect((await builtinRules()).length).toBeGreaterThan(5);
  });

  it("is told where it is too much", () => {
    const loop = (variable: string, inside: string) => `object.spec.containers.exists(${variable}, ${inside})`;
    const { rules, mistakes } = parsed(
      loop("a", loop("b", loop("c", loop("d", "a.name + b.name == c.name + d.name")))),
    );
    expect(rules).toEqual([]);
    expect(mistakes).toEqual([
      {
        file: "rules.yaml",
        line: 2,
        column: 42,
        message: expect.stringMatching(/^this may cost up to [\d,]+, and an expression may cost 10,000,000: /),
      },
    ]);
    expect(
      parsed("object.status.message.split('').exists(a, object.status.message.contains(a))").mistakes,
    ).toHaveLength(1);
  });

  it("is held to when it is evaluated: the rule is named, and says nothing of the object", () => {
    const [rule] = parsed(
      "object.spec.l.exists(a, object.spec.l.exists(b, object.spec.l.exists(c, a < 0 || b < 0 || c < 0)))",
      "foos.v1.example.com",
    ).rules;
    const object = (length: number) => ({
      apiVersion: "example.com/v1",
      kind: "Foo",
      metadata: { name: "n" },
      spec: { l: Array.from({ length }, (_, index) => index) },
    });
    expect(holding(rule!, object(10), "prod")).toEqual([]);
    expect(() => holding(rule!, object(200), "prod")).toThrow(RuleError);
    expect(() => holding(rule!, object(200), "prod")).toThrow(
      'rule R: "when": the expression costs more than its budget of 1000000',
    );
  });
});
