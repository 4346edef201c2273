import { expect, test } from "vitest";
import { mergeTaints, NodeModel, newNode, nodeLife, podIP } from "./node.ts";
import { parseNodeScript } from "./script.ts";

const start = Date.UTC(2026, 10, 22, 18, 0, 0);

/** A line for each step of a node's life: when, its Ready condition, and its taints. */
function story(script: string, seconds = 1000): string[] {
  let now = start;
  const model = new NodeModel(newNode("node-1"), 1, () => now);
  const lines: string[] = [];
  for (const pause of nodeLife(model, parseNodeScript(script))) {
    const ready = model.status().conditions?.find(({ type }) => type === "Ready");
    const times = [ready?.lastHeartbeatTime, ready?.lastTransitionTime].map((time) => time?.slice(11, 19)).join(" ");
    const taints = model.taints().map(({ key, effect }) => `${key.split("/")[1]}:${effect}`);
    lines.push([`${(now - start) / 1000}s ${ready?.status} ${ready?.reason} ${times}`, ...taints].join(" "));
    now += pause;
    if (now > start + seconds * 1000) break;
  }
  return lines;
}

test("a healthy node reports every five minutes", () => {
  expect(story("healthy")).toEqual([
    "0s True KubeletReady 18:00:00 18:00:00",
    "300s True KubeletReady 18:05:00 18:00:00",
    "600s True KubeletReady 18:10:00 18:00:00",
    "900s True KubeletReady 18:15:00 18:00:00",
  ]);
});

test("a lost node's conditions become Unknown, its last heartbeat stays, and it comes back", () => {
  expect(story("lost; begin-after=60s; recover-after=30s; repeat-after=100s", 200)).toEqual([
    "0s True KubeletReady 18:00:00 18:00:00",
    "60s Unknown NodeStatusUnknown 18:00:00 18:01:00 unreachable:NoSchedule unreachable:NoExecute",
    "90s True KubeletReady 18:01:30 18:01:30",
    "190s Unknown NodeStatusUnknown 18:01:30 18:03:10 unreachable:NoSchedule unreachable:NoExecute",
  ]);
});

test("a node that is not ready says so itself", () => {
  expect(story("not-ready; begin-after=0s", 400)).toEqual([
    "0s False KubeletNotReady 18:00:00 18:00:00 not-ready:NoSchedule not-ready:NoExecute",
    "300s False KubeletNotReady 18:05:00 18:00:00 not-ready:NoSchedule not-ready:NoExecute",
  ]);
});

test("a capacity that someone gave a node is kept", () => {
  const node = { ...newNode("big"), status: { capacity: { cpu: "64", pods: "10" } } };
  const { capacity, allocatable } = new NodeModel(node, 1, () => start).status();
  expect({ capacity, allocatable }).toEqual({ capacity: node.status.capacity, allocatable: node.status.capacity });
});

test("taints of others stay, and one that is there keeps its time", () => {
  const own = { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: "now" };
  const others = { key: "pool", effect: "NoSchedule" };
  const before = { ...own, timeAdded: "before" };
  expect(mergeTaints([others, before], [own])).toEqual([others, before]);
  expect(mergeTaints([others, before], [])).toEqual([others]);
  expect(mergeTaints([], [own])).toEqual([own]);
});

test("each Pod of a node has an address of its own", () => {
  const addresses = Array.from({ length: 2000 }, (_, serial) => podIP(3, serial));
  expect(new Set(addresses).size).toBe(2000);
  expect(addresses[0]).toBe("10.3.0.2");
  for (const address of addresses) expect(address).toMatch(/^10\.3\.\d{1,3}\.\d{1,3}$/);
});
