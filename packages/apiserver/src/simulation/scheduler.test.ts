import { describe, expect, test } from "vitest";
import { newNode } from "./node.ts";
import { Scheduler } from "./scheduler.ts";
import type { Node, Pod, PodSpec } from "./types.ts";

let uids = 0;

function pod(spec: Partial<PodSpec> = {}, cpu = "1", memory = "1Gi"): Pod {
  const containers = [{ name: "app", resources: { requests: { cpu, memory } } }];
  return { metadata: { uid: `uid-${++uids}` }, spec: { containers, ...spec } };
}

function node(name: string, spec: Node["spec"] = {}, labels?: Record<string, string>): Node {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "3" };
  return { ...newNode(name, labels), spec, status: { allocatable } };
}

function schedulerWith(...nodes: Node[]): Scheduler {
  const scheduler = new Scheduler();
  for (const node of nodes) scheduler.setNode(node);
  return scheduler;
}

test("Pods go to the node with the fewest", () => {
  const scheduler = schedulerWith(node("a"), node("b"));
  const names = [1, 2, 3, 4].map(() => {
    const next = pod();
    const choice = scheduler.choose(next);
    if (!("node" in choice)) throw new Error(choice.message);
    scheduler.place(next, choice.node);
    return choice.node;
  });
  expect(names).toEqual(["a", "b", "a", "b"]);
});

test("what a Pod took is free again when it is released, and counted once", () => {
  const scheduler = schedulerWith(node("a"));
  const big = pod({}, "3");
  scheduler.place(big, "a");
  scheduler.place(big, "a");
  expect(scheduler.choose(pod({}, "1"))).toEqual({ node: "a" });
  expect(scheduler.choose(pod({}, "1500m"))).toHaveProperty("message");
  expect(scheduler.release(big.metadata.uid ?? "")).toBe(true);
  expect(scheduler.release(big.metadata.uid ?? "")).toBe(false);
  expect(scheduler.choose(pod({}, "4"))).toEqual({ node: "a" });
});

test("Pods that were there before their node count on it", () => {
  const scheduler = new Scheduler();
  scheduler.place(pod({}, "4"), "a");
  scheduler.setNode(node("a"));
  expect(scheduler.choose(pod())).toHaveProperty("message");
});

test("a toleration opens a tainted node", () => {
  const scheduler = schedulerWith(node("a", { taints: [{ key: "pool", value: "gpu", effect: "NoSchedule" }] }));
  expect(scheduler.choose(pod())).toHaveProperty("message");
  for (const toleration of [
    { operator: "Exists" },
    { key: "pool", value: "gpu" },
    { key: "pool", operator: "Exists", effect: "NoSchedule" },
  ]) {
    expect(scheduler.choose(pod({ tolerations: [toleration] }))).toEqual({ node: "a" });
  }
  expect(scheduler.choose(pod({ tolerations: [{ key: "pool", value: "cpu" }] }))).toHaveProperty("message");
});

describe("the account of why no node takes a Pod", () => {
  test("counts the nodes by reason", () => {
    const scheduler = schedulerWith(
      node("a", { unschedulable: true }),
      node("b", { taints: [{ key: "node.kubernetes.io/unreachable", effect: "NoExecute" }] }),
      node("c"),
      node("d"),
    );
    expect(scheduler.choose(pod({ nodeSelector: { zone: "z" } }))).toEqual({
      message:
        "0/4 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, " +
        "1 node(s) were unschedulable, 2 node(s) didn't match Pod's node affinity/selector. " +
        "preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
    });
  });

  test("names what is short", () => {
    expect(schedulerWith(node("a")).choose(pod({}, "5", "9Gi"))).toEqual({
      message:
        "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. " +
        "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
    });
    expect(new Scheduler().choose(pod())).toEqual({ message: "no nodes available to schedule pods" });
  });
});
