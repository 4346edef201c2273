/** Pods as a cluster has them, some 5 KB of JSON each; most are well. Made anew from the number, so the same in every run. */
export function pods(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => JSON.parse(JSON.stringify(pod(index))) as Record<string, unknown>);
}

function pod(index: number): unknown {
  const waiting = index % 4 === 0;
  const names = ["app", "sidecar"];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `checkout-${index}`,
      namespace: "shop",
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
      resourceVersion: String(1000 + index),
      creationTimestamp: "2026-01-31T12:00:00Z",
      labels: { app: "checkout", team: "payments", "pod-template-hash": "7c9d8f6b5" },
      annotations: { "example.com/config": "x".repeat(600) },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "checkout", uid: "r", controller: true }],
      ...(index % 9 === 0 && { deletionTimestamp: "2026-01-31T12:30:00Z", finalizers: ["example.com/a"] }),
    },
    spec: {
      nodeName: `node-${index % 5}`,
      restartPolicy: "Always",
      containers: names.map((name) => ({
        name,
        image: `registry.example.com/shop/${name}:1.${index}`,
        env: Array.from({ length: 12 }, (_, each) => ({ name: `SETTING_${each}`, value: "v".repeat(30) })),
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
        volumeMounts: [{ name: "config", mountPath: "/etc/config" }],
      })),
      volumes: [{ name: "config", configMap: { name: "config" } }],
    },
    status: {
      phase: index % 7 === 0 ? "Pending" : index % 13 === 0 ? "Failed" : "Running",
      ...(index % 13 === 0 && { reason: "Evicted", message: "the node was low on memory" }),
      hostIP: "10.0.0.1",
      podIP: `10.1.0.${index}`,
      startTime: "2026-01-31T12:00:00Z",
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
        type,
        status: index % 5 === 0 ? "False" : "True",
        ...(index % 5 === 0 && { reason: "Unschedulable", message: "0/5 nodes are available" }),
        lastTransitionTime: "2026-01-31T12:00:00Z",
      })),
      containerStatuses: names.map((name, each) => ({
        name,
        ready: !waiting,
        restartCount: (index * (each + 1)) % 10,
        image: `registry.example.com/shop/${name}:1.${index}`,
        imageID: `sha256:${"0".repeat(64)}`,
        state: waiting
          ? { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s restarting failed container" } }
          : { running: { startedAt: "2026-01-31T12:00:00Z" } },
        lastState: index % 6 === 0 ? { terminated: { reason: "OOMKilled", exitCode: 137 } } : {},
      })),
    },
  };
}
