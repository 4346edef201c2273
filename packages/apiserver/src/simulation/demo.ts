import { ApiError, type KubeObject, RawApi, type Transport } from "@kubecast/kube";
import { newNode } from "./node.ts";
import { scriptAnnotation } from "./script.ts";
import type { Container, Pod, PodSpec, Quantities } from "./types.ts";

/**
 * What goes wrong in the demo, and when: the one place to tune it. Durations are
 * simulated time, so at the demo's speed of 10 each 10 s are one second of the
 * viewer's. The comments give those seconds, from the start: when the trouble
 * begins, and when it is over.
 */
export const demoScripts = {
  /** 0-7 s */
  imagePull: "image-pull-failed; recover-after=60s; repeat-after=8m",
  /** 0-11 s */
  unschedulable: "unschedulable; recover-after=110s",
  /** 2-10 s */
  configError: "config-error; missing=secret/ledger-db; begin-after=20s; recover-after=80s; repeat-after=8m",
  /** 3-12 s */
  crashLoop: "crash-loop; begin-after=30s; run-for=5s; recover-after=60s; repeat-after=8m",
  /** 4-14 s */
  notReady: "not-ready; begin-after=40s; recover-after=100s; repeat-after=8m",
  /** 6 s */
  evicted: "evicted; begin-after=60s",
  /** 8 s */
  failed: "failed; begin-after=80s",
  /** 10 s, an instant */
  oomKilled: "oom-killed; begin-after=100s; repeat-after=5m",
  /** 12-18 s; the node's script, its Pods follow */
  nodeLost: "lost; begin-after=120s; recover-after=60s; repeat-after=8m",
  healthy: "healthy",
} as const satisfies Record<string, string>;

/** The speed that `demoScripts` are made for. */
export const demoSpeed = 10;

type Script = keyof typeof demoScripts;

interface Workload {
  readonly kind: "Deployment" | "StatefulSet" | "DaemonSet" | "Job";
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  /** What follows the workload's name in each Pod's, and its script. */
  readonly pods: Readonly<Record<string, Script>>;
  readonly resources?: { requests?: Quantities; limits?: Quantities };
  readonly spec?: Partial<PodSpec>;
}

const small = { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } };
const large = { requests: { cpu: "2", memory: "4Gi" }, limits: { cpu: "2", memory: "4Gi" } };
const job: Partial<PodSpec> = { restartPolicy: "Never" };

const workloads: readonly Workload[] = [
  {
    kind: "Deployment",
    namespace: "shop",
    name: "frontend",
    image: "registry.example.com/shop/frontend:2.14.0",
    pods: { "6d5f8b7c9d-4xk2p": "healthy", "6d5f8b7c9d-t8wzn": "healthy" },
  },
  {
    kind: "Deployment",
    namespace: "shop",
    name: "cart",
    image: "registry.example.com/shop/cart:1.9.3",
    pods: { "7b9c6d4f58-q7lmv": "healthy" },
  },
  {
    kind: "Deployment",
    namespace: "shop",
    name: "search",
    image: "registry.example.com/shop/search:3.2.1",
    pods: { "5c8d9f7b66-hj2vd": "notReady" },
  },
  {
    kind: "Deployment",
    namespace: "shop",
    name: "recommendations",
    image: "registry.example.com/shop/recommendations:0.8.0-rc1",
    pods: { "84f6c5d7b9-mzq5r": "imagePull" },
  },
  {
    kind: "DaemonSet",
    namespace: "shop",
    name: "edge-cache",
    image: "docker.io/varnish:7.7",
    pods: { n6v4k: "healthy" },
    spec: {
      nodeSelector: { pool: "edge" },
      tolerations: [{ operator: "Exists" }],
    },
  },
  {
    kind: "Deployment",
    namespace: "payments",
    name: "checkout",
    image: "registry.example.com/payments/checkout:4.1.7",
    pods: { "7c9d8f6b5d-x2k9p": "crashLoop" },
  },
  {
    kind: "Deployment",
    namespace: "payments",
    name: "gateway",
    image: "registry.example.com/payments/gateway:2.0.5",
    pods: { "6f7d5c9b84-d4tzc": "healthy", "6f7d5c9b84-w9gkb": "healthy" },
  },
  {
    kind: "Deployment",
    namespace: "payments",
    name: "ledger-sync",
    image: "registry.example.com/payments/ledger-sync:1.3.0",
    pods: { "58b6c7f9d4-s5rnx": "configError" },
  },
  {
    kind: "Job",
    namespace: "payments",
    name: "reconcile-29401",
    image: "registry.example.com/payments/reconcile:1.0.12",
    pods: { k8dwf: "failed" },
    spec: job,
  },
  {
    kind: "StatefulSet",
    namespace: "data",
    name: "postgres",
    image: "docker.io/library/postgres:17.2",
    pods: { "0": "healthy" },
    resources: large,
  },
  {
    kind: "StatefulSet",
    namespace: "data",
    name: "session-store",
    image: "docker.io/valkey/valkey:8.1",
    pods: { "0": "healthy" },
  },
  {
    kind: "Deployment",
    namespace: "data",
    name: "warehouse-loader",
    image: "registry.example.com/data/warehouse-loader:5.0.2",
    pods: { "66d9b8f7c5-b2hqj": "oomKilled" },
  },
  {
    kind: "Deployment",
    namespace: "data",
    name: "analytics",
    image: "registry.example.com/data/analytics:2.7.4",
    pods: { "79c5f8d6b7-r6pvl": "unschedulable" },
    resources: large,
  },
  {
    kind: "Deployment",
    namespace: "data",
    name: "etl",
    image: "registry.example.com/data/etl:1.15.0",
    pods: { "5f8c7d9b6f-z9xtm": "evicted" },
  },
];

