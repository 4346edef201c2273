import type { KubeObject } from "@kubecast/kube";
import { beforeAll, describe, expect, it } from "vitest";
import type { Description } from "../conditions/condition.ts";
import { builtinRules } from "./catalogue.ts";
import { holding } from "./evaluate.ts";
import type { Rule } from "./rule.ts";

let rules: ReadonlyMap<string, Rule>;
beforeAll(async () => {
  rules = new Map((await builtinRules()).map((rule) => [rule.name, rule]));
});

/** What a rule says of each element of an object that it holds on. */
function found(name: string, object: object): { element: string | null; said: Description }[] {
  return holding(rules.get(name)!, object as KubeObject, "test").map((one) => ({
    element: one.element,
    said: one.describe(),
  }));
}
/** The built-in rules that hold on an object. */
function holds(object: { kind: string }): string[] {
  const plural = `${object.kind.toLowerCase()}s`;
  return [...rules.values()]
    .filter((rule) => rule.resource === plural && found(rule.name, object).length > 0)
    .map(({ name }) => name);
}

const running = { running: { startedAt: "2026-01-02T03:00:00Z" } };
const web = {
  name: "web",
  image: "registry.example/web:1",
  imageID: "registry.example/web@sha256:0",
  ready: true,
  started: true,
  restartCount: 0,
  state: running,
  lastState: {},
};
const yes = (type: string) => ({
  type,
  status: "True",
  lastProbeTime: null,
  lastTransitionTime: "2026-01-02T03:00:00Z",
});

/** A Pod that runs and is ready, with parts of its status replaced. */
function pod(status: object = {}, metadata: object = {}) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web-1",
      namespace: "shop",
      uid: "u",
      resourceVersion: "5",
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "r", controller: true }],
      ...metadata,
    },
    spec: { nodeName: "node-1", containers: [{ name: "web", image: "registry.example/web:1" }] },
    status: {
      phase: "Running",
      conditions: [yes("Initialized"), yes("Ready"), yes("ContainersReady"), yes("PodScheduled")],
      containerStatuses: [web],
      ...status,
    },
  };
}
const waiting = (reason: string, message?: string, more: object = {}) => ({
  ...web,
  ready: false,
  started: false,
  state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
  ...more,
});
const notReady = (reason?: string, message?: string) => ({
  conditions: [
    yes("PodScheduled"),
    { ...yes("Ready"), status: "False", ...(reason && { reason }), ...(message && { message }) },
  ],
});

function node(ready: object = {}, spec: object = {}) {
  const condition = { ...yes("Ready"), reason: "KubeletReady", message: "kubelet is posting ready status", ...ready };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "node-1", uid: "n", resourceVersion: "5" },
    spec: { podCIDR: "10.0.0.0/24", ...spec },
    status: { conditions: [{ ...yes("MemoryPressure"), status: "False" }, condition] },
  };
}

describe("the built-in rules", () => {
  it("are these", () => {
    expect([...rules.keys()]).toEqual([
      "PodCrashLoopBackOff",
      "PodImagePullFailed",
      "PodContainerConfigError",
      "PodUnschedulable",
      "PodNotReady",
      "PodEvicted",
      "PodFailed",
      "NodeNotReady",
    ]);
  });

  it("hold on nothing that is well", () => {
    expect(holds(pod())).toEqual([]);
    expect(
      holds(pod({ phase: "Succeeded", containerStatuses: [{ ...web, state: { terminated: { exitCode: 0 } } }] })),
    ).toEqual([]);
    expect(
      holds(
        pod({ phase: "Pending", containerStatuses: [waiting("ContainerCreating")], ...notReady("ContainersNotReady") }),
      ),
    ).toEqual([]);
    expect(holds(node())).toEqual([]);
  });

  it("hold on nothing of which little is said, and meet no error", () => {
    for (const kind of ["Pod", "Node"]) {
      const metadata = { name: "x", uid: "u" };
      const sparse = [
        { kind, metadata },
        { kind, metadata, spec: {}, status: {} },
        { kind, metadata, spec: {}, status: { conditions: [], containerStatuses: [], initContainerStatuses: [] } },
        { kind, metadata, spec: {}, status: { conditions: [{ type: "Ready", status: "True" }], phase: "Running" } },
        { kind, metadata, spec: {}, status: { containerStatuses: [{ name: "a" }, { name: "b", state: {} }] } },
        { kind, metadata, spec: {}, status: { containerStatuses: [{ name: "a", state: { waiting: {} } }] } },
      ];
      for (const object of sparse) expect(holds(object), JSON.stringify(object)).toEqual([]);
    }
  });
});

