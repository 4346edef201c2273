import { isFields } from "../api/fields.ts";
import { difference, type FieldSet, isEmptySet, isSameSet, nothing, pathSet, union } from "./field-set.ts";
import type { Comparison } from "./typed.ts";

/** Who owns which fields: an element of `metadata.managedFields`. */
export interface ManagedEntry {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  /** RFC 3339. */
  readonly time?: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: FieldSet;
  readonly subresource?: string;
}

type Identity = Pick<ManagedEntry, "manager" | "operation" | "apiVersion"> & {
  readonly subresource?: string | undefined;
};

/** Who writes, and how and when. */
export type Writer = Identity & {
  /** RFC 3339; undefined where the API records none. */
  readonly time: string | undefined;
};

/** Entries from updates that an object has at most; older ones become one. */
const maxUpdaters = 10;

/** What nobody owns. */
const unowned = [
  ["apiVersion"],
  ["kind"],
  ["metadata"],
  ...["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields"].map(
    (name) => ["metadata", name],
  ),
  ["metadata", "resourceVersion"],
]
  .map((path) => pathSet(path.map((name) => `f:${name}`)))
  .reduce(union, nothing);

export function owned(set: FieldSet): FieldSet {
  return difference(set, unowned);
}

/** Lists that were checked: those of stored objects are read with each write, and never change. */
const checked = new WeakSet<readonly unknown[]>();

/** The entries of an object; undefined where they are none that the API would have written. */
export function entriesOf(managedFields: unknown): readonly ManagedEntry[] | undefined {
  if (!Array.isArray(managedFields)) return undefined;
  if (!checked.has(managedFields)) {
    if (!managedFields.every(isEntry)) return undefined;
    checked.add(managedFields);
  }
  return managedFields;
}

function isEntry(entry: unknown): entry is ManagedEntry {
  return (
    isFields(entry) &&
    (entry.operation === "Apply" || entry.operation === "Update") &&
    entry.fieldsType === "FieldsV1" &&
    typeof entry.apiVersion === "string" &&
    entry.apiVersion !== "" &&
    isSet(entry.fieldsV1)
  );
}

/** Whether two lists say the same; quick, because those that clients send back mostly do. */
export function isSameEntries(a: readonly ManagedEntry[], b: readonly ManagedEntry[]): boolean {
  return (
    a.length === b.length &&
    a.every((entry, index) => {
      const other = b[index];
      return (
        isFields(entry) &&
        other !== undefined &&
        isSameManager(entry, other) &&
        entry.apiVersion === other.apiVersion &&
        entry.time === other.time &&
        isSameSet(entry.fieldsV1, other.fieldsV1)
      );
    })
  );
}

function isSet(value: unknown): boolean {
  return isFields(value) && Object.values(value).every(isSet);
}

/** Whether a client asks for all ownership to be forgotten. */
export function isReset(managedFields: unknown): boolean {
  if (!Array.isArray(managedFields)) return false;
  const [first, second] = managedFields;
  return first === undefined || (second === undefined && isFields(first) && Object.keys(first).length === 0);
}

export function isSameManager(a: Identity, b: Identity): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    // One who applies does so to whatever version.
    (a.operation === "Apply" || a.apiVersion === b.apiVersion)
  );
}

export function entryOf(writer: Writer, fieldsV1: FieldSet): ManagedEntry {
  const { manager, operation, apiVersion, time, subresource } = writer;
  return {
    manager,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(subresource !== undefined && { subresource }),
  };
}

/** What was written and removed belongs to nobody else now. */
export function withoutChanged(entries: readonly ManagedEntry[], change: Comparison): ManagedEntry[] {
  return entries.flatMap((entry) => {
    const fieldsV1 = difference(difference(entry.fieldsV1, change.written), change.removed);
    if (fieldsV1 === entry.fieldsV1) return [entry];
    return isEmptySet(fieldsV1) ? [] : [{ ...entry, fieldsV1 }];
  });
}

/** The entries after an update: who wrote a field owns it alone. */
export function recordUpdate(
  entries: readonly ManagedEntry[],
  writer: Writer,
  change: Comparison,
): readonly ManagedEntry[] {
  const others = withoutChanged(entries, change);
  const set = owned(change.written);
  if (isEmptySet(set)) return others;
  const own = others.findIndex((entry) => isSameManager(entry, writer));
  const before = others[own];
  if (before === undefined) others.push(entryOf(writer, set));
  else others[own] = entryOf({ ...writer, time: writer.time ?? before.time }, union(before.fieldsV1, set));
  return sorted(capped(others));
}

/** Those of appliers first, then by time; the API's order. */
export function sorted(entries: readonly ManagedEntry[]): readonly ManagedEntry[] {
  return [...entries].sort(
    (a, b) =>
      order(a.operation, b.operation) ||
      order(a.time ?? "", b.time ?? "") ||
      order(a.manager, b.manager) ||
      order(a.apiVersion, b.apiVersion) ||
      order(a.subresource ?? "", b.subresource ?? ""),
  );
}

/** The oldest updaters of a version become the one that is called `ancient-changes`. */
function capped(entries: readonly ManagedEntry[]): readonly ManagedEntry[] {
  const updaters = entries.filter(({ operation }) => operation === "Update");
  let excess = updaters.length - maxUpdaters;
  if (excess <= 0) return entries;
  const merged = new Map<string, ManagedEntry[]>();
  for (const entry of updaters.sort((a, b) => order(a.time ?? "", b.time ?? "") || order(a.manager, b.manager))) {
    if (excess === 0) break;
    const ofVersion = merged.get(entry.apiVersion) ?? [];
    merged.set(entry.apiVersion, [...ofVersion, entry]);
    if (ofVersion.length > 0) excess--;
  }
  const buckets = [...merged.values()].filter(({ length }) => length > 1);
  const gone = new Set(buckets.flat());
  return [...entries.filter((entry) => !gone.has(entry)), ...buckets.map(ancient)];
}

function ancient(entries: readonly ManagedEntry[]): ManagedEntry {
  const { apiVersion = "", time } = entries.at(-1) ?? {};
  return entryOf({ manager: "ancient-changes", operation: "Update", apiVersion, time }, allOwned(entries));
}

/** What all of them own. */
export function allOwned(entries: readonly ManagedEntry[]): FieldSet {
  return entries.map(({ fieldsV1 }) => fieldsV1).reduce(union, nothing);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
