import type { KubeObject, WatchEvent } from "../resource/object.ts";
import { DecodeError } from "../wire/errors.ts";
import { nameOf, thrown } from "./describe.ts";

/** Makes of an object what is kept of it; see `WatchOptions.transform`. */
export type Transform<K extends KubeObject, T extends KubeObject> = (object: K) => T;

/** By these an object is found and compared. */
const IDENTITY = ["name", "namespace", "uid", "resourceVersion"] as const;

/**
 * A transform that leaves out `metadata.managedFields`, which says who set which
 * field: a good part of most objects, and read by few.
 */
export function dropManagedFields<K extends KubeObject>(object: K): K {
  // A copy without it takes half the memory of an object that a property was deleted from.
  const { managedFields: _, ...metadata } = object.metadata;
  object.metadata = metadata;
  return object;
}

/**
 * The transform, held to what is asked of it.
 * @throws {DecodeError} it has thrown, or the object has lost its identity; names the object.
 */
export function checkedTransform(transform: (object: never) => KubeObject): Transform<KubeObject, KubeObject> {
  return (object) => {
    const { kind, metadata } = object;
    // What is none is told of by others.
    if (!metadata) return object;
    const { name, namespace, uid, resourceVersion } = metadata;
    // The transform may change the object itself.
    const before: KubeObject = { kind, metadata: { name, namespace, uid, resourceVersion } } as KubeObject;
    let result: KubeObject;
    try {
      result = transform(object as never);
    } catch (cause) {
      throw new DecodeError(thrown("the transform", before, cause), { cause });
    }
    const lost = IDENTITY.find((field) => result?.metadata?.[field] !== before.metadata[field]);
    if (lost === undefined) return result;
    throw new DecodeError(`the transform must leave metadata.${lost} of ${nameOf(before)} as it is`);
  };
}

/** Transforms the objects of events up to the first for which that fails, and takes that and the rest away. */
export function transformEvents<K>(
  events: WatchEvent<K>[],
  transform: Transform<KubeObject, KubeObject>,
): { readonly fault?: unknown } {
  for (const [index, event] of events.entries()) {
    if (event.type === "BOOKMARK" || event.type === "ERROR") continue;
    try {
      event.object = transform(event.object as KubeObject) as K;
    } catch (fault) {
      events.length = index;
      return { fault };
    }
  }
  return {};
}
