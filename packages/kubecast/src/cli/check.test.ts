import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { check } from "./check.ts";

const definition = `
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
- apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  spec:
    group: example.com
    scope: Cluster
    names: { plural: widgets, kind: Widget }
    versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                replicas: { type: integer }
                since: { type: string, format: date-time }
                parts: { type: array, items: { type: object, properties: { name: { type: string } } } }
                anything: { type: object, x-kubernetes-preserve-unknown-fields: true }
---
apiVersion: v1
kind: Namespace
`;

const rules = (when: string, resource = "widgets.v1.example.com", more = "") => `
rules:
  - name: TooFew
    resource: ${resource}
    when: ${when}
    summary: object.metadata.name
    ${more}
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubecast-check-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function checked(text: string, crds = definition): Promise<string[]> {
  await writeFile(join(folder, "rules.yaml"), text);
  await writeFile(join(folder, "crds.yaml"), crds);
  const lines: string[] = [];
  await check([join(folder, "rules.yaml")], { crd: [join(folder, "crds.yaml")] }, (line) =>
    lines.push(line.replace(`${folder}/`, "")),
  );
  return lines;
}

describe("kubecast check --crd", () => {
  test.each([
    "object.spec.replicas < 2",
    "object.spec.since < timestamp('2026-01-31T12:00:00Z')",
    "object.spec.parts.exists(p, p.name == 'x')",
    "object.spec.anything.at.all == 1",
    "object.metadata.labels.app == 'x' && has(object.metadata.deletionTimestamp)",
  ])("%s is a rule on widgets", async (when) => {
    expect(await checked(rules(when))).toEqual(["rules.yaml: 1 rule, no mistake"]);
  });

  test.each([
    ["object.spec.replicaz < 2", "rules.yaml:5:23: spec has no field replicaz; did you mean replicas?"],
    ["object.status.phase == ''", "rules.yaml:5:18: Widget has no field status"],
    ["object.spec.replicas == 'two'", "rules.yaml:5:32: an int never equals a string"],
    ["object.metadata.lables.app == 'x'", "rules.yaml:5:27: ObjectMeta has no field lables; did you mean labels?"],
    ["object.spec.parts.exists(p, p.nam == 'x')", "rules.yaml:5:41: parts has no field nam; did you mean name?"],
    ["object.spec.replicas", "rules.yaml:5:11: this must be a bool, and it is of the type int"],
  ])("%s is a mistake", async (when, message) => {
    const said = await checked(rules(when));
    expect(said.map((each) => each.split("\n", 1)[0])).toEqual([message]);
  });

  test("a mistake within an expression is shown in it", async () => {
    expect(await checked(rules("object.spec.replicaz < 2"))).toEqual([
      [
        "rules.yaml:5:23: spec has no field replicaz; did you mean replicas?",
        "  object.spec.replicaz < 2",
        "              ^",
      ].join("\n"),
    ]);
  });

  test("a version that there is not is a mistake", async () => {
    expect(await checked(rules("1 < 2", "widgets.v2.example.com"))).toEqual([
      "rules.yaml:4:15: widgets.example.com has no version v2; it has v1",
    ]);
  });

  test("what has no namespace cannot be selected by one", async () => {
    expect(await checked(rules("1 < 2", "widgets.v1.example.com", "select: { namespaces: [shop] }"))).toEqual([
      "rules.yaml:7:27: widgets.v1.example.com have no namespace to select by",
    ]);
  });

  test("other custom resources are taken as they are", async () => {
    expect(await checked(rules("object.spec.any == 1", "gadgets.v1.example.com"))).toEqual([
      "rules.yaml: 1 rule, no mistake",
    ]);
  });

  test.each([
    ["a: [", /^crds.yaml:1:\d+: /],
    ["kind: Namespace", /^crds.yaml:1:1: there is no CustomResourceDefinition in here$/],
    ["kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1beta1", /^crds.yaml:1:1: apiVersion: /],
  ])("%j in place of definitions is a mistake", async (crds, message) => {
    const [first] = await checked(rules("1 < 2"), crds);
    expect(first).toMatch(message);
  });

  test("a file of definitions that is not there is a mistake", async () => {
    const lines: string[] = [];
    expect(await check([], { crd: [join(folder, "none.yaml")], json: true }, (line) => lines.push(line))).toBe(false);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject([{ line: 1, column: 1, message: "there is no such file" }]);
  });
});
