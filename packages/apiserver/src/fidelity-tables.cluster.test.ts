import { describe, expect, test, vi } from "vitest";
import { bothServersForAllTests, type Side, send, sides } from "./fidelity.test.helper.ts";

// What kubectl prints, as Tables: the same objects in this server and in a real kube-apiserver.

const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const merge = "application/merge-patch+json";
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+/, "");
const inDefault = (plural: string, api = "/api/v1") => `${api}/namespaces/default/${plural}`;

interface Case {
  readonly of: string;
  /** The URL of the collection. */
  readonly path: string;
  readonly objects: readonly Partial<Record<"metadata" | "status", object>>[];
}

const container = (name: string) => ({ name, image: `registry.example/${name}:1` });
const spec = { containers: [container("main"), container("side")], nodeName: "node-1" };
const pod = (name: string, status?: object, more: object = {}) => ({
  metadata: { name },
  spec: { ...spec, ...more },
  ...(status !== undefined && { status }),
});
const state = (name: string, current: object, more: object = {}) => ({
  name,
  state: current,
  ready: "running" in current,
  restartCount: 0,
  image: "x",
  imageID: "",
  ...more,
});
const running = { running: { startedAt: ago(500) } };
const terminated = (exitCode: number, more: object = {}) => ({ terminated: { exitCode, ...more } });
const waiting = (reason: string) => ({ waiting: { reason } });
const restarted = (restartCount: number, seconds: number) => ({
  restartCount,
  lastState: terminated(1, { finishedAt: ago(seconds) }),
});
const ready = { type: "Ready", status: "True" };
const statuses = (...containerStatuses: object[]) => ({ phase: "Running", containerStatuses });
const inits = (...initContainerStatuses: object[]) => ({ phase: "Pending", initContainerStatuses });
const twoInits = { initContainers: [container("i1"), container("i2")] };
const sidecar = { initContainers: [{ ...container("proxy"), restartPolicy: "Always" }] };

const pods: Case = {
  of: "Pods",
  path: inDefault("pods"),
  objects: [
    pod("new"),
    pod("runs", {
      ...statuses(state("main", running), state("side", running)),
      podIPs: [{ ip: "10.0.0.1" }],
      podIP: "10.0.0.1",
    }),
    pod("half", statuses(state("main", running), state("side", waiting("ContainerCreating")))),
    pod(
      "crashes",
      statuses(
        state("main", waiting("CrashLoopBackOff"), restarted(5, 30)),
        state("side", running, restarted(2, 7000)),
      ),
    ),
    pod("ended", {
      ...statuses(
        state("main", terminated(0, { reason: "Completed" })),
        state("side", terminated(0, { reason: "Completed" })),
      ),
      phase: "Succeeded",
    }),
    pod("failed", {
      ...statuses(state("main", terminated(3)), state("side", terminated(0, { reason: "Completed" }))),
      phase: "Failed",
    }),
    pod("signalled", statuses(state("main", terminated(137, { signal: 9 })), state("side", running))),
    pod("half-ended", statuses(state("main", terminated(0, { reason: "Completed" })), state("side", running))),
    pod("ended-ready", {
      ...statuses(state("main", terminated(0, { reason: "Completed" })), state("side", running)),
      conditions: [ready],
    }),
    pod("evicted", { phase: "Failed", reason: "Evicted" }),
    pod("starts", inits(state("i1", terminated(0)), state("i2", running)), twoInits),
    pod("init-waits", inits(state("i1", waiting("ImagePullBackOff"), restarted(1, 100))), twoInits),
    pod("init-begins", inits(state("i1", waiting("PodInitializing"))), twoInits),
    pod("init-fails", inits(state("i1", terminated(2))), twoInits),
    pod("init-errs", inits(state("i1", terminated(2, { reason: "Error" }))), twoInits),
    pod(
      "with-proxy",
      {
        ...inits(state("proxy", running, { started: true, ...restarted(4, 50) })),
        ...statuses(state("main", running, restarted(1, 90)), state("side", running)),
      },
      sidecar,
    ),
    pod(
      "gates",
      { ...statuses(), conditions: [{ type: "a.example/x", status: "True" }] },
      { readinessGates: [{ conditionType: "a.example/x" }, { conditionType: "b.example/y" }] },
    ),
  ],
};

