import type { KubeObject, ObjectMeta } from "../resource/object.ts";
import type { Change } from "../watch/store.ts";

/** Whether a change is worth a reconcile. Combine them with `and`, `or` and `not` of `@kubecast/kube`. */
export type Predicate<K extends KubeObject> = (change: Change<K>) => boolean;

/**
 * The spec has changed, or a deletion has begun; not the status or the metadata: with
 * `finalizer`, let `finalizersChanged` pass as well. Of a kind whose
 * `metadata.generation` the API does not keep, such as Services and ConfigMaps, all passes.
 */
export const generationChanged: Predicate<KubeObject> = (change) =>
  change.object.metadata.generation === undefined || anotherGeneration(change);
const anotherGeneration = differs((metadata) => metadata.generation);

/** A label has come, gone or changed. */
export const labelsChanged = differs((metadata) => metadata.labels);
/** An annotation has come, gone or changed. */
export const annotationsChanged = differs((metadata) => metadata.annotations);
/** A finalizer has come or gone. */
export const finalizersChanged = differs((metadata) => metadata.finalizers);

/** What comes and what goes always passes. */
function differs(part: (metadata: ObjectMeta) => unknown): Predicate<KubeObject> {
  return (change) => {
    if (change.type !== "modified") return true;
    return JSON.stringify(part(change.object.metadata)) !== JSON.stringify(part(change.old.metadata));
  };
}
