import type { Api } from "../api/api.ts";
import { ApiError } from "../client/errors.ts";
import type { RequestOptions } from "../client/transport.ts";
import type { KubeObject } from "../resource/object.ts";

/** What to do with an object that is wanted, and with one that goes. */
export interface Finalization<K extends KubeObject, R> {
  /** The object is wanted: make it so. */
  apply(object: K): Promise<R>;
  /** The object is being deleted: undo what `apply` has done outside of it, be it all, some or nothing. */
  cleanup(object: K): Promise<R>;
}

/**
 * Calls `apply` or, when the object is being deleted, `cleanup`, and sees to it
 * that no object that was ever applied is gone before its cleanup has succeeded.
 * Both may be called many times over.
 *
 * Adds the finalizer first, and returns undefined: the change that this is
 * brings the next reconcile, so a Controller's predicate must let `finalizersChanged`
 * pass. Removes it after the cleanup. Each is a patch that
 * tests what it is based on, so one of a stale object fails (`ApiError`
 * `isInvalid`) and changes nothing.
 *
 * ```ts
 * const object = await deployments.get("web");
 * await finalizer(deployments, "example.com/bucket", object, {
 *   apply: async ({ metadata }) => console.log("make a bucket for", metadata.uid),
 *   cleanup: async ({ metadata }) => console.log("remove the bucket of", metadata.uid),
 * });
 * const { metadata } = await deployments.get("web");
 * console.log(metadata.finalizers); // [ 'example.com/bucket' ]
 * ```
 *
 * @param api of the object's kind; its namespace does not matter.
 * @param name the finalizer's, such as `example.com/bucket`; no other controller's.
 * @returns what `apply` or `cleanup` returned; undefined where neither was called.
 */
export async function finalizer<K extends KubeObject, R>(
  api: Api<K>,
  name: string,
  object: K,
  { apply, cleanup }: Finalization<K, R>,
  options?: RequestOptions,
): Promise<R | undefined> {
  const { metadata } = object;
  const own = metadata.namespace === undefined ? api : api.within(metadata.namespace);
  const finalizers = metadata.finalizers ?? [];
  const index = finalizers.indexOf(name);
  const patch = (...operations: object[]): Promise<K> => {
    // Another object of the same name has nothing to do with this one.
    const same = { op: "test", path: "/metadata/uid", value: metadata.uid };
    return own.patch(metadata.name ?? "", [same, ...operations], { strategy: "JSON" }, options);
  };

  if (metadata.deletionTimestamp === undefined) {
    if (index >= 0) return apply(object);
    // The API keeps the same finalizer twice, if it is added twice.
    const known = finalizers.length === 0 ? null : finalizers;
    await patch(
      { op: "test", path: "/metadata/finalizers", value: known },
      { op: "add", path: "/metadata/finalizers", value: [...finalizers, name] },
    );
    return undefined;
  }
  if (index < 0) return undefined;
  const result = await cleanup(object);
  // Others remove theirs at the same time, which moves this one.
  const path = `/metadata/finalizers/${index}`;
  await patch({ op: "test", path, value: name }, { op: "remove", path }).catch((error: unknown) => {
    // Gone already: what was known of it is old.
    if (!(error instanceof ApiError && error.isNotFound)) throw error;
  });
  return result;
}