describe("PodCrashLoopBackOff", () => {
  const crashing = waiting("CrashLoopBackOff", "back-off 5m0s restarting failed container", {
    restartCount: 7,
    lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
  });

  it("holds for each container that crashes, and says how", () => {
    const object = pod({
      containerStatuses: [crashing, { ...web, name: "log" }, { ...crashing, name: "db", lastState: {} }],
    });
    expect(holds(object)).toEqual(["PodCrashLoopBackOff"]);
    expect(found("PodCrashLoopBackOff", object)).toEqual([
      {
        element: "web",
        said: {
          summary: "container web keeps crashing (restarts: 7)",
          details: {
            container: "web",
            image: "registry.example/web:1",
            restarts: 7,
            lastReason: "OOMKilled",
            lastExitCode: 137,
            node: "node-1",
          },
          labels: {},
        },
      },
      {
        element: "db",
        said: {
          summary: "container db keeps crashing (restarts: 7)",
          details: { container: "db", image: "registry.example/web:1", restarts: 7, node: "node-1" },
          labels: {},
        },
      },
    ]);
  });

  it("holds for init containers, beside the others", () => {
    const object = pod({
      initContainerStatuses: [{ ...crashing, name: "migrate" }],
      containerStatuses: [waiting("PodInitializing")],
    });
    expect(found("PodCrashLoopBackOff", object).map(({ element }) => element)).toEqual(["migrate"]);
    const { containerStatuses: _, ...initialising } = object.status;
    expect(found("PodCrashLoopBackOff", { ...object, status: initialising }).map(({ element }) => element)).toEqual([
      "migrate",
    ]);
  });
});

describe("PodImagePullFailed", () => {
  it.each([
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
  ])("holds while the reason is %s", (reason) => {
    const object = pod({ phase: "Pending", containerStatuses: [waiting(reason, "no such image")] });
    expect(holds(object)).toEqual(["PodImagePullFailed"]);
    expect(found("PodImagePullFailed", object)).toEqual([
      {
        element: "web",
        said: {
          summary: "container web cannot pull image registry.example/web:1",
          details: { container: "web", image: "registry.example/web:1", reason, message: "no such image" },
          labels: {},
        },
      },
    ]);
  });
});

describe("PodContainerConfigError", () => {
  it.each([
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "PostStartHookError",
    "PreCreateHookError",
    "PreStartHookError",
  ])("holds while the reason is %s", (reason) => {
    const object = pod({ phase: "Pending", containerStatuses: [waiting(reason)] });
    expect(holds(object)).toEqual(["PodContainerConfigError"]);
    expect(found("PodContainerConfigError", object)).toEqual([
      {
        element: "web",
        said: {
          summary: `container web cannot be started: ${reason}`,
          details: { container: "web", reason },
          labels: {},
        },
      },
    ]);
  });
});

describe("PodUnschedulable", () => {
  const scheduled = (reason: string) => ({
    phase: "Pending",
    conditions: [{ ...yes("PodScheduled"), status: "False", reason, message: "0/3 nodes are available" }],
    containerStatuses: undefined,
  });

  it("holds while no node has room", () => {
    const object = pod(scheduled("Unschedulable"));
    expect(found("PodUnschedulable", object)).toEqual([
      {
        element: null,
        said: {
          summary: "no node has room for pod web-1",
          details: { message: "0/3 nodes are available" },
          labels: {},
        },
      },
    ]);
  });

  it("does not hold while the pod waits for its gates", () => {
    expect(found("PodUnschedulable", pod(scheduled("SchedulingGated")))).toEqual([]);
  });
});