/** Whom to ask, and until when. */
export interface DemoOptions {
  /** Other scripts than those of `demoScripts`. */
  readonly scripts?: Partial<Record<Script, string>>;
  /** Stops the making of objects; those that are there stay. */
  readonly signal?: AbortSignal;
}

/**
 * Creates the demo's namespaces, its edge node, and its workloads with their Pods;
 * what exists stays as it is. The Pods live by their scripts once `startSimulation`
 * runs on the same server, at `demoSpeed`. Rejects with the transport's error.
 */
export async function demoCluster(transport: Transport, options: DemoOptions = {}): Promise<void> {
  const scripts = { ...demoScripts, ...options.scripts };
  const create = async (api: RawApi, object: KubeObject): Promise<KubeObject> => {
    const requestOptions = options.signal === undefined ? {} : { signal: options.signal };
    try {
      return await transport.request<KubeObject>(api.create(object), requestOptions);
    } catch (error) {
      if (!(error instanceof ApiError && error.isAlreadyExists)) throw error;
      return transport.request<KubeObject>(api.get(object.metadata.name ?? ""), requestOptions);
    }
  };

  for (const name of new Set(workloads.map(({ namespace }) => namespace))) {
    await create(RawApi.v1Namespace(), { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  const edge = newNode("edge-1", { pool: "edge" });
  edge.metadata.annotations = { ...edge.metadata.annotations, [scriptAnnotation]: scripts.nodeLost };
  edge.spec = { ...edge.spec, taints: [{ key: "pool", value: "edge", effect: "NoSchedule" }] };
  await create(RawApi.v1Node(), edge);

  for (const workload of workloads) {
    const owner = await createOwners(workload, create);
    for (const [suffix, script] of Object.entries(workload.pods)) {
      await create(RawApi.v1Pod().within(workload.namespace), podOf(workload, owner, suffix, scripts[script]));
    }
  }
}

/** The object that controls the Pods: a Deployment's are controlled by its ReplicaSet. */
async function createOwners(
  workload: Workload,
  create: (api: RawApi, object: KubeObject) => Promise<KubeObject>,
): Promise<KubeObject> {
  const { kind, namespace, name, pods } = workload;
  const replicas = Object.keys(pods).length;
  const selector = { matchLabels: { "app.kubernetes.io/name": name } };
  const template = { metadata: { labels: labels(workload) }, spec: podSpec(workload) };
  const metadata = { name, namespace, labels: labels(workload) };
  switch (kind) {
    case "Job": {
      const object = { apiVersion: "batch/v1", kind, metadata, spec: { template, backoffLimit: 0 } };
      return create(RawApi.v1Job().within(namespace), object);
    }
    case "DaemonSet": {
      const object = { apiVersion: "apps/v1", kind, metadata, spec: { selector, template } };
      return create(RawApi.v1DaemonSet().within(namespace), object);
    }
    case "StatefulSet": {
      const object = {
        apiVersion: "apps/v1",
        kind,
        metadata,
        spec: { replicas, serviceName: name, selector, template },
      };
      return create(RawApi.v1StatefulSet().within(namespace), object);
    }
    case "Deployment": {
      const spec = { replicas, selector, template };
      const deployment = { apiVersion: "apps/v1", kind, metadata, spec };
      const owner = await create(RawApi.v1Deployment().within(namespace), deployment);
      const hash = templateHash(pods);
      const set = { ...metadata, name: `${name}-${hash}`, ownerReferences: [reference(owner)] };
      const replicaSet = { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: set, spec };
      return create(RawApi.v1ReplicaSet().within(namespace), replicaSet);
    }
  }
}

function podOf(workload: Workload, owner: KubeObject, suffix: string, script: string): Pod {
  const { kind, namespace, name, pods } = workload;
  const hash = kind === "Deployment" ? { "pod-template-hash": templateHash(pods) } : {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${name}-${suffix}`,
      namespace,
      labels: { ...labels(workload), ...hash },
      annotations: { [scriptAnnotation]: script },
      ownerReferences: [reference(owner)],
    },
    spec: podSpec(workload),
  };
}

function podSpec({ kind, name, image, resources = small, spec = {} }: Workload): PodSpec {
  const container: Container = { name, image, resources };
  if (kind !== "Job") container.readinessProbe = { httpGet: { path: "/ready", port: 8080 } };
  return { containers: [container], ...spec };
}

function labels({ namespace, name }: Workload): Record<string, string> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace, team: namespace };
}

function templateHash(pods: Workload["pods"]): string {
  return Object.keys(pods)[0]?.split("-")[0] ?? "";
}

function reference({ apiVersion = "", kind = "", metadata }: KubeObject) {
  const { name = "", uid = "" } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
