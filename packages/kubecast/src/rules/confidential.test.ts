import type { KubeObject, Resource } from "@kubecast/kube";
import { describe, expect, it } from "vitest";
import { builtinRules } from "./catalogue.ts";
import { redact, redacted } from "./confidential.ts";
import { parseRules } from "./parse.ts";

function rule(resource: string, fields: Record<string, unknown>) {
  const source = { name: "Test", resource, when: "true", summary: '"s"', ...fields };
  const { rules, mistakes } = parseRules("rules.yaml", JSON.stringify({ rules: [source] }));
  expect(mistakes).toEqual([]);
  return rules[0]!;
}

describe("a rule is confidential", () => {
  it.each([
    ["secrets", { details: { all: "object.data" } }],
    ["configmaps", { when: 'object.data.mode == "x"' }],
    ["pods", { details: { env: "object.spec.containers[0].env" } }],
    ["pods", { details: { spec: "object.spec" } }],
    ["pods", { summary: "object.spec.containers.map(c, c.env[0].value)[0]" }],
    ["pods", { each: "object.spec.containers", details: { it: "each" } }],
    ["pods", { each: "object.spec.containers", when: 'each.env[0].value == "x"' }],
    [
      "deployments.apps",
      { labels: { a: 'object.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]' } },
    ],
    ["pods", { details: { a: "object.metadata.annotations" } }],
    ["widgets.v1.example.com", { details: { a: "object.spec.template" } }],
  ])("when it may read data, environment values or copies of them: %s %o", (resource, fields) => {
    expect(rule(resource, fields).confidential).toBe(true);
  });

  it.each([
    ["secrets", { when: 'object.type == "kubernetes.io/tls"' }],
    ["pods", { each: "object.status.containerStatuses", details: { a: "each.image", b: "object.metadata.labels" } }],
    ["pods", { details: { a: "object.metadata.annotations.owner", b: "object.spec.nodeName" } }],
  ])("and not otherwise: %s %o", (resource, fields) => {
    expect(rule(resource, fields).confidential).toBe(false);
  });

  it("is none of the built-in ones", async () => {
    expect((await builtinRules()).filter((one) => one.confidential)).toEqual([]);
  });
});

describe("redact", () => {
  const core = (plural: string): Resource => ({ group: "", version: "v1", kind: "", plural, namespaced: true });

  it("blots out the data of Secrets and ConfigMaps, and keeps its keys", () => {
    const secret = { metadata: { name: "s" }, data: { password: "aHVudGVyMg==" }, stringData: { other: "hunter2" } };
    redact(core("secrets"), secret);
    expect(secret).toEqual({ metadata: { name: "s" }, data: { password: redacted }, stringData: { other: redacted } });
  });

  it("blots out values of environment variables wherever a Pod template stands, and copies of the object", () => {
    const env = () => [
      { name: "PASSWORD", value: "hunter2" },
      { name: "FROM", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
    ];
    const object = {
      metadata: {
        name: "web",
        managedFields: [{ manager: "kubectl" }],
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": '{"env":"hunter2"}', owner: "shop" },
      },
      spec: {
        template: { spec: { initContainers: [{ name: "i", env: env() }], containers: [{ name: "c", env: env() }] } },
      },
    };
    redact(
      { group: "apps", version: "v1", kind: "Deployment", plural: "deployments", namespaced: true },
      object as KubeObject,
    );
    expect(JSON.stringify(object)).not.toContain("hunter2");
    expect(object.metadata.annotations.owner).toBe("shop");
    expect(object.spec.template.spec.containers[0]!.env[1]).toEqual(env()[1]);
    expect(object.spec.template.spec.initContainers[0]!.env[0]).toEqual({ name: "PASSWORD", value: redacted });
  });
});

describe("fields that a kind does not have", () => {
  it("are mistakes at their place, with the field that was meant", () => {
    const { mistakes } = parseRules(
      "rules.yaml",
      `rules:
  - name: Typo
    resource: pods
    each: object.status.containerStatuses
    when: >-
      each.name == "a" &&
      each.state.waiting.reasn == "X"
    summary: object.metadata.labels.anything
    details:
      node: object.spec.nodename
`,
    );
    expect(mistakes).toEqual([
      {
        file: "rules.yaml",
        line: 7,
        column: 26,
        message: "ContainerStateWaiting has no field reasn; did you mean reason?",
        excerpt: `each.name == "a" && each.state.waiting.reasn == "X"\n${" ".repeat(39)}^`,
      },
      {
        file: "rules.yaml",
        line: 10,
        column: 25,
        message: "PodSpec has no field nodename; did you mean nodeName?",
        excerpt: `object.spec.nodename\n${" ".repeat(12)}^`,
      },
    ]);
  });

  it("are nobody's business in custom resources", () => {
    rule("widgets.v1.example.com", { when: "object.spec.whatever > 3" });
  });
});