describe("PodNotReady", () => {
  it("holds on a pod that runs and is not ready", () => {
    const object = pod(notReady("ContainersNotReady", "containers with unready status: [web]"));
    expect(holds(object)).toEqual(["PodNotReady"]);
    expect(found("PodNotReady", object)).toEqual([
      {
        element: null,
        said: {
          summary: "pod web-1 is running but not ready",
          details: { reason: "ContainersNotReady", message: "containers with unready status: [web]", node: "node-1" },
          labels: {},
        },
      },
    ]);
  });

  it("holds without a reason, and without an owner", () => {
    expect(holds(pod(notReady()))).toEqual(["PodNotReady"]);
    expect(holds(pod(notReady("ContainersNotReady"), { ownerReferences: undefined }))).toEqual(["PodNotReady"]);
  });

  it.each([
    ["is being deleted", pod(notReady("ContainersNotReady"), { deletionTimestamp: "2026-01-02T03:04:05Z" })],
    ["has completed", pod(notReady("PodCompleted"))],
    ["has not started", pod({ phase: "Pending", ...notReady("ContainersNotReady") })],
    [
      "belongs to a Job",
      pod(notReady("ContainersNotReady"), { ownerReferences: [{ kind: "Job", name: "j", uid: "j" }] }),
    ],
  ])("does not hold on a pod that %s", (_, object) => {
    expect(found("PodNotReady", object)).toEqual([]);
  });
});

describe("PodEvicted and PodFailed", () => {
  it("tell an eviction", () => {
    const object = pod({
      phase: "Failed",
      reason: "Evicted",
      message: "The node was low on resource: memory.",
      conditions: [],
    });
    expect(holds(object)).toEqual(["PodEvicted"]);
    expect(found("PodEvicted", object)).toEqual([
      {
        element: null,
        said: {
          summary: "pod web-1 was evicted",
          details: { message: "The node was low on resource: memory.", node: "node-1" },
          labels: {},
        },
      },
    ]);
  });

  it("hold on nothing that only ends because it is deleted", () => {
    expect(holds(pod({ phase: "Failed", conditions: [] }, { deletionTimestamp: "2026-01-02T03:04:05Z" }))).toEqual([]);
  });

  it("tell a failure", () => {
    const exited = (exitCode: number) => ({
      ...web,
      ready: false,
      state: { terminated: { exitCode, reason: "Error" } },
    });
    const object = pod({
      phase: "Failed",
      containerStatuses: [exited(1), { ...web, name: "log" }, exited(143)],
      conditions: [],
    });
    expect(holds(object)).toEqual(["PodFailed"]);
    expect(found("PodFailed", object)).toEqual([
      { element: null, said: { summary: "pod web-1 failed", details: { exitCodes: [1, 143] }, labels: {} } },
    ]);
    const late = pod({
      phase: "Failed",
      reason: "DeadlineExceeded",
      message: "too long",
      conditions: [],
      containerStatuses: undefined,
    });
    expect(found("PodFailed", late)).toEqual([
      {
        element: null,
        said: { summary: "pod web-1 failed", details: { reason: "DeadlineExceeded", message: "too long" }, labels: {} },
      },
    ]);
  });

  it.each(["UnexpectedAdmissionError", "NodeAffinity", "NodeShutdown", "Shutdown", "Terminated", "NodeLost"])(
    "leave %s to the node",
    (reason) => {
      expect(holds(pod({ phase: "Failed", reason, conditions: [] }))).toEqual([]);
    },
  );
});

describe("NodeNotReady", () => {
  it.each(["False", "Unknown"])("holds while Ready is %s", (status) => {
    const object = node({ status, reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status." });
    expect(holds(object)).toEqual(["NodeNotReady"]);
    expect(found("NodeNotReady", object)).toEqual([
      {
        element: null,
        said: {
          summary: "node node-1 is not ready",
          details: { status, reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status." },
          labels: {},
        },
      },
    ]);
  });

  it("does not hold on a node that is cordoned", () => {
    expect(holds(node({ status: "False" }, { unschedulable: true }))).toEqual([]);
    expect(holds(node({ status: "False" }, { unschedulable: false }))).toEqual(["NodeNotReady"]);
  });
});
