import { type Fields, fieldsOf, listOf, objectsOf } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import { invalid, invalidValue, required, unsupportedValue } from "../api/status-error.ts";

const naming = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** Whether the resource is that of the CustomResourceDefinitions. */
export function definesResources({ group, plural }: Pick<ServedResource, "group" | "plural">): boolean {
  return group === "apiextensions.k8s.io" && plural === "customresourcedefinitions";
}

/**
 * A CustomResourceDefinition with its defaults and the status that controllers
 * give it in a real cluster, where they need a moment. Throws a 422 for one that
 * cannot be served. Schemas are kept, but nothing is checked or pruned by them.
 */
export function completeDefinition(resource: ServedResource, object: Fields, name: string): Fields {
  const spec = fieldsOf(object.spec);
  const names = fieldsOf(spec.names);
  const versions = objectsOf(spec.versions);
  const causes = problems(name, spec, names, versions);
  if (causes.length > 0) throw invalid(resource, name, causes);
  const kind = String(names.kind);
  const accepted = { singular: kind.toLowerCase(), listKind: `${kind}List`, ...names };
  const status = fieldsOf(object.status);
  const stored = versions.filter(({ storage }) => storage === true).map((version) => version.name);
  const metadata = fieldsOf(object.metadata);
  return {
    ...object,
    spec: { conversion: { strategy: "None" }, ...spec, names: accepted },
    status: {
      ...status,
      conditions: status.conditions ?? conditions(metadata.creationTimestamp),
      acceptedNames: accepted,
      storedVersions: [...new Set([...listOf(status.storedVersions), ...stored])],
    },
  };
}

function problems(name: string, spec: Fields, names: Fields, versions: Fields[]) {
  const { group, scope } = spec;
  const causes = [];
  if (typeof group !== "string" || group === "") causes.push(required("spec.group"));
  if (scope === undefined || scope === "") causes.push(required("spec.scope"));
  else if (scope !== "Namespaced" && scope !== "Cluster") {
    causes.push(unsupportedValue("spec.scope", String(scope), ["Cluster", "Namespaced"]));
  }
  if (typeof names.kind !== "string" || names.kind === "") causes.push(required("spec.names.kind"));
  if (typeof names.plural !== "string" || !naming.test(names.plural)) {
    causes.push(invalidValue("spec.names.plural", names.plural ?? "", "must be a DNS-1035 label"));
  }
  if (name !== `${String(names.plural)}.${String(group)}`) {
    causes.push(invalidValue("metadata.name", name, 'must be spec.names.plural+"."+spec.group'));
  }
  for (const [index, version] of versions.entries()) {
    const field = `spec.versions[${index}]`;
    if (typeof version.name !== "string" || !naming.test(version.name)) {
      causes.push(invalidValue(`${field}.name`, version.name ?? "", "must be a DNS-1035 label"));
    }
    if (fieldsOf(version.schema).openAPIV3Schema === undefined) {
      causes.push(required(`${field}.schema.openAPIV3Schema`, "schemas are required"));
    }
    const scale = fieldsOf(version.subresources).scale;
    if (scale === undefined) continue;
    for (const path of ["specReplicasPath", "statusReplicasPath"]) {
      if (!/^\.\w/.test(String(fieldsOf(scale)[path]))) causes.push(required(`${field}.subresources.scale.${path}`));
    }
  }
  if (versions.filter(({ storage }) => storage === true).length !== 1) {
    causes.push(
      invalidValue("spec.versions", versions.length, "must have exactly one version marked as storage version"),
    );
  }
  return causes;
}

function conditions(since: unknown): object[] {
  return [
    { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" },
    {
      type: "Established",
      status: "True",
      reason: "InitialNamesAccepted",
      message: "the initial names have been accepted",
    },
  ].map((condition) => ({ ...condition, lastTransitionTime: since }));
}
