import { findServed } from "../api/resources.ts";
import { create } from "./create.ts";
import type { Registry } from "./target.ts";

/** Creates the namespaces that every cluster has, where they are missing. */
export function ensureNamespaces(registry: Registry): void {
  const resource = findServed("v1", "namespaces");
  if (resource === undefined) throw new Error("the catalogue has no namespaces");
  const collection = registry.store.collection(resource);
  for (const name of ["default", "kube-node-lease", "kube-public", "kube-system"]) {
    if (collection.get(name) !== undefined) continue;
    create(
      registry,
      { resource, namespace: undefined },
      { metadata: { name } },
      { dryRun: false, manager: "kube-apiserver" },
    );
  }
}
