import type { PlainApi } from "./api.ts";

export const namespace = "default";

export const podName = (index: number) => `checkout-api-7c9d8b5f6d-${index.toString(36).padStart(5, "0")}`;

/** Creates Pods 0 up to, not including, `count`, sixteen at a time. */
export async function createPods(api: PlainApi, count: number): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < count) {
      const name = podName(next++);
      const path = `/api/v1/namespaces/${namespace}/pods`;
      await api.send("POST", path, pod(name));
      await api.send("PATCH", `${path}/${name}/status`, { status });
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

const at = "2026-11-01T10:00:00Z";
const image = "registry.example.com/checkout/api:2.14.3";

/** What a Deployment makes of a web service with a proxy beside it: as much as Pods have in practice. */
function pod(name: string) {
  const probe = (path: string) => ({
    httpGet: { path, port: "http", scheme: "HTTP" },
    periodSeconds: 10,
    failureThreshold: 3,
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: {
        app: "checkout-api",
        "app.kubernetes.io/name": "checkout-api",
        "app.kubernetes.io/instance": "checkout-prod",
        "app.kubernetes.io/version": "2.14.3",
        "pod-template-hash": "7c9d8b5f6d",
      },
      annotations: {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "9090",
        "checksum/config": "0f343b0931126a20f133d67c",
      },
    },
    spec: {
      nodeSelector: { "kubernetes.io/os": "linux" },
      volumes: [
        { name: "config", configMap: { name: "checkout-config" } },
        { name: "tmp", emptyDir: {} },
      ],
      containers: [
        {
          name: "api",
          image,
          ports: [
            { name: "http", containerPort: 8080 },
            { name: "metrics", containerPort: 9090 },
          ],
          env: [
            { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            { name: "DATABASE_URL", valueFrom: { secretKeyRef: { name: "checkout-db", key: "url" } } },
            { name: "LOG_LEVEL", value: "info" },
            { name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://otel-collector.observability:4317" },
          ],
          resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { cpu: "1", memory: "512Mi" } },
          livenessProbe: probe("/healthz"),
          readinessProbe: probe("/readyz"),
          volumeMounts: [
            { name: "config", mountPath: "/etc/checkout" },
            { name: "tmp", mountPath: "/tmp" },
          ],
          securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
        {
          name: "envoy",
          image: "envoyproxy/envoy:v1.31.0",
          args: ["-c", "/etc/envoy/envoy.yaml"],
          ports: [{ name: "proxy", containerPort: 15001 }],
          volumeMounts: [{ name: "config", mountPath: "/etc/envoy" }],
        },
      ],
      tolerations: ["not-ready", "unreachable"].map((taint) => ({
        key: `node.kubernetes.io/${taint}`,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 300,
      })),
    },
  };
}

const container = (name: string, image: string) => ({
  name,
  image,
  imageID: `${image}@sha256:0f343b0931126a20f133d67c2b018a3b9e0a1b5f5d1e8c7ad1f3e5a6c7b8d9e0`,
  containerID: "containerd://3b9e0a1b5f5d1e8c7ad1f3e5a6c7b8d9e00f343b0931126a20f133d67c2b018a",
  ready: true,
  started: true,
  restartCount: 0,
  state: { running: { startedAt: at } },
  lastState: {},
});

const status = {
  phase: "Running",
  hostIP: "10.0.3.17",
  hostIPs: [{ ip: "10.0.3.17" }],
  podIP: "10.42.3.17",
  podIPs: [{ ip: "10.42.3.17" }],
  startTime: at,
  conditions: ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
    type,
    status: "True",
    lastTransitionTime: at,
  })),
  containerStatuses: [container("api", image), container("envoy", "envoyproxy/envoy:v1.31.0")],
};
