import type { KubeObject } from "../resource/object.ts";
import type { Resource } from "../resource/resource.ts";
import type { Reflector } from "../watch/reflector.ts";

/** Which object to reconcile. */
export interface Request {
  /** Of the object. */
  readonly name: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
}

/** Which objects are to be reconciled because this one has changed. */
export type Mapper<K extends KubeObject> = (object: K) => readonly Request[];

export function requestOf({ metadata }: KubeObject): Request {
  const { name = "", namespace } = metadata;
  return namespace === undefined ? { name } : { name, namespace };
}

/** Maps an object to those of its owners that are of this kind, be they its controller or not. */
export function ownersOf({ group, kind, namespaced }: Resource): Mapper<KubeObject> {
  return ({ metadata }) =>
    (metadata.ownerReferences ?? [])
      .filter((owner) => owner.kind === kind && groupOf(owner.apiVersion) === group)
      .map(({ name }) => (namespaced ? requestOf({ metadata: { ...metadata, name } }) : { name }));
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

// Neither a name nor a namespace has a slash.
export function keyOf({ name, namespace = "" }: Request): string {
  return `${namespace}/${name}`;
}

export function requestOfKey(key: string): Request {
  const slash = key.indexOf("/");
  const name = key.slice(slash + 1);
  return slash === 0 ? { name } : { name, namespace: key.slice(0, slash) };
}

export function findIn<K extends KubeObject>(
  copy: Pick<Reflector<K>, "get" | "getWithin">,
  { name, namespace }: Request,
): K | undefined {
  return namespace === undefined ? copy.get(name) : copy.getWithin(name, namespace);
}
