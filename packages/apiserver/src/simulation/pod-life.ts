import { BackOff } from "./back-off.ts";
import { imageReference, type PodModel } from "./pod-model.ts";
import type { PodScript } from "./script.ts";
import type { Container } from "./types.ts";

/**
 * A course of events: each step changes the model and yields how long nothing
 * else happens, in milliseconds of simulated time; `Infinity`: ever.
 */
export type Life = Generator<number, void, void>;

const never = Number.POSITIVE_INFINITY;

/** How long the steps of a kubelet take, in milliseconds. */
const durations = {
  accept: 200,
  /** Sandbox, network and image, drawn anew for each Pod. */
  start: { least: 500, most: 1500 },
  initContainer: 1000,
  /** Until probes succeed for the first time. */
  probe: 1000,
  /** Between a container's exit and what the kubelet does about it. */
  exit: 1000,
  /** How long a failed pull shows as such, before it shows as backing off. */
  pullError: 3000,
  /** A program that obeys SIGTERM. */
  stop: 1000,
};

/** What the steps of one trouble share. */
interface Course {
  readonly pod: PodModel;
  readonly target: Container;
  readonly script: PodScript;
  /** Outlives one trouble: a kubelet does not forget so soon. */
  readonly restarts: BackOff;
}

/** A Pod's life on its node, from wherever the model stands. `random` is in [0, 1). */
export function* podLife(pod: PodModel, script: PodScript, random: () => number): Life {
  if (pod.isOver) return;
  yield* prepare(pod, random);
  const target = pod.containers.find(({ name }) => name === script.container) ?? pod.containers[0];
  if (target === undefined) return;
  const course: Course = { pod, target, script, restarts: new BackOff() };
  let healthyFor = script.beginAfter;
  // A trouble that begins at once keeps its container from the first start.
  const hindered = healthyFor === 0 && hindersStart(script);
  yield* bringUp(pod, hindered ? pod.containers.filter((container) => container !== target) : pod.containers);
  if (script.behaviour === "healthy" || script.behaviour === "unschedulable") return yield never;
  for (;;) {
    if (!hindered || pod.isRunning(target)) yield healthyFor;
    yield* trouble(course, healthyFor);
    if (pod.isOver) return;
    healthyFor = script.repeatAfter;
  }
}

/** The end of a Pod that is being deleted; when it is through, the Pod may be removed. */
export function* podEnd(pod: PodModel, gracePeriodSeconds: number): Life {
  if (!pod.isOver) yield Math.min(durations.stop, gracePeriodSeconds * 1000);
  pod.terminate();
  yield 0;
}

/** Everything before the first container: acceptance by the node, the sandbox, the init containers. */
function* prepare(pod: PodModel, random: () => number): Life {
  if (!pod.accepted) {
    pod.accept();
    yield durations.accept;
  }
  if (!pod.hasSandbox) {
    const { least, most } = durations.start;
    pod.makeSandbox();
    yield least + random() * (most - least);
  }
  for (const container of pod.initContainers) {
    if (container.restartPolicy === "Always") {
      yield* bringUp(pod, [container]);
    } else if (!pod.hasExited(container)) {
      pod.start(container);
      yield durations.initContainer;
      pod.exit(container, 0, "Completed");
    }
  }
}

/** Starts those that do not run, until their probes are content; the last change is not yielded. */
function* bringUp(pod: PodModel, containers: readonly Container[]): Life {
  for (const container of containers) pod.start(container);
  if (containers.some(({ readinessProbe, startupProbe }) => readinessProbe || startupProbe)) yield durations.probe;
  for (const container of containers) pod.probe(container, true);
}

function hindersStart({ behaviour }: PodScript): boolean {
  return behaviour === "image-pull-failed" || behaviour === "config-error";
}

/** From the beginning of the trouble until all is well again, if it ever is. */
function* trouble(course: Course, ran: number): Life {
  const { pod, target, script } = course;
  switch (script.behaviour) {
    case "crash-loop":
      return yield* crashes(course, "Error", ran);
    case "oom-killed":
      return yield* crashes(course, "OOMKilled", ran);
    case "completed":
    case "failed":
      if (!pod.restarts(script.exitCode)) {
        for (const container of pod.containers) if (container !== target) pod.exit(container, 0, "Completed");
      }
      return yield* crashes(course, script.exitCode === 0 ? "Completed" : "Error", ran);
    case "image-pull-failed":
      return yield* pullFails(course);
    case "config-error":
      return yield* configIsMissing(course);
    case "not-ready":
      pod.probe(target, false);
      yield script.recoverAfter;
      return pod.probe(target, true);
    case "evicted":
      pod.evict(evictionMessage(target));
      return yield never;
    case "healthy":
    case "unschedulable":
  }
}

/** Exits, and is started anew after a growing back-off, until an attempt past `recoverAfter`. */
function* crashes({ pod, target, script, restarts }: Course, reason: string, firstRun: number): Life {
  let elapsed = 0;
  let ran = firstRun;
  for (;;) {
    pod.exit(target, script.exitCode, reason);
    if (!pod.restarts(script.exitCode)) return yield never;
    yield durations.exit;
    const delay = restarts.next(ran);
    if (delay > 0) {
      pod.wait(target, "CrashLoopBackOff", restartMessage(pod, target, delay));
      yield delay;
    }
    elapsed += durations.exit + delay;
    if (elapsed >= script.recoverAfter) return yield* bringUp(pod, [target]);
    pod.start(target);
    yield script.runFor;
    elapsed += script.runFor;
    ran = script.runFor;
  }
}

function* pullFails({ pod, target, script }: Course): Life {
  yield* restartIfRunning(pod, target);
  const backOff = new BackOff();
  backOff.next(0);
  const image = target.image ?? "";
  const reference = imageReference(image);
  const error = `rpc error: code = NotFound desc = failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`;
  for (let elapsed = 0; elapsed === 0 || elapsed < script.recoverAfter; ) {
    pod.wait(target, "ErrImagePull", error);
    yield durations.pullError;
    const delay = backOff.next(0);
    pod.wait(target, "ImagePullBackOff", `Back-off pulling image "${image}": ErrImagePull: ${error}`);
    yield delay - durations.pullError;
    elapsed += delay;
  }
  yield* bringUp(pod, [target]);
}

function* configIsMissing({ pod, target, script }: Course): Life {
  yield* restartIfRunning(pod, target);
  const [kind, name] = script.missing.split("/");
  pod.wait(target, "CreateContainerConfigError", `${kind} "${name}" not found`);
  yield script.recoverAfter;
  yield* bringUp(pod, [target]);
}

/** What hinders a start shows on a running container only when that is started anew. */
function* restartIfRunning(pod: PodModel, target: Container): Life {
  if (!pod.isRunning(target)) return;
  pod.exit(target, 1, "Error");
  yield pod.restarts(1) ? durations.exit : never;
}

function restartMessage(pod: PodModel, { name }: Container, delay: number): string {
  const { metadata } = pod.pod;
  const duration = delay < 60_000 ? `${delay / 1000}s` : `${Math.floor(delay / 60_000)}m${(delay % 60_000) / 1000}s`;
  return `back-off ${duration} restarting failed container=${name} pod=${metadata.name}_${metadata.namespace}(${metadata.uid})`;
}

function evictionMessage({ name, resources }: Container): string {
  const request = resources?.requests?.memory ?? 0;
  return `The node was low on resource: memory. Threshold quantity: 100Mi, available: 61420Ki. Container ${name} was using 412Mi, request is ${request}, has larger consumption of memory. `;
}
