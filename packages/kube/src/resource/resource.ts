/** What the API calls a resource: where its objects live and what may be done with them. */
export interface Resource {
  /** API group, `""` for the core group. */
  readonly group: string;
  /** Such as `v1` or `v1beta1`. */
  readonly version: string;
  /** What its objects call themselves, such as `Pod`. */
  readonly kind: string;
  /** Lower-case plural as it stands in the URL, such as `pods`. */
  readonly plural: string;
  /** False: its objects are the whole cluster's, such as Nodes. */
  readonly namespaced: boolean;
}

/** The key of `Of`. */
export declare const objectOf: unique symbol;

/** Says which objects something is about, to the type checker alone: there is no such property. */
export interface Of<K> {
  /** Never there. */
  readonly [objectOf]?: K;
}

/** A resource whose objects are known by type, such as `Pod` of `@kubecast/kube/core/v1`. */
export type ResourceOf<K> = Resource & Of<K>;

/** `v1` or `apps/v1`: the value of an object's `apiVersion`. */
export function apiVersion(resource: Pick<Resource, "group" | "version">): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** `pods` or `deployments.apps`: the name by which users and RBAC messages call a resource. */
export function resourceName(resource: Pick<Resource, "group" | "plural">): string {
  return resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
}
