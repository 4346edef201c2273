import type { KubeObject } from "@kubecast/kube";
import type { CustomResourceDefinition } from "@kubecast/kube/apiextensions/v1";
import { type Fields, fieldsOf } from "../api/fields.ts";
import { conflict, notFound } from "../api/status-error.ts";
import { timestamp } from "../api/timestamp.ts";
import { StoredObject } from "../store/stored-object.ts";
import { definesResources } from "./definitions.ts";
import { finalizersOf } from "./finalizers.ts";
import { keyOf, type ObjectTarget, type Registry } from "./target.ts";

export interface DeleteOptions {
  readonly gracePeriodSeconds: number | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun: boolean;
}

export interface Deleted {
  readonly stored: StoredObject;
  /** False while finalizers or a grace period keep the object. */
  readonly removed: boolean;
}

/**
 * Deletes an object, or marks it as being deleted while it has finalizers or,
 * for a Pod on a node, a grace period.
 */
export function remove(registry: Registry, target: ObjectTarget, options: DeleteOptions): Deleted {
  const { resource, name, namespace } = target;
  const collection = registry.store.collection(resource);
  const key = keyOf(namespace, name);
  const current = collection.get(key);
  if (current === undefined) throw notFound(resource, name);
  checkPreconditions(target, current.object, options);

  const grace = gracePeriod(target, current.object, options.gracePeriodSeconds);
  const finalizers = finalizersOf(resource, current.object);
  if (finalizers.length === 0 && (grace ?? 0) === 0) {
    const last = grace === undefined ? current.object : marked(registry, current.object, grace);
    if (options.dryRun) return { stored: new StoredObject(key, current.revision, last), removed: true };
    return { stored: discard(registry, target, current, last), removed: true };
  }

  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = current.object.metadata;
  // A second delete may shorten the grace period, never lengthen it.
  if (deletionTimestamp !== undefined && deletionGracePeriodSeconds <= (grace ?? 0)) {
    return { stored: current, removed: false };
  }
  const object = marked(registry, current.object, grace ?? 0);
  if (options.dryRun) return { stored: new StoredObject(key, current.revision, object), removed: false };
  return { stored: collection.put(key, object), removed: false };
}

/**
 * Takes an object out of the store. A namespace takes its content with it at
 * once, a definition the objects that it defines: no controller is there to do
 * it in steps.
 */
export function discard(
  registry: Registry,
  { resource }: ObjectTarget,
  current: StoredObject,
  last: KubeObject,
): StoredObject {
  if (resource.plural === "namespaces" && resource.group === "") removeContent(registry, current.key);
  if (definesResources(resource)) removeDefined(registry, current.object as CustomResourceDefinition);
  return registry.store.collection(resource).remove(current.key, last) ?? current;
}

export function checkPreconditions(target: ObjectTarget, object: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = object.metadata;
  // The API names the kind here, not the plural.
  const named = { ...target.resource, plural: target.resource.kind };
  if (preconditions.uid !== undefined && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(named, target.name, why);
  }
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(named, target.name, why);
  }
}

/** Seconds; undefined for kinds that know no graceful deletion. A Pod that no node runs, or that has ended, has nothing to wait for. */
function gracePeriod(target: ObjectTarget, object: KubeObject, asked: number | undefined): number | undefined {
  if (target.resource.plural !== "pods" || target.resource.group !== "") return undefined;
  const pod = object as unknown as Fields;
  const spec = fieldsOf(pod.spec);
  const { phase } = fieldsOf(pod.status);
  if (!spec.nodeName || phase === "Succeeded" || phase === "Failed") return 0;
  const seconds = asked ?? Number(spec.terminationGracePeriodSeconds ?? 30);
  return Math.max(0, seconds);
}

function marked(registry: Registry, object: KubeObject, grace: number): KubeObject {
  const { generation, deletionTimestamp } = object.metadata;
  const status = fieldsOf((object as unknown as Fields).status);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(generation !== undefined && deletionTimestamp === undefined && { generation: generation + 1 }),
      deletionTimestamp: timestamp(registry.clock() + grace * 1000),
      deletionGracePeriodSeconds: grace,
    },
    ...(status.phase === "Active" && { status: { ...status, phase: "Terminating" } }),
  };
}

function removeContent(registry: Registry, namespace: string): void {
  for (const collection of registry.store.collections()) {
    const { keys } = collection.current();
    for (const key of keys) if (key.startsWith(`${namespace}/`)) collection.remove(key);
  }
}

function removeDefined(registry: Registry, { spec }: CustomResourceDefinition): void {
  const collection = registry.store.collection({ group: spec.group, plural: spec.names.plural });
  for (const key of collection.current().keys) collection.remove(key);
}
