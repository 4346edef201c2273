import type { KubeObject } from "../resource/object.ts";
import type { CustomResourceDefinition } from "../types/apiextensions/v1.ts";
import type { Deployment } from "../types/apps/v1.ts";
import type { Job } from "../types/batch/v1.ts";
import type { Pod } from "../types/core/v1.ts";

/** What to wait for; undefined stands for an object that is not there. Combine them with `and`, `or` and `not`. */
export type Condition<K extends KubeObject> = (object: K | undefined) => boolean;

/** A node runs it; whether it is ready, and its containers keep running, is another question. */
export const isPodRunning: Condition<Pod> = (pod) => pod?.status?.phase === "Running";

/** It has succeeded; a job that has failed never does. */
export const isJobCompleted: Condition<Job> = (job) => isTrue(job?.status?.conditions, "Complete");

/** Its objects can be had, though discovery may take a moment longer to show them. */
export const isCrdEstablished: Condition<CustomResourceDefinition> = (crd) =>
  isTrue(crd?.status?.conditions, "Established");

/** The newest template is rolled out, all of its replicas are available, and none of an older one is left: what `kubectl rollout status` waits for. */
export const isDeploymentCompleted: Condition<Deployment> = (deployment) => {
  if (deployment?.status === undefined) return false;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = deployment.status;
  const wanted = deployment.spec?.replicas ?? 1;
  return (
    observedGeneration >= (deployment.metadata.generation ?? 0) &&
    updatedReplicas >= wanted &&
    replicas <= updatedReplicas &&
    availableReplicas >= updatedReplicas
  );
};

/** The object of this uid is gone, even where another of the same name has come. */
export function isDeleted(uid: string): Condition<KubeObject> {
  return (object) => object?.metadata.uid !== uid;
}

function isTrue(conditions: readonly { type: string; status: string }[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}