const selector = {
  matchLabels: { app: "x", b: "c" },
  matchExpressions: [{ key: "tier", operator: "In", values: ["q", "p"] }],
};
const template = {
  metadata: { labels: { app: "x", b: "c", tier: "p" } },
  spec: { containers: spec.containers, nodeSelector: { zone: "a" } },
};
const apps = "/apis/apps/v1";
const job = (name: string, more: object, status?: object) => ({
  metadata: { name },
  spec: {
    parallelism: 1,
    manualSelector: true,
    selector,
    template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } },
    ...more,
  },
  ...(status !== undefined && { status }),
});
const service = (name: string, more: object, status?: object) => ({
  metadata: { name },
  spec: { clusterIP: "None", clusterIPs: ["None"], type: "ClusterIP", ...more },
  ...(status !== undefined && { status }),
});
const event = (name: string, more: object) => ({
  metadata: { name },
  involvedObject: { kind: "Pod", name: "p", namespace: "default", fieldPath: "spec.containers{main}" },
  ...more,
});
const node = (name: string, more: object, status?: object) => ({
  metadata: { name },
  ...more,
  ...(status && { status }),
});
const nodeInfo = {
  kubeletVersion: "v1.37.2",
  osImage: "Linux",
  kernelVersion: "6.1",
  containerRuntimeVersion: "containerd://2",
  architecture: "amd64",
  machineID: "",
  systemUUID: "",
  bootID: "",
  kubeProxyVersion: "",
  operatingSystem: "linux",
};

const cases: readonly Case[] = [
  pods,
  {
    of: "Deployments",
    path: inDefault("deployments", apps),
    objects: [
      {
        metadata: { name: "web" },
        spec: { replicas: 3, selector, template },
        status: { replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 },
      } as object,
      { metadata: { name: "none" }, spec: { replicas: 0, selector, template } } as object,
    ],
  },
  {
    of: "ReplicaSets",
    path: inDefault("replicasets", apps),
    objects: [
      {
        metadata: { name: "web" },
        spec: { replicas: 3, selector, template },
        status: { replicas: 2, readyReplicas: 1 },
      } as object,
    ],
  },
  {
    of: "StatefulSets",
    path: inDefault("statefulsets", apps),
    objects: [
      {
        metadata: { name: "db" },
        spec: { replicas: 3, serviceName: "db", selector, template },
        status: { replicas: 2, readyReplicas: 1 },
      } as object,
    ],
  },
  {
    of: "DaemonSets",
    path: inDefault("daemonsets", apps),
    objects: [
      {
        metadata: { name: "agent" },
        spec: { selector, template },
        status: { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 2, numberReady: 3 },
      } as object,
    ],
  },
  {
    of: "Jobs",
    path: inDefault("jobs", "/apis/batch/v1"),
    objects: [
      job("new", { completions: 3 }),
      job("many", { completions: null, parallelism: 4 }),
      job("runs", { completions: 2 }, { startTime: ago(600), active: 1, ready: 0, uncountedTerminatedPods: {} }),
      job("suspended", { completions: 1, suspend: true }, { conditions: [{ type: "Suspended", status: "True" }] }),
    ],
  },
  {
    of: "Services",
    path: inDefault("services"),
    objects: [
      service("plain", {
        selector: { b: "1", a: "2" },
        ports: [
          { name: "a", port: 80, protocol: "TCP" },
          { name: "b", port: 53, protocol: "UDP" },
        ],
      }),
      service("outside", { externalIPs: ["1.2.3.4", "1.2.3.5"], ports: [{ port: 80, protocol: "TCP" }] }),
      { metadata: { name: "elsewhere" }, spec: { type: "ExternalName", externalName: "example.com" } } as object,
    ],
  },
  {
    of: "Events",
    path: inDefault("events"),
    objects: [
      event("old", {
        firstTimestamp: ago(9000),
        lastTimestamp: ago(60),
        count: 4,
        reason: "BackOff",
        message: " waits\n",
        type: "Warning",
        source: { component: "kubelet", host: "n" },
      }),
      event("plain", { type: "Normal", reason: "R" }),
    ],
  },
  {
    of: "Nodes",
    path: "/api/v1/nodes",
    objects: [
      node(
        "n1",
        {},
        {
          conditions: [ready],
          nodeInfo,
          addresses: [
            { type: "InternalIP", address: "10.0.0.5" },
            { type: "ExternalIP", address: "1.1.1.1" },
          ],
        },
      ),
      {
        metadata: {
          name: "n2",
          labels: {
            "node-role.kubernetes.io/worker": "",
            "node-role.kubernetes.io/control-plane": "",
            "kubernetes.io/role": "x",
          },
        },
        spec: { unschedulable: true },
        status: { conditions: [{ type: "Ready", status: "False" }] },
      } as object,
      node("n3", {}),
    ],
  },
  {
    of: "ConfigMaps",
    path: inDefault("configmaps"),
    objects: [
      { metadata: { name: "c" }, data: { a: "1" }, binaryData: { b: "eA==" } } as object,
      { metadata: { name: "d" } },
    ],
  },
  {
    of: "Secrets",
    path: inDefault("secrets"),
    objects: [{ metadata: { name: "s" }, type: "Opaque", data: { a: "eA==" } } as object],
  },
  { of: "Namespaces", path: "/api/v1/namespaces", objects: [{ metadata: { name: "shop" } }] },
];

