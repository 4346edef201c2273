import type { KubeObject } from "@kubecast/kube";
import type { PodDisruptionBudget } from "@kubecast/kube/policy/v1";
import { type Fields, fieldsOf, objectsOf } from "../api/fields.ts";
import { badRequest, notFound, StatusError, tooManyRequests } from "../api/status-error.ts";
import { timestamp } from "../api/timestamp.ts";
import { parseLabelSelector } from "../selectors/label-selector.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { checkPreconditions, type DeleteOptions, remove } from "./delete.ts";
import { selectorText } from "./scale.ts";
import { keyOf, type ObjectTarget, type Registry } from "./target.ts";

/**
 * Deletes a Pod unless a PodDisruptionBudget is against it, with the rules of
 * pkg/registry/core/pod/storage/eviction.go in k8s.io/kubernetes. What a budget
 * allows is in its status, which a controller keeps.
 */
export function evictPod(registry: Registry, target: ObjectTarget, eviction: Fields, options: DeleteOptions): void {
  const { resource, name, namespace } = target;
  if (fieldsOf(eviction.metadata).name !== name) throw badRequest("name in URL does not match name in Eviction object");
  const collection = registry.store.collection(resource);
  const key = keyOf(namespace, name);
  const current = collection.get(key);
  if (current === undefined) throw notFound(resource, name);
  const pod = current.object as KubeObject & { status?: unknown };
  if (isDisrupting(pod)) spendBudget(registry, target, pod, options.dryRun);
  checkPreconditions(target, pod, options);
  if (!options.dryRun) collection.put(key, withDisruptionTarget(pod, timestamp(registry.clock())));
  remove(registry, { ...target, subresource: undefined }, { ...options, preconditions: {} });
}

/** Whether somebody misses the Pod. */
function isDisrupting({ metadata, status }: KubeObject & { status?: unknown }): boolean {
  const { phase } = fieldsOf(status);
  return metadata.deletionTimestamp === undefined && !["Pending", "Succeeded", "Failed"].includes(String(phase));
}

function spendBudget(registry: Registry, { name, namespace }: ObjectTarget, pod: KubeObject, dryRun: boolean): void {
  const collection = registry.store.collection({ group: "policy", plural: "poddisruptionbudgets" });
  const [stored, another] = collection
    .current()
    .keys.filter((key) => key.startsWith(`${namespace}/`))
    .map((key) => collection.get(key))
    .filter((each): each is StoredObject => each !== undefined && covers(each.object as PodDisruptionBudget, pod));
  if (stored === undefined) return;
  if (another !== undefined) {
    const why = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    throw new StatusError(500, undefined, why);
  }
  const budget = stored.object as PodDisruptionBudget;
  if (!isReady(pod) && isNoLoss(budget)) return;
  checkBudget(budget);
  if (!dryRun) collection.put(stored.key, spent(budget, name, timestamp(registry.clock())) as KubeObject);
}

function covers({ spec }: PodDisruptionBudget, { metadata }: KubeObject): boolean {
  return spec?.selector !== undefined && parseLabelSelector(selectorText(spec.selector))(metadata.labels ?? {});
}

/** Whether a Pod that is not ready may go whatever the budget allows. */
function isNoLoss({ spec, status }: PodDisruptionBudget): boolean {
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return spec?.unhealthyPodEvictionPolicy === "AlwaysAllow" || (desiredHealthy > 0 && currentHealthy >= desiredHealthy);
}

function checkBudget({ metadata, status }: PodDisruptionBudget): void {
  const { observedGeneration = 0, disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  const budget = `The disruption budget ${metadata.name}`;
  if (observedGeneration < (metadata.generation ?? 0)) {
    throw refused(`${budget} is still being processed by the server.`, 10);
  }
  if (disruptionsAllowed > 0) return;
  const failed = status?.conditions?.find(
    ({ type, reason }) => type === "DisruptionAllowed" && reason === "SyncFailed",
  );
  if (failed?.status === "False") {
    throw refused(`${budget} does not allow evicting pods currently because it failed sync: ${failed.message}`);
  }
  if (currentHealthy > desiredHealthy) throw refused(`${budget} does not allow evicting pods currently`);
  throw refused(`${budget} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`);
}

function refused(why: string, retryAfterSeconds?: number): StatusError {
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  return tooManyRequests(message, [{ reason: "DisruptionBudget", message: why }], retryAfterSeconds);
}

/** The budget with one disruption less, and the Pod noted for its controller. */
function spent(budget: PodDisruptionBudget, pod: string, now: string): PodDisruptionBudget {
  const { status } = budget;
  if (status === undefined) return budget;
  const disruptionsAllowed = status.disruptionsAllowed - 1;
  const disruptedPods = { ...status.disruptedPods, [pod]: now };
  if (disruptionsAllowed > 0) return { ...budget, status: { ...status, disruptionsAllowed, disruptedPods } };
  const conditions = status.conditions ?? [];
  const before = conditions.find(({ type }) => type === "DisruptionAllowed");
  const condition = {
    type: "DisruptionAllowed",
    status: "False",
    observedGeneration: status.observedGeneration ?? 0,
    lastTransitionTime: before?.status === "False" ? before.lastTransitionTime : now,
    reason: "InsufficientPods",
    message: "",
  };
  const others = conditions.filter((each) => each !== before);
  return { ...budget, status: { ...status, disruptionsAllowed, disruptedPods, conditions: [...others, condition] } };
}

function isReady(pod: KubeObject & { status?: unknown }): boolean {
  return conditionsOf(pod).some(({ type, status }) => type === "Ready" && status === "True");
}

function withDisruptionTarget(pod: KubeObject & { status?: unknown }, now: string): KubeObject {
  const conditions = conditionsOf(pod);
  if (conditions.some(({ type, status }) => type === "DisruptionTarget" && status === "True")) return pod;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  };
  const others = conditions.filter(({ type }) => type !== "DisruptionTarget");
  const status = { ...fieldsOf(pod.status), conditions: [...others, condition] };
  return { ...pod, status } as KubeObject;
}

function conditionsOf(pod: KubeObject & { status?: unknown }): Fields[] {
  return objectsOf(fieldsOf(pod.status).conditions);
}
