import type { Container, ContainerStatus, Pod } from "@kubecast/kube/core/v1";
import { age, type Columns, column, orNone, wide } from "./columns.ts";

/** What `kubectl get pods` shows (k8s.io/kubernetes, pkg/printers/internalversion). */
export const podColumns: Columns<Pod> = {
  columns: [
    ...["Name", "Ready", "Status", "Restarts", "Age"].map((name) => column(name)),
    ...["IP", "Node", "Nominated Node", "Readiness Gates"].map(wide),
  ],
  cells(pod, now) {
    const { reason, ready, restarts, lastRestart } = summary(pod);
    const sidecars = (pod.spec?.initContainers ?? []).filter(isSidecar).length;
    const total = (pod.spec?.containers.length ?? 0) + sidecars;
    const restarted = restarts > 0 && lastRestart !== undefined ? ` (${age(lastRestart, now)} ago)` : "";
    return [
      pod.metadata.name,
      `${ready}/${total}`,
      reason,
      `${restarts}${restarted}`,
      age(pod.metadata.creationTimestamp, now),
      orNone(pod.status?.podIPs?.[0]?.ip),
      orNone(pod.spec?.nodeName),
      orNone(pod.status?.nominatedNodeName),
      readinessGates(pod),
    ];
  },
  conditions({ status }) {
    const phase = status?.phase;
    if (phase !== "Succeeded" && phase !== "Failed") return undefined;
    const message = phase === "Failed" ? "The pod failed." : "The pod has completed successfully.";
    return [{ type: "Completed", status: "True", reason: phase, message }];
  },
};

interface Summary {
  readonly reason: string;
  readonly ready: number;
  readonly restarts: number;
  /** RFC 3339. */
  readonly lastRestart: string | undefined;
}

function summary(pod: Pod): Summary {
  const { phase = "", reason: given, conditions = [] } = pod.status ?? {};
  const gated = conditions.some(({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated");
  const start = gated ? "SchedulingGated" : given || phase;
  const initial = initSummary(pod, start);
  const initialized = conditions.find(({ type }) => type === "Initialized")?.status === "True";
  const shown = initial.initializing && !initialized ? initial : mainSummary(pod, initial);
  return { ...shown, reason: endingReason(pod) ?? shown.reason };
}

function endingReason({ metadata, status }: Pod): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined;
  if (status?.reason === "NodeLost") return "Unknown";
  return status?.phase === "Succeeded" || status?.phase === "Failed" ? undefined : "Terminating";
}

interface InitSummary extends Summary {
  readonly initializing: boolean;
  /** Of those that go on to run beside the Pod's containers. */
  readonly sidecars: Restarts;
}

function initSummary({ spec, status }: Pod, start: string): InitSummary {
  const containers = spec?.initContainers ?? [];
  const [all, sidecars] = [new Restarts(), new Restarts()];
  let ready = 0;
  let waiting: string | undefined;
  for (const [index, container] of (status?.initContainerStatuses ?? []).entries()) {
    const sidecar = containers.some((each) => each.name === container.name && isSidecar(each));
    all.add(container);
    if (sidecar) sidecars.add(container);
    const { terminated } = container.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) ready++;
      continue;
    }
    waiting = `Init:${initReason(container) ?? `${index}/${containers.length}`}`;
    break;
  }
  const { count, last } = all;
  return {
    reason: waiting ?? start,
    ready,
    restarts: count,
    lastRestart: last,
    sidecars,
    initializing: waiting !== undefined,
  };
}

function initReason({ state = {} }: ContainerStatus): string | undefined {
  if (state.terminated !== undefined) return terminationText(state.terminated);
  const reason = state.waiting?.reason;
  return reason === "PodInitializing" || reason === "" ? undefined : reason;
}

function mainSummary({ status }: Pod, { reason: start, ready: readySidecars, sidecars }: InitSummary): Summary {
  let reason = start;
  let ready = readySidecars;
  let running = false;
  let failure: string | undefined;
  for (const container of [...(status?.containerStatuses ?? [])].reverse()) {
    sidecars.add(container);
    const { state = {} } = container;
    if (state.waiting?.reason) reason = state.waiting.reason;
    else if (state.terminated !== undefined) {
      reason = terminationText(state.terminated);
      if (state.terminated.exitCode !== 0) failure = reason;
    } else if (container.ready && state.running !== undefined) {
      running = true;
      ready++;
    }
  }
  if (reason === "Completed") {
    const isReady = status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True");
    if (running && isReady) reason = "Running";
    else reason = failure ?? (running ? "NotReady" : reason);
  }
  return { reason, ready, restarts: sidecars.count, lastRestart: sidecars.last };
}

class Restarts {
  count = 0;
  last: string | undefined;

  add({ restartCount, lastState }: ContainerStatus): void {
    this.count += restartCount;
    const finished = lastState?.terminated?.finishedAt;
    if (finished && (this.last === undefined || Date.parse(finished) > Date.parse(this.last))) this.last = finished;
  }
}

function terminationText({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode: number }): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === "Always";
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const open = gates.filter(
    ({ conditionType }) => status?.conditions?.find(({ type }) => type === conditionType)?.status === "True",
  );
  return `${open.length}/${gates.length}`;
}
