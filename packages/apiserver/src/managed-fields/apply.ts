import { isDeepStrictEqual } from "node:util";
import { type Fields, isFields } from "../api/fields.ts";
import {
  allOwned,
  entryOf,
  isSameManager,
  type ManagedEntry,
  owned,
  recordUpdate,
  sorted,
  type Writer,
  withoutChanged,
} from "./entries.ts";
import { difference, type FieldSet, intersection, isEmptySet, nothing, paths, union, without } from "./field-set.ts";
import type { MergeType } from "./merge-type.ts";
import { type Comparison, compare, fieldSetOf, merge, remove, withNamedFields } from "./typed.ts";

/** What is known of the objects of a kind. */
export interface Kind {
  readonly type: MergeType;
  /** What an object of the kind has where nothing is set. */
  readonly zero: Fields;
  /** What a write to this resource or subresource leaves as it is, and so gives to nobody. */
  readonly reset: FieldSet;
}

export interface Application extends Kind {
  /** Undefined where the object is to be created. */
  readonly live: Fields | undefined;
  readonly entries: readonly ManagedEntry[];
  readonly config: Fields;
  readonly writer: Writer;
  /** Take fields from those who own them. */
  readonly force: boolean;
}

export interface Applied {
  readonly object: Fields;
  readonly entries: readonly ManagedEntry[];
}

export interface Conflict {
  readonly manager: ManagedEntry;
  readonly path: readonly string[];
}

/** Fields that others own and the configuration would change. */
export class ApplyConflict extends Error {
  override readonly name = "ApplyConflict";
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super(`${conflicts.length} conflicts`);
    this.conflicts = conflicts;
  }
}

const beforeFirstApply = "before-first-apply";
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * Server-side apply: what the live object becomes when `writer` wants it to have
 * what `config` has, and who owns which of its fields then. Fields that the
 * writer owned and has left out go, if nobody else owns them.
 *
 * @throws {ApplyConflict} fields have other owners, and `force` is not set.
 */
export function apply(application: Application): Applied {
  try {
    return applyOnce(application);
  } catch (error) {
    if (!(error instanceof ApplyConflict) || application.writer.manager !== "kubectl") throw error;
    // kubectl owns what it has applied by itself before, whatever the updates it did that with are called.
    const allowed = appliedByClient(application);
    if (allowed === undefined) throw error;
    const left = error.conflicts.filter(({ path }) => isEmptySet(intersection(allowed, setOf(path))));
    if (left.length > 0) throw new ApplyConflict(left);
    return applyOnce({ ...application, force: true });
  }
}

function applyOnce({ live, entries, config, writer, force, type, zero, reset }: Application): Applied {
  const current = live ?? {};
  const known =
    entries.length > 0 || live === undefined ? entries : unknownOwner(current, writer, { type, zero, reset });
  const before = known.find((entry) => isSameManager(entry, writer));
  const set = without(fieldSetOf(config, type), reset);
  const others = known.filter((entry) => entry !== before);
  const merged = merge(current, config, type) as Fields;
  const object = before === undefined ? merged : prune(merged, before.fieldsV1, union(allOwned(others), set), type);
  const change = kept(compare(current, object, type, zero), reset);
  if (!force) {
    const byName = [...others].sort((a, b) => (a.manager < b.manager ? -1 : a.manager > b.manager ? 1 : 0));
    const conflicts = byName.flatMap((entry) =>
      [...paths(intersection(entry.fieldsV1, change.written))].map((path) => ({ manager: entry, path })),
    );
    if (conflicts.length > 0) throw new ApplyConflict(conflicts);
  }
  const result = withoutChanged(others, change);
  const own = owned(set);
  const time = live !== undefined && isDeepStrictEqual(object, current) ? before?.time : (writer.time ?? before?.time);
  if (!isEmptySet(own)) result.push(entryOf({ ...writer, time }, own));
  return { object: withLastApplied(object, config, writer), entries: sorted(result) };
}

/** All that an object has before anybody owns anything belongs to one that stands for whoever wrote it. */
function unknownOwner(live: Fields, writer: Writer, { type, zero, reset }: Kind): readonly ManagedEntry[] {
  const manager = { ...writer, manager: beforeFirstApply, operation: "Update" as const };
  return recordUpdate([], manager, kept(compare({}, live, type, zero), reset));
}

function kept({ written, removed }: Comparison, reset: FieldSet): Comparison {
  return { written: without(written, reset), removed: without(removed, reset) };
}

/** `merged` without what its applier owned (`last`), but for what somebody owns now. */
function prune(merged: Fields, last: FieldSet, ownedNow: FieldSet, type: MergeType): Fields {
  if (isEmptySet(last)) return merged;
  const named = (set: FieldSet) => withNamedFields(set, type);
  const fieldsOfMerged = named(fieldSetOf(merged, type));
  const setAfter = (value: unknown) => named(fieldSetOf(value, type));
  const stripped = remove(merged, named(last), type);
  const withOwned = remove(merged, difference(fieldsOfMerged, union(setAfter(stripped), named(ownedNow))), type);
  // What went without having been the applier's own stays: it was only below something that was.
  const gone = intersection(difference(fieldsOfMerged, setAfter(withOwned)), named(last));
  const pruned = remove(merged, gone, type);
  return isFields(pruned) ? pruned : {};
}

/** What kubectl's annotation says that it has applied, as far as the live object still has it. */
function appliedByClient({ live = {}, writer, type }: Application): FieldSet | undefined {
  const text = annotationsOf(live)[lastApplied];
  if (typeof text !== "string" || text === "") return undefined;
  const config = parsed(text);
  if (config === undefined || config.apiVersion !== writer.apiVersion) return undefined;
  const { written, removed } = compare(config, live, type);
  return difference(difference(fieldSetOf(config, type), written), removed);
}

/** The annotation by which kubectl's own apply knows what it applied follows what it applies here. */
function withLastApplied(object: Fields, config: Fields, writer: Writer): Fields {
  const annotations = annotationsOf(object);
  if (writer.manager !== "kubectl" || !annotations[lastApplied]) return object;
  const { [lastApplied]: _old, ...others } = annotationsOf(config);
  const metadata = isFields(config.metadata) ? config.metadata : {};
  const named = { ...metadata, ...(isFields(metadata.annotations) && { annotations: others }) };
  const text = `${JSON.stringify({ ...config, metadata: named })}\n`;
  return {
    ...object,
    metadata: { ...(object.metadata as Fields), annotations: { ...annotations, [lastApplied]: text } },
  };
}

function annotationsOf(object: Fields): Fields {
  const metadata = isFields(object.metadata) ? object.metadata : {};
  return isFields(metadata.annotations) ? metadata.annotations : {};
}

function parsed(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function setOf(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((set, step) => ({ [step]: set }), nothing);
}
