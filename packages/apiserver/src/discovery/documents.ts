import type { ServedResource } from "../api/resources.ts";
import { openApiDocument, openApiIndex } from "./openapi.ts";

/** The document at a path by which a client finds out what the server has. Undefined for other paths. */
export function discoveryDocument(
  path: string,
  host: string,
  resources: () => readonly ServedResource[],
): object | undefined {
  if (path === "/api") {
    const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress: host }];
    return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs };
  }
  if (path === "/apis") return { kind: "APIGroupList", apiVersion: "v1", groups: apiGroups(resources()) };
  if (path === "/openapi/v3") return openApiIndex(resources());
  const openApi = /^\/openapi\/v3\/(.+)$/.exec(path)?.[1];
  if (openApi !== undefined) return openApiDocument(openApi, resources());
  const match = /^\/(?:api\/(v1)|apis\/([^/]+)(?:\/([^/]+))?)$/.exec(path);
  if (match === null) return undefined;
  const [, core, group, version] = match;
  if (core !== undefined) return resourceList(core, resources());
  if (version !== undefined) return resourceList(`${group}/${version}`, resources());
  const found = apiGroups(resources()).find(({ name }) => name === group);
  return found && { kind: "APIGroup", apiVersion: "v1", ...found };
}

function apiGroups(resources: readonly ServedResource[]) {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of resources) {
    if (group !== "") groups.set(group, (groups.get(group) ?? new Set()).add(version));
  }
  return [...groups].map(([name, names]) => {
    const versions = [...names].map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] };
  });
}

function resourceList(groupVersion: string, all: readonly ServedResource[]): object | undefined {
  const resources = all.filter((resource) => resource.apiVersion === groupVersion);
  if (resources.length === 0) return undefined;
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: resources.flatMap(resourceEntries) };
}

function resourceEntries(resource: ServedResource): object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
  const subresources = resource.subresources.map((subresource) => ({
    name: `${plural}/${subresource.name}`,
    singularName: "",
    namespaced,
    ...(subresource.group !== resource.group && { group: subresource.group, version: subresource.version }),
    kind: subresource.kind,
    verbs: subresource.verbs,
  }));
  return [main, ...subresources];
}
