import { timestamp } from "../api/timestamp.ts";
import type { Life } from "./pod-life.ts";
import type { NodeScript } from "./script.ts";
import type { Condition, Node, NodeStatus, Quantities, Taint } from "./types.ts";

/** Only nodes with this annotation are simulated, so that the nodes of a real cluster are left alone. */
export const nodeAnnotation = "simulate.kubecast.dev/node";

const capacity: Quantities = { cpu: "16", memory: "64Gi", pods: "500", "ephemeral-storage": "200Gi" };
const allocatable: Quantities = { cpu: "15800m", memory: "62Gi", pods: "500", "ephemeral-storage": "180Gi" };

const unreachable = "node.kubernetes.io/unreachable";
const notReady = "node.kubernetes.io/not-ready";

/** How often a kubelet reports a status that has not changed, in milliseconds. */
const heartbeat = 300_000;

/** A node to be created, as kubelets register themselves. */
export function newNode(name: string, labels: Record<string, string> = {}): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": "simulated",
        ...labels,
      },
      annotations: { [nodeAnnotation]: "true" },
    },
    spec: { providerID: `simulated://${name}` },
  };
}

/** A node's index (from 1) is in its addresses and those of its Pods. */
export function hostIP(index: number): string {
  return `192.168.${index >> 8}.${index & 255}`;
}

/** `serial` counts the Pods that the node has had. */
export function podIP(index: number, serial: number): string {
  // 0 and 255 are no host's.
  const host = serial % (250 * 250);
  return `10.${index & 255}.${Math.floor(host / 250)}.${(host % 250) + 2}`;
}

/** A Node as its kubelet and the node controller know it; no IO, time is given by `now`. */
export class NodeModel {
  readonly name: string;
  readonly index: number;
  readonly #now: () => number;
  readonly #before: NodeStatus;
  #conditions: Condition[];
  #state: "ready" | "lost" | "not-ready" = "ready";

  constructor(node: Node, index: number, now: () => number) {
    this.name = node.metadata.name ?? "";
    this.index = index;
    this.#now = now;
    this.#before = node.status ?? {};
    this.#conditions = structuredClone(this.#before.conditions ?? []);
  }

  get state(): "ready" | "lost" | "not-ready" {
    return this.#state;
  }

  set state(state: "ready" | "lost" | "not-ready") {
    this.#state = state;
  }

  /** A node that is lost runs on for all that is known, but nothing of it can be seen or changed. */
  get isSilent(): boolean {
    return this.#state === "lost";
  }

  /** The taints that the node controller puts on a node in this state. */
  taints(): Taint[] {
    if (this.#state === "ready") return [];
    const key = this.#state === "lost" ? unreachable : notReady;
    const timeAdded = timestamp(this.#now());
    return ["NoSchedule", "NoExecute"].map((effect) => ({ key, effect, timeAdded }));
  }

  /** The status to report now; a capacity that someone gave the node is kept. */
  status(): NodeStatus {
    this.#conditions = [
      this.#condition("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
      this.#condition("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
      this.#condition("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
      this.#state === "not-ready"
        ? this.#condition("Ready", false, "KubeletNotReady", "container runtime is down")
        : this.#condition("Ready", true, "KubeletReady", "kubelet is posting ready status"),
    ];
    const address = hostIP(this.index);
    return structuredClone({
      capacity: this.#before.capacity ?? capacity,
      allocatable: this.#before.allocatable ?? this.#before.capacity ?? allocatable,
      conditions: this.#conditions,
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: this.name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        architecture: "amd64",
        bootID: "",
        containerRuntimeVersion: "containerd://2.1.4",
        kernelVersion: "6.12.0",
        kubeProxyVersion: "",
        kubeletVersion: "v1.34.1",
        machineID: this.name,
        operatingSystem: "linux",
        osImage: "Simulated",
        systemUUID: this.name,
      },
    });
  }

  #condition(type: string, holds: boolean, reason: string, message: string): Condition {
    const now = timestamp(this.#now());
    const before = this.#conditions.find((condition) => condition.type === type);
    const isLost = this.#state === "lost";
    const status = isLost ? "Unknown" : holds ? "True" : "False";
    return {
      type,
      status,
      reason: isLost ? "NodeStatusUnknown" : reason,
      message: isLost ? "Kubelet stopped posting node status." : message,
      // The last word of a kubelet that has fallen silent is as old as it is.
      lastHeartbeatTime: isLost ? (before?.lastHeartbeatTime ?? now) : now,
      lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? now) : now,
    };
  }
}

/** A node's life, heartbeats included; see `Life` for what it yields. */
export function* nodeLife(node: NodeModel, script: NodeScript): Life {
  const { behaviour, recoverAfter, repeatAfter } = script;
  node.state = "ready";
  if (behaviour === "healthy") return yield* beat(Number.POSITIVE_INFINITY);
  yield* beat(script.beginAfter);
  for (;;) {
    node.state = behaviour;
    if (behaviour === "lost") yield recoverAfter;
    else yield* beat(recoverAfter);
    node.state = "ready";
    yield* beat(repeatAfter);
  }
}

function* beat(duration: number): Life {
  for (let left = duration; left > 0; left -= heartbeat) yield Math.min(left, heartbeat);
}

/** The taints to set: those of others, and the node controller's for this state. */
export function mergeTaints(observed: readonly Taint[], own: readonly Taint[]): Taint[] {
  const others = observed.filter(({ key }) => key !== unreachable && key !== notReady);
  const kept = own.map(
    (taint) => observed.find(({ key, effect }) => key === taint.key && effect === taint.effect) ?? taint,
  );
  return [...others, ...kept];
}
