import type { StructuralSchema } from "../kubernetes/schema.ts";

/** Pods that differ in what they have and lack. */
export const pods: readonly Readonly<Record<string, unknown>>[] = [
  pod("checkout-7c9d8-x2x1z", {
    labels: { app: "checkout", "app.kubernetes.io/version": "1.12.3" },
    annotations: { "example.com/config": "{}", empty: "" },
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: "checkout-7c9d8", uid: "u1", controller: true },
    ],
  }),
  pod(
    "crashing",
    { labels: { app: "api", tier: "backend" } },
    [{ waiting: { reason: "CrashLoopBackOff" } }, { running: { startedAt: "2026-01-31T12:00:00Z" } }],
    7,
  ),
  pod(
    "killed",
    { deletionTimestamp: "2026-01-31T12:30:00Z", finalizers: ["example.com/a"] },
    [{ terminated: { reason: "OOMKilled", exitCode: 137 } }],
    1,
  ),
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "bare", namespace: "default" },
    spec: { containers: [] },
    status: {},
  },
  { apiVersion: "v1", kind: "Pod", metadata: { name: "empty" } },
];

function pod(
  name: string,
  metadata: Readonly<Record<string, unknown>>,
  states: readonly unknown[] = [{ running: { startedAt: "2026-01-31T12:00:00.123456Z" } }],
  restartCount = 0,
): Record<string, unknown> {
  const names = states.map((_, index) => ["app", "sidecar", "proxy"][index] ?? "other");
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "shop",
      uid: "00000000-0000-4000-8000-000000000001",
      generation: 3,
      creationTimestamp: "2026-01-31T11:00:00Z",
      ...metadata,
    },
    spec: {
      nodeName: "node-1",
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      hostNetwork: restartCount > 5,
      priority: -10,
      containers: names.map((container, index) => ({
        name: container,
        image: `registry.example.com:5000/shop/${container}:1.${index}.0-rc.1`,
        args: ["--port", String(8080 + index), "--verbose"].slice(0, index + 2),
        env: [
          { name: "HOME", value: "/root" },
          { name: "TOKEN", valueFrom: { secretKeyRef: { name: "t", key: "k" } } },
        ],
        ports: [{ name: "http", containerPort: 8080 + index, protocol: "TCP" }],
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "0.25Gi" } },
        livenessProbe: { httpGet: { path: "/healthz", port: index === 0 ? "http" : 8080 }, periodSeconds: 10 },
      })),
      tolerations: [
        { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
      ],
    },
    status: {
      phase: "Running",
      podIP: "10.1.0.17",
      podIPs: [{ ip: "10.1.0.17" }, { ip: "fd00::17" }],
      startTime: "2026-01-31T11:00:05Z",
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type, index) => ({
        type,
        status: index < 2 || restartCount === 0 ? "True" : "False",
        lastTransitionTime: `2026-01-31T11:0${index}:00Z`,
      })),
      containerStatuses: names.map((container, index) => ({
        name: container,
        ready: restartCount === 0,
        restartCount: restartCount + index,
        state: states[index],
        lastState: {},
      })),
    },
  };
}

const text = { type: "string" };
const int = { type: "integer" };
const bool = { type: "boolean" };
const time = { type: "string", format: "date-time" };
const texts = { type: "object", additionalProperties: text };
const object = (properties: Readonly<Record<string, StructuralSchema>>): StructuralSchema => ({
  type: "object",
  properties,
});
const array = (items: StructuralSchema): StructuralSchema => ({ type: "array", items });

/** What a CustomResourceDefinition would say of them. */
export const podSchema: StructuralSchema = object({
  apiVersion: text,
  kind: text,
  metadata: object({
    name: text,
    generateName: text,
    namespace: text,
    uid: text,
    generation: int,
    creationTimestamp: time,
    deletionTimestamp: time,
    labels: texts,
    annotations: texts,
    finalizers: array(text),
    ownerReferences: array(object({ apiVersion: text, kind: text, name: text, uid: text, controller: bool })),
  }),
  spec: object({
    nodeName: text,
    restartPolicy: text,
    terminationGracePeriodSeconds: int,
    hostNetwork: bool,
    priority: int,
    containers: array(
      object({
        name: text,
        image: text,
        args: array(text),
        env: array(object({ name: text, value: text, valueFrom: object({ secretKeyRef: texts }) })),
        ports: array(object({ name: text, containerPort: int, protocol: text })),
        resources: object({ requests: texts, limits: texts }),
        livenessProbe: object({
          httpGet: object({ path: text, port: { "x-kubernetes-int-or-string": true } }),
          periodSeconds: int,
        }),
      }),
    ),
    tolerations: array(object({ key: text, operator: text, effect: text, tolerationSeconds: int })),
  }),
  status: object({
    phase: text,
    podIP: text,
    podIPs: array(object({ ip: text })),
    startTime: time,
    conditions: array(object({ type: text, status: text, reason: text, lastTransitionTime: time })),
    containerStatuses: array(
      object({
        name: text,
        ready: bool,
        restartCount: int,
        state: object({
          waiting: object({ reason: text }),
          running: object({ startedAt: time }),
          terminated: object({ reason: text, exitCode: int }),
        }),
        lastState: object({}),
      }),
    ),
  }),
});