const columns = [
  { name: "Size", type: "integer", jsonPath: ".spec.size" },
  { name: "Text", type: "string", jsonPath: ".spec.size", description: "as text", priority: 1 },
  { name: "Ratio", type: "number", jsonPath: ".spec.ratio", format: "double" },
  { name: "Fine", type: "boolean", jsonPath: ".spec.fine" },
  { name: "Since", type: "date", jsonPath: ".spec.since" },
  { name: "First", type: "string", jsonPath: ".spec.list[0]" },
  { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: "Label", type: "string", jsonPath: ".metadata.labels.app\\.kubernetes\\.io/name" },
];
const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const definition = (plural: string, additionalPrinterColumns?: object[]) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.clux.dev` },
  spec: {
    group: "clux.dev",
    scope: "Namespaced",
    names: { plural, kind: plural },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: open },
        ...(additionalPrinterColumns && { additionalPrinterColumns }),
      },
    ],
  },
});
const custom = (plural: string, name: string, more: object) => ({
  apiVersion: "clux.dev/v1",
  kind: plural,
  metadata: { name, labels: { "app.kubernetes.io/name": "n" } },
  ...more,
});

bothServersForAllTests();

async function make(side: Side, path: string, object: Case["objects"][number]): Promise<void> {
  const { status, ...main } = object;
  const created = await send(side, { does: "create", method: "POST", path, body: main });
  expect(created).toMatchObject({ status: 201 });
  if (status === undefined) return;
  const { name } = (object as { metadata: { name: string } }).metadata;
  const patched = await send(side, {
    does: "judge",
    method: "PATCH",
    path: `${path}/${name}/status`,
    type: merge,
    body: { status },
  });
  expect(patched).toMatchObject({ status: 200 });
}

/** A Table without times, descriptions and who made what when. */
async function table(side: Side, path: string) {
  const { status, body } = await send(side, { does: "list", method: "GET", path, accept });
  const { columnDefinitions, rows, metadata, ...rest } = body;
  return {
    status,
    ...rest,
    columns: columnDefinitions.map(({ description: _description, ...column }: { description: string }) => column),
    rows: rows.map(
      ({ cells, conditions, object }: { cells: unknown[]; conditions?: object[]; object: object | null }) => ({
        // An object made a moment ago is a second older or younger there.
        cells: cells.map((cell) =>
          typeof cell === "string" ? cell.replace(/^\d+s$/, "<seconds>").replace(/\(\d+s/, "(<seconds>") : cell,
        ),
        conditions,
        ...(object !== null && { object: Object.keys(object).sort() }),
      }),
    ),
  };
}

describe("Tables are those of a real kube-apiserver:", () => {
  test.each(cases)("$of", async ({ path, objects }) => {
    for (const side of sides) for (const object of objects) await make(side, path, object);
    const [there, here] = await Promise.all(sides.map((side) => table(side, path)));
    expect(here.rows.length).toBeGreaterThanOrEqual(objects.length);
    // A real server has objects of its own.
    const known = new Set(here.rows.map(({ cells }: { cells: unknown[] }) => JSON.stringify(cells)));
    const names = new Set(here.rows.flatMap(({ cells }: { cells: unknown[] }) => cells));
    there.rows = there.rows.filter(
      ({ cells }: { cells: unknown[] }) => known.has(JSON.stringify(cells)) || names.has(cells[0]),
    );
    expect(here).toEqual(there);
  });

  test.each([
    { plural: "plains", printerColumns: undefined },
    { plural: "widgets", printerColumns: columns },
  ])("custom resources: $plural", async ({ plural, printerColumns }) => {
    const path = `/apis/clux.dev/v1/namespaces/default/${plural}`;
    for (const side of sides) {
      await send(side, {
        does: "define",
        method: "POST",
        path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        body: definition(plural, printerColumns),
      });
      await vi.waitFor(async () => expect((await send(side, { does: "wait", method: "GET", path })).status).toBe(200), {
        timeout: 30_000,
      });
      await make(
        side,
        path,
        custom(plural, "a", { spec: { size: 3, ratio: 0.5, fine: true, since: ago(600), list: ["x", "y"] } }),
      );
      await make(
        side,
        path,
        custom(plural, "b", { spec: { size: "x", ratio: 2, fine: "no", since: "never", list: [] } }),
      );
      await make(side, path, custom(plural, "c", {}));
    }
    const [there, here] = await Promise.all(sides.map((side) => table(side, path)));
    expect(here).toEqual(there);
  });

  test.each(["?includeObject=None", "?includeObject=Object", "?includeObject=Metadata", "?includeObject=Nonsense"])(
    "%s",
    async (query) => {
      const path = `/api/v1/namespaces/kube-system${query}`;
      const answers = await Promise.all(sides.map((side) => send(side, { does: "get", method: "GET", path, accept })));
      const [there, here] = answers.map(({ status, body }) => [
        status,
        body.kind,
        Object.keys(body.rows?.[0]?.object ?? {}).sort(),
      ]);
      expect(here).toEqual(there);
    },
  );
});
