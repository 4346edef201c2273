import { isDeepStrictEqual } from "node:util";
import { apiVersion, type KubeObject, type ObjectList, type Resource } from "@kubecast/kube";
import type { PlainApi } from "../api.ts";

export const pods: Resource = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true };
export const configMaps: Resource = { ...pods, kind: "ConfigMap", plural: "configmaps" };

/** The objects of one kind by `keyOf`. */
export type Objects = ReadonlyMap<string, KubeObject>;

/** What the server has. */
export type Cluster = ReadonlyMap<Resource, Objects>;

/** Whether two objects are the same: by their versions, or all that is in them, which takes far longer. */
export type Depth = "versions" | "everything";

export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** As a number, which it may be taken for with the in-memory server only. */
export function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}

function byKey(objects: Iterable<KubeObject>): Objects {
  return new Map(Array.from(objects, (object) => [keyOf(object), object]));
}

/** Lists the server's objects with a client that shares no code with kubecast's. */
export async function readCluster(api: PlainApi): Promise<Cluster> {
  const read = async (resource: Resource): Promise<[Resource, Objects]> => {
    const { items } = JSON.parse(await api.send("GET", `/api/v1/${resource.plural}`)) as ObjectList<KubeObject>;
    // A list leaves out what all of its items are.
    const whole = items.map((item) => ({ apiVersion: apiVersion(resource), kind: resource.kind, ...item }));
    return [resource, byKey(whole)];
  };
  return new Map(await Promise.all([read(pods), read(configMaps)]));
}

/** How what is here differs from what the server has: a line for each object that does. */
export function differences(here: Iterable<KubeObject>, cluster: Cluster, resource: Resource, depth: Depth): string[] {
  const there: Objects = cluster.get(resource) ?? new Map();
  const mine = byKey(here);
  const found: string[] = [];
  for (const [key, object] of there) {
    const own = mine.get(key);
    const what = `${resource.kind} ${key} of the server's version ${revisionOf(object)}`;
    if (own === undefined) found.push(`${what} is missing`);
    else if (revisionOf(own) !== revisionOf(object)) found.push(`${what} is held in version ${revisionOf(own)}`);
    else if (depth === "everything" && !isDeepStrictEqual(own, object)) found.push(`${what} has another content`);
  }
  for (const key of mine.keys()) {
    if (!there.has(key)) found.push(`${resource.kind} ${key} is held, and the server has none`);
  }
  return found;
}
