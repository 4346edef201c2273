import { type ServedResource, servedResources } from "../api/resources.ts";
import { openApiDocument, openApiIndex } from "./openapi.ts";

/** The document at a path by which a client finds out what the server has. Undefined for other paths. */
export function discoveryDocument(path: string, host: string): object | undefined {
  if (path === "/api") {
    const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress: host }];
    return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs };
  }
  if (path === "/apis") return { kind: "APIGroupList", apiVersion: "v1", groups: groups().map(apiGroup) };
  if (path === "/openapi/v3") return openApiIndex();
  const openApi = /^\/openapi\/v3\/(.+)$/.exec(path)?.[1];
  if (openApi !== undefined) return openApiDocument(openApi);
  const match = /^\/(?:api\/(v1)|apis\/([^/]+)(?:\/([^/]+))?)$/.exec(path);
  if (match === null) return undefined;
  const [, core, group, version] = match;
  if (core !== undefined) return resourceList(core);
  if (version !== undefined) return resourceList(`${group}/${version}`);
  return groups().includes(group ?? "") ? { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group ?? "") } : undefined;
}

function groups(): string[] {
  return [...new Set(servedResources.map((resource) => resource.group))].filter((group) => group !== "");
}

function apiGroup(name: string): object {
  const versions = [
    ...new Set(servedResources.filter(({ group }) => group === name).map(({ version }) => version)),
  ].map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(groupVersion: string): object | undefined {
  const resources = servedResources.filter((resource) => resource.apiVersion === groupVersion);
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
    kind: subresource.kind,
    verbs: subresource.verbs,
  }));
  return [main, ...subresources];
}
