import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "@kubecast/kube";
import type { Fields } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import { timestamp } from "../api/timestamp.ts";
import {
  entriesOf,
  isReset,
  isSameEntries,
  type ManagedEntry,
  recordUpdate,
  type Writer,
} from "../managed-fields/entries.ts";
import { without } from "../managed-fields/field-set.ts";
import { kindOf } from "../managed-fields/kinds.ts";
import { compare } from "../managed-fields/typed.ts";
import type { ObjectTarget, Registry, WriteOptions } from "./target.ts";

/** Who owns the fields of a new object: its creator, but for those that the server sets whoever creates it. */
export function ownersOfNew(
  registry: Registry,
  resource: ServedResource,
  object: Fields,
  givenSpec: unknown,
  options: WriteOptions,
): readonly ManagedEntry[] {
  const { type, zero, reset } = kindOf(resource);
  // The finalizer of a namespace is the server's.
  const own = resource.plural === "namespaces" && resource.group === "" ? { ...object, spec: givenSpec } : object;
  const { written, removed } = compare({}, own, type, zero);
  const writer = writerOf(registry, resource, options.manager, "Update");
  return recordUpdate([], writer, { written: without(written, reset), removed });
}

export interface Change {
  readonly old: KubeObject;
  /** What the object becomes; its owners do not matter. */
  readonly content: KubeObject;
  /** The managedFields that the client sent. */
  readonly given: unknown;
}

/** Who owns the fields of an object after an update: who writes a field owns it alone. */
export function ownersAfter(
  registry: Registry,
  { resource }: Pick<ObjectTarget, "resource">,
  { old, content, given }: Change,
  { manager, through }: WriteOptions & { readonly through: string | undefined },
): readonly ManagedEntry[] {
  const before = entriesOf(old.metadata.managedFields) ?? [];
  let base = before;
  if (through === undefined && given !== old.metadata.managedFields) {
    if (isReset(given)) return [];
    const sent = Array.isArray(given) && isSameEntries(given, before) ? before : (entriesOf(given) ?? []);
    if (sent.length > 0) base = sent;
  }
  // Whose ownership was forgotten is not followed until somebody applies.
  if (base.length === 0) return base;
  const { type, zero } = kindOf(resource);
  return recordUpdate(
    base,
    writerOf(registry, resource, manager, "Update", through),
    compare(old, content, type, zero),
  );
}

export function writerOf(
  registry: Registry,
  { apiVersion }: ServedResource,
  manager: string | undefined,
  operation: Writer["operation"],
  subresource?: string,
): Writer {
  // The API records no time for what came through a scale.
  const time = subresource === "scale" ? undefined : timestamp(registry.clock());
  return { manager: manager || "unknown", operation, apiVersion, subresource, time };
}

export function withOwners(object: KubeObject, owners: readonly ManagedEntry[]): KubeObject {
  if (owners.length > 0) {
    // An object is never changed, and so is none of its lists.
    const managedFields = owners as ManagedEntry[];
    return { ...object, metadata: { ...object.metadata, managedFields } };
  }
  const { managedFields: _before, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Whether nothing has changed but times. */
export function hasSameOwners({ metadata }: KubeObject, owners: readonly ManagedEntry[]): boolean {
  const before = entriesOf(metadata.managedFields) ?? [];
  return (
    before === owners ||
    isDeepStrictEqual(
      before.map(({ time: _time, ...entry }) => entry),
      owners.map(({ time: _time, ...entry }) => entry),
    )
  );
}
