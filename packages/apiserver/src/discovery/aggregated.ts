import type { ServedResource } from "../api/resources.ts";

export const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** The groups of the resources with their versions, in one document. */
export function groupDiscoveryList(served: readonly ServedResource[]): object {
  const groups = groupBy(served, ({ group }) => group);
  const items = [...groups].map(([name, ofGroup]) => ({
    metadata: name === "" ? {} : { name },
    versions: [...groupBy(ofGroup, ({ version }) => version)].map(([version, resources]) => ({
      version,
      resources: resources.map(resourceDiscovery),
      freshness: "Current",
    })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function resourceDiscovery(resource: ServedResource): object {
  const { group, version, kind, plural, singular, verbs, shortNames, categories, subresources } = resource;
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((subresource) => ({
        subresource: subresource.name,
        responseKind: { group: subresource.group, version: subresource.version, kind: subresource.kind },
        verbs: subresource.verbs,
      })),
    }),
  };
}

function groupBy<T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return groups;
}
