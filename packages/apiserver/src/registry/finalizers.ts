import type { KubeObject } from "@kubecast/kube";
import { fieldsOf, listOf } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";

/**
 * Who has something to do before the object may go. A namespace has two lists;
 * the work that stands in it as `kubernetes` this server does at once.
 */
export function finalizersOf(resource: ServedResource, object: KubeObject): readonly string[] {
  const { finalizers = [] } = object.metadata;
  if (resource.plural !== "namespaces" || resource.group !== "") return finalizers;
  const { finalizers: own } = fieldsOf((object as KubeObject & { spec?: unknown }).spec);
  const others = listOf(own)
    .map(String)
    .filter((finalizer) => finalizer !== "kubernetes");
  return [...finalizers, ...others];
}
