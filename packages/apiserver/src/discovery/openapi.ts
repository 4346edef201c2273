import type { ServedResource } from "../api/resources.ts";

/** The index of OpenAPI v3: one document for each group version. */
export function openApiIndex(resources: readonly ServedResource[]): object {
  const versions = [...new Set(resources.map((resource) => resource.apiVersion))];
  const paths = versions.map((version) => {
    const root = rootOf(version);
    return [root, { serverRelativeURL: `/openapi/v3/${root}` }];
  });
  return { paths: Object.fromEntries(paths) };
}

/**
 * The document of one group version, without schemas: enough for kubectl, which
 * looks here whether the server itself checks fields before it sends an object.
 */
export function openApiDocument(root: string, all: readonly ServedResource[]): object | undefined {
  const resources = all.filter((resource) => rootOf(resource.apiVersion) === root);
  if (resources.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.37.2" },
    paths: Object.fromEntries(resources.map((resource) => [objectPath(resource), { patch: patchOperation(resource) }])),
    components: { schemas: {} },
  };
}

function rootOf(version: string): string {
  return version.includes("/") ? `apis/${version}` : `api/${version}`;
}

function objectPath({ apiVersion, namespaced, plural }: ServedResource): string {
  return `/${rootOf(apiVersion)}/${namespaced ? "namespaces/{namespace}/" : ""}${plural}/{name}`;
}

function patchOperation({ group, version, kind }: ServedResource): object {
  const parameters = ["dryRun", "fieldValidation"].map((name) => ({ name, in: "query", schema: { type: "string" } }));
  return {
    parameters,
    "x-kubernetes-group-version-kind": { group, version, kind },
    "x-kubernetes-action": "patch",
    responses: { 200: { description: "OK" } },
  };
}
