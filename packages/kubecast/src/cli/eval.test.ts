import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EvalFlags, evaluate } from "./eval.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "kubecast-eval-"));
});
afterAll(() => rm(folder, { recursive: true }));

const pod = (name: string, restarts: number) => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop }
spec:
  containers:
    - name: api
      env: [{ name: TOKEN, value: s3cr3t }]
status:
  phase: Running
  containerStatuses: [{ name: api, restartCount: ${restarts} }, { name: proxy, restartCount: 0 }]
`;

/** The lines that are printed, and whether all had a value. */
async function run(content: string, expression: string, flags: Partial<EvalFlags> = {}) {
  const file = path.join(folder, "objects.yaml");
  await writeFile(file, content);
  const lines: string[] = [];
  const found = await evaluate(expression, { file, cluster: "", ...flags }, (line) => lines.push(line));
  return { found, lines, text: lines.join("\n"), results: flags.json ? lines.map((line) => JSON.parse(line)) : [] };
}

describe("kubecast eval", () => {
  it("prints the value, its type, its cost, and what it read", async () => {
    const { found, lines } = await run(pod("a", 7), "object.status.containerStatuses.map(c, c.restartCount).sum()");
    expect(found).toBe(true);
    expect(lines).toEqual([
      "value  7",
      "type   int",
      "cost   34, at most 964",
      "reads  object.status.containerStatuses[].restartCount",
    ]);
  });

  it("takes several documents, JSON, and the lists that kubectl prints", async () => {
    const two = await run(`${pod("a", 1)}---\n${pod("b", 2)}`, "object.metadata.name");
    expect(two.lines.filter((line) => !/^(type|cost|reads)/.test(line))).toEqual([
      "pod shop/a:",
      'value  "a"',
      "pod shop/b:",
      'value  "b"',
    ]);
    const items = [{ metadata: { name: "x" } }, { metadata: { name: "y" } }];
    for (const list of [
      { apiVersion: "v1", kind: "PodList", items },
      { apiVersion: "v1", kind: "List", items: items.map((item) => ({ apiVersion: "v1", kind: "Pod", ...item })) },
    ]) {
      const { results } = await run(JSON.stringify(list), "object.metadata.name", { json: true });
      expect(results.map(({ value, object }) => [value, object.kind])).toEqual([
        ["x", "Pod"],
        ["y", "Pod"],
      ]);
    }
  });

  it("evaluates for each element of a list", async () => {
    const { results } = await run(pod("a", 7), "each.restartCount > 3", {
      each: "object.status.containerStatuses",
      json: true,
    });
    expect(results.map(({ element, value }) => [element, value])).toEqual([
      [0, true],
      [1, false],
    ]);
  });

  it("prints results for machines", async () => {
    const { results } = await run(pod("a", 7), "object.status.phase == 'Running'", { json: true });
    expect(results).toEqual([
      {
        object: { kind: "Pod", namespace: "shop", name: "a" },
        value: true,
        type: "bool",
        cost: 4,
        estimate: { min: 3, max: 4 },
        reads: ["object.status.phase"],
      },
    ]);
  });

  it("explains", async () => {
    const { lines } = await run(pod("a", 7), "object.status.phase == 'Failed'", { explain: true });
    expect(lines.slice(0, 5)).toEqual([
      "object.status.phase == 'Failed'",
      "              |     |",
      "              |     false",
      '              "Running"',
      "",
    ]);
  });

  it("blots out what is confidential, as rules find it", async () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { password: "czNjcjN0" } };
    for (const flags of [{}, { explain: true }, { json: true }]) {
      const env = await run(pod("a", 7), "object.spec.containers", flags);
      expect(env.text).toContain("[redacted]");
      expect(env.text).not.toContain("s3cr3t");
      const { text } = await run(JSON.stringify(secret), "object.data", flags);
      expect(text).toContain("redacted");
      expect(text).not.toContain("czNjcjN0");
    }
  });

  it("says why there is no value", async () => {
    const { found, lines } = await run(pod("a", 7), "object.status.reason == 'Evicted'");
    expect(found).toBe(false);
    expect(lines[0]).toBe("none   object.status.reason does not exist: a rule takes that for false");
    expect((await run(pod("a", 7), "1 / 0")).lines[0]).toBe("none   division by zero (at 1:3)");
  });

  it.each([
    [
      "object.status.phse",
      "mistake at 1:15: PodStatus has no field phse; did you mean phase?\n  object.status.phse\n                ^",
    ],
    ["1 +\n  nope", "mistake at 2:3: there is no variable nope\n    nope\n    ^"],
  ])("shows where %j is wrong", async (expression, message) => {
    await expect(run(pod("a", 7), expression)).rejects.toMatchObject({
      message: `the expression has a ${message}`,
      exitCode: 2,
    });
  });

  it("knows nothing of the fields of custom resources", async () => {
    const custom = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec: { size: 3 } };
    expect((await run(JSON.stringify(custom), "object.spec.size + 1")).lines[0]).toBe("value  4");
  });

  it.each([
    ["a: [", /is no valid YAML: /],
    ["", /holds no object/],
    ["[1]", /must hold Kubernetes objects/],
    ["a: 1", /has no apiVersion or no kind/],
  ])("refuses a file with %j", async (content, message) => {
    await expect(run(content, "1")).rejects.toMatchObject({ message: expect.stringMatching(message), exitCode: 2 });
  });

  it("refuses a file that is not there, and an each that is no list", async () => {
    await expect(run(pod("a", 1), "1", { file: "/nonexistent" })).rejects.toMatchObject({ exitCode: 2 });
    await expect(run(pod("a", 1), "1", { each: "object.status.phase" })).rejects.toThrow("--each must be a list");
  });
});
