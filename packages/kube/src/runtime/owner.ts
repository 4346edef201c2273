import type { KubeObject, OwnerReference } from "../resource/object.ts";

/**
 * Names an object as the owner of another one, which is deleted when the owner is, and
 * whose changes are the owner's where a `Controller` `owns` such.
 *
 * ```ts
 * const maps = Api.v1ConfigMap(client).within("default");
 * const owner = await maps.create({ metadata: { name: "owner" } });
 * await maps.create({ metadata: { name: "owned", ownerReferences: [ownerReference(owner)] } });
 * ```
 *
 * @param options `controller`: whether the owner manages the object, as only one may; default true.
 * @throws {TypeError} the object does not say what and which it is. What `get`, a watch or
 * a Controller brings does; an item of a `list`, and metadata alone, do not.
 */
export function ownerReference(
  { apiVersion, kind, metadata: { name, uid } }: KubeObject,
  { controller = true }: { readonly controller?: boolean } = {},
): OwnerReference {
  if (!apiVersion || !kind || !name || !uid) {
    throw new TypeError("an owner needs apiVersion, kind, metadata.name and metadata.uid: take it from get or a watch");
  }
  if (kind === "PartialObjectMetadata") {
    throw new TypeError(`the metadata of ${name} do not say of which kind it is: take the whole object`);
  }
  return { apiVersion, kind, name, uid, controller };
}
