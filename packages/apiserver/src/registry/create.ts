import { randomUUID } from "node:crypto";
import type { KubeObject } from "@kubecast/kube";
import { type Fields, fieldsOf } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import {
  alreadyExists,
  badRequest,
  invalid,
  invalidValue,
  notFound,
  objectForbidden,
  required,
  StatusError,
} from "../api/status-error.ts";
import { timestamp } from "../api/timestamp.ts";
import type { ManagedEntry } from "../managed-fields/entries.ts";
import { StoredObject } from "../store/stored-object.ts";
import { withDefaults } from "./defaults.ts";
import { checkMetadata } from "./metadata.ts";
import { generatedName, nameProblem } from "./names.ts";
import { ownersOfNew, withOwners } from "./owners.ts";
import { keyOf, type Registry, type Target, type WriteOptions } from "./target.ts";

/**
 * Stores a new object: names it, gives it its identity and defaults, and drops
 * a status that only the status subresource may write.
 * @param owners of its fields; the writer alone, where not given.
 */
export function create(
  registry: Registry,
  target: Target,
  body: Fields,
  options: WriteOptions,
  owners?: readonly ManagedEntry[],
): StoredObject {
  const { resource } = target;
  const given = fieldsOf(body.metadata);
  if (given.resourceVersion !== undefined && given.resourceVersion !== "") {
    throw new StatusError(500, undefined, "resourceVersion should not be set on objects to be created");
  }
  checkMetadata(given);
  const namespace = namespaceFor(target, given.namespace);
  const collection = registry.store.collection(resource);
  const name = nameFor(resource, given, (candidate) => collection.get(keyOf(namespace, candidate)) !== undefined);
  if (namespace !== undefined) requireNamespace(registry, namespace, resource, name);
  const key = keyOf(namespace, name);
  if (collection.get(key) !== undefined) throw alreadyExists(resource, name);

  const {
    selfLink: _selfLink,
    managedFields: _managedFields,
    deletionTimestamp: _deletionTimestamp,
    deletionGracePeriodSeconds: _grace,
    generation: _generation,
    ...kept
  } = given;
  const metadata = {
    ...kept,
    name,
    ...(namespace !== undefined && { namespace }),
    uid: randomUUID(),
    ...(resource.hasGeneration && { generation: 1 }),
    creationTimestamp: timestamp(registry.clock()),
    ...(resource.plural === "namespaces" && {
      labels: { ...fieldsOf(given.labels), "kubernetes.io/metadata.name": name },
    }),
  };
  const { status, ...rest } = body;
  // A node registers itself with its status.
  const keepsStatus = !resource.hasStatus || resource.plural === "nodes";
  const complete = withDefaults(
    resource,
    { ...rest, metadata, ...(keepsStatus && status !== undefined && { status }) },
    name,
  );
  // The metadata were completed above; the rest of an object is the client's.
  const object = withOwners(
    complete as unknown as KubeObject,
    owners ?? ownersOfNew(registry, resource, complete, rest.spec, options),
  );
  return options.dryRun ? new StoredObject(key, registry.store.revision, object) : collection.put(key, object);
}

/** The namespace of the URL, which the body may repeat. */
export function namespaceFor(target: Target, given: unknown): string | undefined {
  if (given !== undefined && given !== "" && given !== target.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return target.namespace;
}

function nameFor(resource: ServedResource, given: Fields, taken: (name: string) => boolean): string {
  const { name, generateName } = given;
  if (typeof name === "string" && name !== "") {
    const problem = nameProblem(resource, name);
    if (problem !== undefined) throw invalid(resource, name, [invalidValue("metadata.name", name, problem)]);
    return name;
  }
  if (typeof generateName !== "string" || generateName === "") {
    throw invalid(resource, "", [required("metadata.name", "name or generateName is required")]);
  }
  for (let attempt = 0; attempt < 8; attempt++) {
    const generated = generatedName(generateName);
    const problem = nameProblem(resource, generated);
    if (problem !== undefined) {
      throw invalid(resource, generated, [invalidValue("metadata.generateName", generateName, problem)]);
    }
    if (!taken(generated)) return generated;
  }
  throw alreadyExists(resource, generateName);
}

function requireNamespace(registry: Registry, namespace: string, resource: ServedResource, name: string): void {
  const namespaces = { group: "", plural: "namespaces" };
  const stored = registry.store.collection(namespaces).get(namespace);
  if (stored === undefined) throw notFound(namespaces, namespace);
  if (stored.object.metadata.deletionTimestamp !== undefined) {
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw objectForbidden(resource, name, why);
  }
}
