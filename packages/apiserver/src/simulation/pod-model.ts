import { createHash } from "node:crypto";
import { qosClass } from "../api/quantity.ts";
import { timestamp } from "../api/timestamp.ts";
import type {
  Condition,
  ConditionStatus,
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodPhase,
  PodStatus,
} from "./types.ts";

/** The conditions that a kubelet writes for every Pod. */
const ownConditions = new Set(["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]);

/** Where a Pod runs, as its node sees it. */
export interface Place {
  readonly hostIP: string;
  readonly podIP: string;
}

/**
 * A Pod as its kubelet knows it: the containers' states change by the methods, and
 * `status` says what the kubelet would report of them. No IO; time is given by `now`.
 */
export class PodModel {
  readonly #pod: Pod;
  readonly #place: Place;
  readonly #now: () => number;
  readonly #initial: ContainerStatus[];
  readonly #main: ContainerStatus[];
  #conditions: Condition[];
  #startTime: string | undefined;
  #sandbox: boolean;
  #nodeReady = true;
  #evicted: string | undefined;
  #terminated = false;

  /** A Pod that has a status from before (a restart of the simulation) goes on from there. */
  constructor(pod: Pod, place: Place, now: () => number) {
    this.#pod = pod;
    this.#now = now;
    const before = pod.status ?? {};
    this.#place = before.podIP === undefined ? place : { ...place, podIP: before.podIP };
    this.#startTime = before.startTime;
    this.#sandbox = before.podIP !== undefined;
    this.#conditions = structuredClone(before.conditions ?? []);
    this.#initial = (pod.spec.initContainers ?? []).map(adopt(before.initContainerStatuses, "PodInitializing"));
    const reason = this.#initial.length > 0 ? "PodInitializing" : "ContainerCreating";
    this.#main = pod.spec.containers.map(adopt(before.containerStatuses, reason));
    if (before.reason === "Evicted") this.#evicted = before.message ?? "";
  }

  get pod(): Pod {
    return this.#pod;
  }
  get accepted(): boolean {
    return this.#startTime !== undefined;
  }
  get hasSandbox(): boolean {
    return this.#sandbox;
  }
  get initContainers(): readonly Container[] {
    return this.#pod.spec.initContainers ?? [];
  }
  get containers(): readonly Container[] {
    return this.#pod.spec.containers;
  }

  /** The Pod has come to its end: no container of it runs again. */
  get isOver(): boolean {
    return this.#phase() === "Succeeded" || this.#phase() === "Failed";
  }

  accept(): void {
    this.#startTime ??= timestamp(this.#now());
  }

  makeSandbox(): void {
    this.#sandbox = true;
  }

  /** Whether the restart policy starts a container anew that exited with `exitCode`. */
  restarts(exitCode: number): boolean {
    const policy = this.#pod.spec.restartPolicy ?? "Always";
    return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
  }

  isRunning(container: Container): boolean {
    return this.#status(container).state.running !== undefined;
  }

  hasExited(container: Container): boolean {
    return this.#status(container).state.terminated !== undefined;
  }

  /** Starts the container; ready at once if nothing probes it. A start after an exit is a restart. */
  start(container: Container): void {
    const status = this.#status(container);
    if (status.state.running !== undefined) return;
    if (status.state.terminated !== undefined) status.lastState = { terminated: status.state.terminated };
    if (status.lastState.terminated !== undefined) status.restartCount++;
    status.image = imageReference(container.image ?? "");
    status.imageID = `${imageRepository(status.image)}@sha256:${hash(status.image)}`;
    status.containerID = this.#containerID(container, status.restartCount);
    status.state = { running: { startedAt: timestamp(this.#now()) } };
    status.started = container.startupProbe === undefined;
    status.ready = status.started && container.readinessProbe === undefined;
  }

  /** What the container's probes say from now on. */
  probe(container: Container, succeeds: boolean): void {
    const status = this.#status(container);
    if (status.state.running === undefined) return;
    status.started ||= succeeds;
    status.ready = succeeds;
  }

  exit(container: Container, exitCode: number, reason: string): void {
    const status = this.#status(container);
    const { running } = status.state;
    if (running === undefined) return;
    const containerID = status.containerID ?? "";
    const finishedAt = timestamp(this.#now());
    status.state = { terminated: { exitCode, reason, startedAt: running.startedAt, finishedAt, containerID } };
    status.started = false;
    // An init container that did its work counts as ready.
    status.ready = exitCode === 0 && this.#initial.includes(status);
  }

  wait(container: Container, reason: string, message: string): void {
    const status = this.#status(container);
    if (status.state.terminated !== undefined) status.lastState = { terminated: status.state.terminated };
    status.state = { waiting: { reason, message } };
    status.started = false;
    status.ready = false;
  }

  /** The node puts the Pod out: every container is killed, and the Pod has failed. */
  evict(message: string): void {
    for (const container of this.containers) this.exit(container, 137, "Error");
    this.#evicted = message;
  }

  /** What a graceful deletion leaves: everything has ended, one way or the other. */
  terminate(): void {
    this.#terminated = true;
    for (const container of [...this.initContainers, ...this.containers]) {
      this.exit(container, 0, "Completed");
      const status = this.#status(container);
      if (status.state.waiting === undefined) continue;
      const message = "The container could not be located when the pod was terminated";
      status.state = { terminated: { exitCode: 137, reason: "ContainerStatusUnknown", message } };
    }
  }

  /** A node that is not ready makes its Pods not ready, whatever their containers do. */
  set nodeReady(ready: boolean) {
    this.#nodeReady = ready;
  }

  /** Takes over the conditions that others write, such as those of readiness gates. */
  observe(conditions: readonly Condition[]): void {
    this.#conditions = [
      ...this.#conditions.filter(({ type }) => ownConditions.has(type)),
      ...conditions.filter(({ type }) => !ownConditions.has(type)),
    ];
  }

  /** The status to report now; a condition's transition time moves only when its status does. */
  status(): PodStatus {
    const phase = this.#phase();
    const { hostIP, podIP } = this.#place;
    this.#conditions = this.#conditionsNow(phase);
    const status: PodStatus = {
      phase,
      conditions: this.#conditions,
      hostIP,
      hostIPs: [{ ip: hostIP }],
      qosClass: this.#pod.status?.qosClass ?? qosClass(this.#pod.spec),
      containerStatuses: this.#main,
    };
    if (this.#startTime !== undefined) status.startTime = this.#startTime;
    if (this.#sandbox) Object.assign(status, { podIP, podIPs: [{ ip: podIP }] });
    if (this.#initial.length > 0) status.initContainerStatuses = this.#initial;
    if (this.#evicted !== undefined) Object.assign(status, { reason: "Evicted", message: this.#evicted });
    return structuredClone(status);
  }

  #status(container: Container): ContainerStatus {
    const status = [...this.#initial, ...this.#main].find(({ name }) => name === container.name);
    if (status === undefined) throw new Error(`Pod ${this.#pod.metadata.name} has no container ${container.name}`);
    return status;
  }

  /** The init containers that keep the Pod from being initialized. */
  #uninitialized(): string[] {
    return this.initContainers
      .filter((container) => {
        const { state, started } = this.#status(container);
        return container.restartPolicy === "Always" ? !started && state.terminated === undefined : !ended(state, 0);
      })
      .map(({ name }) => name);
  }

  /** The kubelet's rule: what waits for its first run counts as waiting, what waits for a restart as stopped. */
  #phase(): PodPhase {
    if (this.#evicted !== undefined) return "Failed";
    const states = this.#main.map(({ state, lastState }) =>
      state.waiting && lastState.terminated ? lastState : state,
    );
    if (states.every((state) => state.terminated !== undefined)) {
      const codes = states.map((state) => state.terminated?.exitCode ?? 0);
      const again = !this.#terminated && codes.some((code) => this.restarts(code));
      if (!again) return codes.every((code) => code === 0) ? "Succeeded" : "Failed";
    }
    return states.some((state) => state.waiting) || this.#uninitialized().length > 0 ? "Pending" : "Running";
  }

  #conditionsNow(phase: PodPhase): Condition[] {
    const over = phase === "Succeeded" || phase === "Failed";
    const uninitialized = this.#uninitialized();
    const unready = this.#main.filter(({ ready }) => !ready).map(({ name }) => name);
    const whyUnready: [string, string?] =
      phase === "Succeeded"
        ? ["PodCompleted"]
        : phase === "Failed"
          ? ["PodFailed"]
          : ["ContainersNotReady", `containers with unready status: [${unready.join(" ")}]`];
    const containersReady = unready.length === 0 && uninitialized.length === 0 && !over;
    const own = [
      this.#condition("PodReadyToStartContainers", this.#sandbox && !over),
      uninitialized.length === 0 || over
        ? this.#condition("Initialized", true, ...(phase === "Succeeded" ? ["PodCompleted"] : []))
        : this.#condition(
            "Initialized",
            false,
            "ContainersNotInitialized",
            `containers with incomplete status: [${uninitialized.join(" ")}]`,
          ),
      containersReady && !this.#nodeReady
        ? this.#condition("Ready", false)
        : this.#condition("Ready", containersReady, ...(containersReady ? [] : whyUnready)),
      this.#condition("ContainersReady", containersReady, ...(containersReady ? [] : whyUnready)),
      this.#condition("PodScheduled", true),
    ];
    const others = this.#conditions.filter(({ type }) => !ownConditions.has(type));
    if (this.#evicted === undefined) return [...own, ...others];
    const disruption = this.#condition("DisruptionTarget", true, "TerminationByKubelet", this.#evicted);
    return [disruption, ...own, ...others.filter(({ type }) => type !== "DisruptionTarget")];
  }

  #condition(type: string, holds: boolean, reason?: string, message?: string): Condition {
    const status: ConditionStatus = holds ? "True" : "False";
    const before = this.#conditions.find((condition) => condition.type === type);
    const condition: Condition = { type, status, lastProbeTime: null };
    condition.lastTransitionTime =
      before?.status === status && before.lastTransitionTime !== undefined
        ? before.lastTransitionTime
        : timestamp(this.#now());
    if (reason !== undefined) condition.reason = reason;
    if (message !== undefined) condition.message = message;
    return condition;
  }

  #containerID(container: Container, restart: number): string {
    return `containerd://${hash(`${this.#pod.metadata.uid}/${container.name}/${restart}`)}`;
  }
}

function adopt(before: ContainerStatus[] | undefined, reason: string): (container: Container) => ContainerStatus {
  return ({ name, image = "" }) => {
    const status = before?.find((status) => status.name === name);
    if (status !== undefined) return { ...structuredClone(status), lastState: structuredClone(status.lastState ?? {}) };
    const state: ContainerState = { waiting: { reason } };
    return { name, state, lastState: {}, ready: false, restartCount: 0, image, imageID: "", started: false };
  };
}

function ended(state: ContainerState, exitCode: number): boolean {
  return state.terminated?.exitCode === exitCode;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** `nginx` as the container runtime calls it: `docker.io/library/nginx:latest`. */
export function imageReference(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const path = hasRegistry ? image : rest.length > 0 ? `docker.io/${image}` : `docker.io/library/${image}`;
  return /[:@][^/]*$/.test(path) ? path : `${path}:latest`;
}

function imageRepository(reference: string): string {
  return reference.replace(/(@|:)[^/]*$/, "");
}
