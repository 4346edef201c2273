import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "@kubecast/kube";
import { type Fields, fieldsOf, listOf } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import {
  badRequest,
  conflict,
  forbiddenField,
  invalid,
  invalidValue,
  modified,
  notFound,
} from "../api/status-error.ts";
import type { ManagedEntry } from "../managed-fields/entries.ts";
import { StoredObject } from "../store/stored-object.ts";
import { create, namespaceFor } from "./create.ts";
import { completeDefinition, definesResources } from "./definitions.ts";
import { discard } from "./delete.ts";
import { finalizersOf } from "./finalizers.ts";
import { checkMetadata } from "./metadata.ts";
import { hasSameOwners, ownersAfter, withOwners } from "./owners.ts";
import { keyOf, type ObjectTarget, type Registry, type WriteOptions } from "./target.ts";

export interface Written {
  readonly stored: StoredObject;
  readonly created: boolean;
}

/** Replaces an object, or creates it where the resource allows that. */
export function replace(registry: Registry, target: ObjectTarget, body: Fields, options: WriteOptions): Written {
  const { resource, name } = target;
  const metadata = fieldsOf(body.metadata);
  checkIdentity(target, metadata);
  const current = registry.store.collection(resource).get(keyOf(target.namespace, name));
  if (current === undefined) {
    if (!resource.createOnUpdate || target.subresource !== undefined) throw notFound(resource, name);
    return { stored: create(registry, target, body, options), created: true };
  }
  if ((metadata.resourceVersion ?? "") === "" && !resource.unconditionalUpdate) {
    const cause = invalidValue("metadata.resourceVersion", 0, "must be specified for an update");
    // The API names the plural here, not the kind.
    throw invalid({ ...resource, kind: resource.plural }, name, [cause]);
  }
  return { stored: update(registry, target, current, body, options), created: false };
}

/** Where a write comes through another resource, such as its scale, that one's name. */
interface ThroughOptions extends WriteOptions {
  readonly through?: string;
}

/** Changes an object to what `change` makes of its JSON, such as a patch. */
export function modify(
  registry: Registry,
  target: ObjectTarget,
  change: (current: Fields) => Fields,
  options: ThroughOptions,
): StoredObject {
  const { resource, name } = target;
  const current = registry.store.collection(resource).get(keyOf(target.namespace, name));
  if (current === undefined) throw notFound(resource, name);
  const next = change(withType(resource, current));
  checkIdentity(target, fieldsOf(next.metadata));
  return update(registry, target, current, next, options);
}

/** The object as clients see it. */
export function withType({ kind, apiVersion }: ObjectTarget["resource"], { object }: StoredObject): Fields {
  return { kind, apiVersion, ...object };
}

export function checkIdentity(target: ObjectTarget, metadata: Fields): void {
  if ((metadata.name ?? "") !== "" && metadata.name !== target.name) {
    throw badRequest(
      `the name of the object (${String(metadata.name)}) does not match the name on the URL (${target.name})`,
    );
  }
  namespaceFor(target, metadata.namespace);
  checkMetadata(metadata);
}

/**
 * Writes `next` over `current`: the main resource leaves the status alone, the
 * status subresource leaves all else alone; what the server owns stays. A write
 * that changes nothing is none. Taking the last finalizer from an object that
 * is being deleted removes it.
 * @param owners of its fields after it; found by what changes, where not given.
 */
export function update(
  registry: Registry,
  target: ObjectTarget,
  current: StoredObject,
  next: Fields,
  options: ThroughOptions,
  owners?: readonly ManagedEntry[],
): StoredObject {
  const { resource, name } = target;
  const old = current.object;
  const given = fieldsOf(next.metadata);
  if (given.uid !== undefined && given.uid !== "" && given.uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${String(given.uid)}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(resource, name, why);
  }
  if ((given.resourceVersion ?? "") !== "" && given.resourceVersion !== old.metadata.resourceVersion) {
    throw modified(resource, name);
  }
  const content = target.subresource === "status" ? withStatus(old, next) : withoutStatus(target, old, next);
  const through = options.through ?? target.subresource;
  const managedFields =
    owners ?? ownersAfter(registry, target, { old, content, given: given.managedFields }, { ...options, through });
  if (isDeepStrictEqual(content, old) && hasSameOwners(old, managedFields)) return current;
  const object = withOwners(content, managedFields);
  const collection = registry.store.collection(resource);
  if (options.dryRun) return new StoredObject(current.key, current.revision, object);
  if (isReleased(resource, object)) return discard(registry, target, current, object);
  return collection.put(current.key, object);
}

function withStatus(old: KubeObject, next: Fields): KubeObject {
  const { status: _status, ...rest } = old as KubeObject & { status?: unknown };
  return next.status === undefined || next.status === null ? rest : ({ ...rest, status: next.status } as KubeObject);
}

function withoutStatus(target: ObjectTarget, old: KubeObject, next: Fields): KubeObject {
  const { resource, name } = target;
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, status, ...content } = next;
  const oldContent = old as unknown as Fields;
  const keptStatus = resource.hasStatus ? oldContent.status : status;
  const metadata: Fields = { ...fieldsOf(next.metadata) };
  delete metadata.selfLink;
  for (const field of [
    "name",
    "namespace",
    "generateName",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
  ] as const) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else metadata[field] = old.metadata[field];
  }
  refuseNewFinalizers(target, old, metadata);
  const object = { metadata, ...content, ...(keptStatus !== undefined && { status: keptStatus }) };
  if (resource.hasGeneration) {
    const { metadata: _m, status: _s, ...oldRest } = oldContent;
    const changed = !isDeepStrictEqual(oldRest, content);
    // Without a status of its own, the field is one as any other.
    if (changed || (!resource.hasStatus && !isDeepStrictEqual(oldContent.status, status)))
      metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
  if (resource.plural === "namespaces" && name !== "") keepNameLabel(metadata, name);
  // Identity and housekeeping fields were put back above; the rest is the client's.
  return (definesResources(resource) ? redefined(target, oldContent, object) : object) as unknown as KubeObject;
}

/** A definition follows its spec, but objects that are stored cannot move into or out of namespaces. */
function redefined({ resource, name }: ObjectTarget, old: Fields, object: Fields): Fields {
  const { scope } = fieldsOf(object.spec);
  if (scope !== fieldsOf(old.spec).scope) {
    throw invalid(resource, name, [invalidValue("spec.scope", scope, "field is immutable")]);
  }
  return completeDefinition(resource, object, name);
}

function refuseNewFinalizers(target: ObjectTarget, old: KubeObject, metadata: Fields): void {
  if (old.metadata.deletionTimestamp === undefined) return;
  const finalizers = listOf(metadata.finalizers).map(String);
  const added = finalizers.filter((finalizer) => !old.metadata.finalizers?.includes(finalizer));
  if (added.length === 0) return;
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
  throw invalid(target.resource, target.name, [forbiddenField("metadata.finalizers", why)]);
}

function keepNameLabel(metadata: Fields, name: string): void {
  metadata.labels = { ...fieldsOf(metadata.labels), "kubernetes.io/metadata.name": name };
}

/** Being deleted, with nothing left to wait for. */
function isReleased(resource: ServedResource, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
  const isDue = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0;
  return isDue && finalizersOf(resource, object).length === 0;
}
