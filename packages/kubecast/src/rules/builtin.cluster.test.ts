import type { Program } from "@kubecast/cel";
import { apiVersion } from "@kubecast/kube";
import { type CelOracle, type CelWritten, startCelOracle } from "@kubecast/testbed";
import { afterAll, describe, expect, test } from "vitest";
import { builtinRules } from "./catalogue.ts";
import type { Rule } from "./rule.ts";

const oracle = await startCelOracle();
if (typeof oracle === "string") process.stderr.write(`${oracle}\n`);
afterAll(async () => {
  if (typeof oracle !== "string") await oracle[Symbol.asyncDispose]();
});

const condition = (type: string, status: string, more: object = {}) => ({
  type,
  status,
  lastTransitionTime: "2026-01-31T12:00:00Z",
  ...more,
});
const container = (name: string, state: object, more: object = {}) => ({
  name,
  image: `example.com/${name}:1`,
  ready: false,
  restartCount: 4,
  state,
  lastState: { terminated: { reason: "OOMKilled", exitCode: 137, finishedAt: "2026-01-31T12:00:00Z" } },
  ...more,
});

const objects: Readonly<Record<string, readonly object[]>> = {
  Pod: [
    {
      metadata: { name: "crashing", namespace: "shop", creationTimestamp: "2026-01-31T11:00:00Z" },
      spec: { nodeName: "node-1", containers: [{ name: "app", image: "example.com/app:1" }] },
      status: {
        phase: "Running",
        conditions: [condition("PodScheduled", "True"), condition("Ready", "False", { reason: "ContainersNotReady" })],
        containerStatuses: [
          container("app", { waiting: { reason: "CrashLoopBackOff", message: "back-off" } }),
          container("pull", { waiting: { reason: "ImagePullBackOff" } }),
          container("killed", { terminated: { reason: "OOMKilled", exitCode: 137 } }, { lastState: {} }),
          container("well", { running: { startedAt: "2026-01-31T12:00:00Z" } }, { ready: true }),
        ],
        initContainerStatuses: [container("init", { waiting: { reason: "CreateContainerConfigError" } })],
      },
    },
    {
      metadata: { name: "pending", namespace: "shop", deletionTimestamp: "2026-01-31T11:00:00Z" },
      spec: { containers: [] },
      status: {
        phase: "Pending",
        conditions: [condition("PodScheduled", "False", { reason: "Unschedulable", message: "0/5 nodes" })],
      },
    },
    { metadata: { name: "evicted" }, status: { phase: "Failed", reason: "Evicted", message: "low on memory" } },
    { metadata: { name: "of-a-job", ownerReferences: [{ kind: "Job", name: "j" }] }, status: { phase: "Running" } },
    { metadata: { name: "bare" } },
  ],
  Node: [
    { metadata: { name: "well" }, status: { conditions: [condition("Ready", "True")] } },
    {
      metadata: { name: "lost" },
      spec: { unschedulable: true, taints: [{ key: "node.kubernetes.io/unreachable", effect: "NoExecute" }] },
      status: {
        conditions: [condition("Ready", "Unknown", { message: "no word" }), condition("MemoryPressure", "True")],
      },
    },
    { metadata: { name: "bare" } },
  ],
};

/** A value of the oracle as JSON. */
function jsonOf([type, value]: CelWritten): unknown {
  switch (type) {
    case "int":
    case "double":
      return Number(value);
    case "list":
      return (value as CelWritten[]).map(jsonOf);
    case "map":
      return Object.fromEntries(
        (value as [CelWritten, CelWritten][]).map(([key, each]) => [jsonOf(key), jsonOf(each)]),
      );
    default:
      return value ?? null;
  }
}

describe.skipIf(typeof oracle === "string")("the built-in rules", async () => {
  const compared = (rule: Rule, object: object) => {
    const about = { apiVersion: apiVersion(rule.target), kind: rule.target.kind, types: { object: "object" } } as const;
    return async (program: Program, variables: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
      const all = { object, cluster: "test", ...variables };
      const theirs = await (oracle as CelOracle).ask({ ...about, expression: program.source, variables: all });
      const ours = program.tryEvaluate(all);
      const there = theirs.value === undefined ? theirs.error : jsonOf(theirs.value);
      expect(ours.ok ? ours.value : "evaluate", program.source).toEqual(there);
      return ours.ok ? ours.value : undefined;
    };
  };

  test.each((await builtinRules()).map((rule) => [rule.name, rule] as const))(
    "%s: all its expressions give what they give in Kubernetes",
    async (_, rule) => {
      for (const object of objects[rule.target.kind] ?? []) {
        const compare = compared(rule, object);
        const lists = await Promise.all(rule.each.map((list) => compare(list)));
        const elements = rule.each.length === 0 ? [undefined] : lists.flatMap((list) => (list ?? []) as unknown[]);
        for (const each of elements) {
          const variables = each === undefined ? {} : { each };
          for (const program of [
            rule.when,
            rule.summary,
            ...Object.values(rule.details),
            ...Object.values(rule.labels),
          ]) {
            await compare(program, variables);
          }
        }
      }
    },
  );
});
