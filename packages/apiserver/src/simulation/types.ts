import type { KubeObject } from "@kubecast/kube";

/** What the simulation reads and writes of a Pod; all else is left as it came. */
export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: PodStatus;
}

export interface PodSpec {
  nodeName?: string;
  schedulerName?: string;
  restartPolicy?: RestartPolicy;
  terminationGracePeriodSeconds?: number;
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
  schedulingGates?: { name: string }[];
  initContainers?: Container[];
  containers: Container[];
}

export type RestartPolicy = "Always" | "OnFailure" | "Never";

export interface Container {
  name: string;
  image?: string;
  /** `Always` makes an init container a sidecar. */
  restartPolicy?: string;
  resources?: { requests?: Quantities; limits?: Quantities };
  readinessProbe?: object;
  startupProbe?: object;
}

export type Quantities = Record<string, string | number>;

export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
}

export interface PodStatus {
  phase?: PodPhase;
  reason?: string;
  message?: string;
  conditions?: Condition[];
  hostIP?: string;
  hostIPs?: { ip: string }[];
  podIP?: string;
  podIPs?: { ip: string }[];
  startTime?: string;
  qosClass?: string;
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
}

export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
export type ConditionStatus = "True" | "False" | "Unknown";

export interface Condition {
  type: string;
  status: ConditionStatus;
  reason?: string;
  message?: string;
  lastProbeTime?: string | null;
  lastHeartbeatTime?: string;
  lastTransitionTime?: string;
}

export interface ContainerStatus {
  name: string;
  state: ContainerState;
  lastState: ContainerState;
  ready: boolean;
  restartCount: number;
  image: string;
  imageID: string;
  containerID?: string;
  started: boolean;
}

/** One member is there, or none. */
export interface ContainerState {
  waiting?: { reason: string; message?: string };
  running?: { startedAt: string };
  terminated?: Terminated;
}

export interface Terminated {
  exitCode: number;
  reason: string;
  message?: string;
  /** Absent, like the two below, for a container that never ran. */
  startedAt?: string;
  finishedAt?: string;
  containerID?: string;
}

export interface Node extends KubeObject {
  spec?: { taints?: Taint[]; unschedulable?: boolean; podCIDR?: string; podCIDRs?: string[]; providerID?: string };
  status?: NodeStatus;
}

export interface NodeStatus {
  capacity?: Quantities;
  allocatable?: Quantities;
  conditions?: Condition[];
  addresses?: { type: string; address: string }[];
  nodeInfo?: Record<string, string>;
  daemonEndpoints?: object;
}

export interface Taint {
  key: string;
  value?: string;
  effect: string;
  timeAdded?: string;
}
