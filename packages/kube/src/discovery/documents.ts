import type { ResourceDescription, SubresourceDescription } from "../resource/description.ts";
import { apiVersion } from "../resource/resource.ts";
import type { APIGroupDiscoveryList, APIResourceDiscovery, APISubresourceDiscovery } from "../types/apidiscovery/v2.ts";
import type { APIGroupList, APIResource, APIResourceList, APIVersions } from "../types/meta/v1.ts";

/** What a server said it has. */
export interface Found {
  /** In the server's order of preference. */
  readonly resources: readonly ResourceDescription[];
  /** Each `apiVersion` of which the server could not say what is in it: who serves it does not answer. */
  readonly unavailable: readonly string[];
}

/** What answers at `/api` and `/apis`: everything at once or, by old servers, what else to ask for. */
export type Root = Loose<APIGroupDiscoveryList> | APIGroupList | APIVersions;

/** v2beta1 differs in nothing that is read here. */
type Loose<T> = Omit<T, "apiVersion">;

type GroupVersion = Pick<ResourceDescription, "group" | "version">;

/** Reads `APIGroupDiscoveryList` of apidiscovery.k8s.io, v2 or v2beta1. */
export function readAggregated(list: Loose<APIGroupDiscoveryList>): Found {
  const versions = list.items.flatMap(({ metadata, versions = [] }) =>
    versions.map((version) => ({ ...version, group: metadata.name ?? "" })),
  );
  return {
    resources: versions.flatMap((version) => (version.resources ?? []).flatMap((one) => described(version, one) ?? [])),
    unavailable: versions.filter(({ freshness }) => freshness === "Stale").map(apiVersion),
  };
}

/** Undefined for what is no resource, only the parent of subresources. */
function described({ group, version }: GroupVersion, one: APIResourceDiscovery): ResourceDescription | undefined {
  const kind = one.responseKind?.kind;
  if (!kind) return undefined;
  return {
    group,
    version,
    kind,
    plural: one.resource,
    namespaced: one.scope === "Namespaced",
    singular: one.singularResource || kind.toLowerCase(),
    verbs: one.verbs,
    shortNames: one.shortNames ?? [],
    categories: one.categories ?? [],
    subresources: (one.subresources ?? []).map((sub) => describedSubresource({ group, version }, sub)),
  };
}

function describedSubresource(parent: GroupVersion, sub: APISubresourceDiscovery): SubresourceDescription {
  const { group = "", version = "", kind = "" } = sub.responseKind ?? {};
  return { name: sub.subresource, ...(version === "" ? parent : { group, version }), kind, verbs: sub.verbs };
}

/** Each `apiVersion` whose resources are to be asked for one by one, the preferred one of a group first. */
export function groupVersions(root: APIGroupList | APIVersions): string[] {
  if ("versions" in root) return root.versions;
  return root.groups.flatMap(({ versions, preferredVersion }) => {
    const names = versions.map(({ groupVersion }) => groupVersion);
    return [...new Set(preferredVersion === undefined ? names : [preferredVersion.groupVersion, ...names])];
  });
}

/** Reads the document at `/api/v1` or `/apis/apps/v1`, where a subresource stands beside its parent. */
export function readResourceList({ groupVersion, resources }: APIResourceList): ResourceDescription[] {
  const [group, version] = split(groupVersion);
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map((one) => ({
      group,
      version,
      kind: one.kind,
      plural: one.name,
      namespaced: one.namespaced,
      singular: one.singularName || one.kind.toLowerCase(),
      verbs: one.verbs,
      shortNames: one.shortNames ?? [],
      categories: one.categories ?? [],
      subresources: resources
        .filter(({ name }) => name.startsWith(`${one.name}/`))
        .map((sub) => listedSubresource({ group, version }, sub)),
    }));
}

function listedSubresource(parent: GroupVersion, sub: APIResource): SubresourceDescription {
  const { group = "", version = "", kind, verbs } = sub;
  const name = sub.name.slice(sub.name.indexOf("/") + 1);
  return { name, ...(version === "" ? parent : { group, version }), kind, verbs };
}

function split(groupVersion: string): [group: string, version: string] {
  const at = groupVersion.indexOf("/");
  return at < 0 ? ["", groupVersion] : [groupVersion.slice(0, at), groupVersion.slice(at + 1)];
}
