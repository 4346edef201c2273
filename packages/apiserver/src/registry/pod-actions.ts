import type { KubeObject } from "@kubecast/kube";
import { type Fields, fieldsOf, listOf } from "../api/fields.ts";
import { conflict, notFound, StatusError } from "../api/status-error.ts";
import { timestamp } from "../api/timestamp.ts";
import { keyOf, type ObjectTarget, type Registry } from "./target.ts";

/** Puts a Pod on a node, once: the `binding` subresource, by which schedulers do it. */
export function bindPod(registry: Registry, target: ObjectTarget, binding: Fields, options: { dryRun: boolean }): void {
  const { resource, name, namespace } = target;
  const subresource = { ...resource, plural: `${resource.plural}/binding` };
  const collection = registry.store.collection(resource);
  const current = collection.get(keyOf(namespace, name));
  if (current === undefined) throw notFound(resource, name);
  const node = fieldsOf(binding.target).name;
  if (typeof node !== "string" || node === "") {
    throw new StatusError(500, undefined, "target.name: Required value");
  }
  const { uid } = fieldsOf(binding.metadata);
  if (uid !== undefined && uid !== "" && uid !== current.object.metadata.uid) {
    throw conflict(subresource, name, `the UID in the binding (${String(uid)}) is not that of the pod`);
  }
  const pod = current.object as KubeObject & { spec?: unknown; status?: unknown };
  const { nodeName } = fieldsOf(pod.spec);
  if (nodeName) throw conflict(subresource, name, `pod ${name} is already assigned to node "${String(nodeName)}"`);
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(subresource, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const status = fieldsOf(pod.status);
  const before = listOf(status.conditions);
  const conditions = [
    ...before.filter((condition) => fieldsOf(condition).type !== "PodScheduled"),
    { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: timestamp(registry.clock()) },
  ];
  const bound = { ...pod, spec: { ...fieldsOf(pod.spec), nodeName: node }, status: { ...status, conditions } };
  if (!options.dryRun) collection.put(current.key, bound);
}
