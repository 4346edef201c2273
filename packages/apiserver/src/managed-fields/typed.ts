import { isDeepStrictEqual } from "node:util";
import { type Fields, isFields, listOf } from "../api/fields.ts";
import { below, type FieldSet, isMember, nothing, partOf, whole } from "./field-set.ts";
import { fieldType, type ListType, type MapType, type MergeType, resolve } from "./merge-type.ts";

// What k8s.io's structured-merge-diff does with values and their types.

/** The steps by which the elements of a list are known, `k:...` or `v:...`. */
export function elementStep(type: ListType, element: unknown): string {
  if (type.keys === undefined) return `v:${JSON.stringify(element)}`;
  const fields = isFields(element) ? element : {};
  const keys: Fields = {};
  for (const { name, default: value } of type.keys) {
    const found = fields[name] ?? value;
    if (found !== undefined) keys[name] = found;
  }
  const names = Object.keys(keys).sort();
  return `k:{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(keys[name])}`).join(",")}}`;
}

/** Every field that the value sets: what an applier of it owns. */
export function fieldSetOf(value: unknown, type: MergeType): FieldSet {
  return partOfValue(value, type, false) ?? nothing;
}

function partOfValue(value: unknown, open: MergeType, member: boolean): FieldSet | undefined {
  const type = resolve(open, value);
  if (type.shape === "scalar" || type.shape === "whole") return whole;
  const parts: Record<string, FieldSet> = {};
  if (type.shape === "map") {
    for (const [name, field] of Object.entries(isFields(value) ? value : {})) {
      const own = field === null || (isFields(field) && Object.keys(field).length === 0);
      const part = partOfValue(field, fieldType(type, name), own || type.named(name) === undefined);
      if (part !== undefined) parts[`f:${name}`] = part;
    }
  } else {
    for (const element of listOf(value)) {
      parts[elementStep(type, element)] = partOfValue(element, type.element, true) ?? whole;
    }
  }
  return partOf(member, parts);
}

export interface Comparison {
  /** Fields that are new, or of another value. */
  readonly written: FieldSet;
  readonly removed: FieldSet;
}

type Change = { readonly written: FieldSet | undefined; readonly removed: FieldSet | undefined };

const same: Change = { written: undefined, removed: undefined };
const written: Change = { written: whole, removed: undefined };
const removed: Change = { written: undefined, removed: whole };

/**
 * What makes `after` out of `before`. `zero` is what the type's objects have
 * where nothing is set, and so stands in for what either lacks.
 */
export function compare(before: unknown, after: unknown, type: MergeType, zero?: unknown): Comparison {
  const change = changeOf(before, after, type, zero);
  return { written: change.written ?? nothing, removed: change.removed ?? nothing };
}

function changeOf(givenBefore: unknown, givenAfter: unknown, open: MergeType, zero: unknown): Change {
  const before = givenBefore === undefined ? zero : givenBefore;
  const after = givenAfter === undefined ? zero : givenAfter;
  // Writes share what they do not change with the state before them.
  if (before === after) return same;
  const type = resolve(open, after ?? before);
  if (type.shape === "scalar" || type.shape === "whole" || (isBlank(before) && isBlank(after))) {
    if (before === undefined) return written;
    if (after === undefined) return removed;
    return isDeepStrictEqual(before, after) ? same : written;
  }
  const parts = new Parts();
  if (type.shape === "map") compareMaps(parts, before, after, type, zero);
  else compareLists(parts, before, after, type);
  return parts.change(before === undefined, after === undefined);
}

class Parts {
  readonly #written: Record<string, FieldSet> = {};
  readonly #removed: Record<string, FieldSet> = {};

  /** `prefix` and `name` make up the step, which most of the time is not needed. */
  add(prefix: string, name: string, change: Change): void {
    if (change.written !== undefined) this.#written[prefix + name] = change.written;
    if (change.removed !== undefined) this.#removed[prefix + name] = change.removed;
  }

  change(isNew: boolean, isGone: boolean): Change {
    return { written: partOf(isNew, this.#written), removed: partOf(isGone, this.#removed) };
  }
}

function compareMaps(parts: Parts, before: unknown, after: unknown, type: MapType, zero: unknown): void {
  const [old, next] = [isFields(before) ? before : {}, isFields(after) ? after : {}];
  const zeros = isFields(zero) ? zero : {};
  for (const name in next) {
    const [before, after] = [old[name], next[name]];
    if (before !== after) parts.add("f:", name, changeOf(before, after, fieldType(type, name), zeros[name]));
  }
  for (const name in old) {
    if (next[name] === undefined && !(name in next)) {
      parts.add("f:", name, changeOf(old[name], undefined, fieldType(type, name), zeros[name]));
    }
  }
}

function compareLists(parts: Parts, before: unknown, after: unknown, type: ListType): void {
  const [old, next] = [grouped(before, type), grouped(after, type)];
  for (const step of new Set([...old.keys(), ...next.keys()])) {
    const [from = [], to = []] = [old.get(step), next.get(step)];
    if (from.length <= 1 && to.length <= 1) {
      parts.add("", step, changeOf(from[0], to[0], type.element, undefined));
    } else if (!isDeepStrictEqual(from, to)) {
      // Of elements that are there twice, nobody can own a part.
      parts.add("", step, to.length === 0 ? removed : written);
    }
  }
}

function grouped(list: unknown, type: ListType): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const element of listOf(list)) {
    const step = elementStep(type, element);
    const group = groups.get(step);
    if (group === undefined) groups.set(step, [element]);
    else group.push(element);
  }
  return groups;
}

function isBlank(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0;
}

/** `live` with what `config` sets; elements of lists stand in the order of `config`, the others keep their place. */
export function merge(live: unknown, config: unknown, open: MergeType): unknown {
  if (config === undefined) return live;
  const type = resolve(open, config);
  if (live === undefined || type.shape === "scalar" || type.shape === "whole") return config;
  if (isBlank(live) && isBlank(config)) return config;
  if (type.shape === "list") {
    return mergeLists(listOf(live), listOf(config), type);
  }
  const merged = new Map(Object.entries(isFields(live) ? live : {}));
  for (const [name, value] of Object.entries(isFields(config) ? config : {})) {
    merged.set(name, merge(merged.get(name), value, fieldType(type, name)));
  }
  return Object.fromEntries(merged);
}

function mergeLists(live: readonly unknown[], config: readonly unknown[], type: ListType): unknown[] {
  const lives = live.map((element) => ({ step: elementStep(type, element), element }));
  const configs = config.map((element) => ({ step: elementStep(type, element), element }));
  const configured = new Set(configs.map(({ step }) => step));
  const liveByStep = new Map<string, unknown>();
  for (const { step, element } of lives) liveByStep.set(step, liveByStep.has(step) ? undefined : element);
  const shared = configs.filter(({ step }) => liveByStep.has(step)).map(({ step }) => step);
  const done = new Set<string>();
  const merged: unknown[] = [];
  let nextShared = shared.shift();
  const take = ({ step, element }: { step: string; element: unknown }) => {
    merged.push(merge(liveByStep.get(step), element, type.element));
    done.add(step);
    if (step === nextShared) nextShared = shared.shift();
  };
  for (let [l, c] = [0, 0]; l < lives.length || c < configs.length; ) {
    const [ours, theirs] = [lives[l], configs[c]];
    if (ours !== undefined && theirs !== undefined) {
      if (ours.step === theirs.step) {
        take(theirs);
        l++;
        c++;
        continue;
      }
      // One that the config places later than the live list has it: not here.
      if (configured.has(ours.step) && nextShared !== undefined && nextShared !== ours.step) {
        l++;
        continue;
      }
    }
    if (ours !== undefined) {
      if (!configured.has(ours.step)) {
        merged.push(ours.element);
        l++;
        continue;
      }
      if (done.has(ours.step)) l++;
    }
    if (theirs !== undefined) {
      take(theirs);
      c++;
    }
  }
  return merged;
}

/** The value without the fields of the set; objects and lists that lose all they have are null then, as in the API. */
export function remove(value: unknown, set: FieldSet, open: MergeType): unknown {
  const type = resolve(open, value);
  if (type.shape === "map" && isFields(value)) {
    const kept: Fields = {};
    for (const [name, field] of Object.entries(value)) {
      const part = below(set, `f:${name}`);
      if (isMember(part)) continue;
      kept[name] = part === undefined ? field : remove(field, part, fieldType(type, name));
    }
    return Object.keys(kept).length === 0 ? null : kept;
  }
  if (type.shape === "list" && Array.isArray(value)) {
    const kept = value.flatMap((element) => {
      const part = below(set, elementStep(type, element));
      if (isMember(part)) return [];
      return [part === undefined ? element : remove(element, part, type.element)];
    });
    return kept.length === 0 ? null : kept;
  }
  return value;
}

/** The set with every field that the type names and that has others of the set below it. */
export function withNamedFields(set: FieldSet, type: MergeType): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const step in set) {
    const part = set[step] ?? whole;
    if (step === ".") {
      result[step] = part;
      continue;
    }
    const map = type.shape === "map" ? type : undefined;
    const named = step.startsWith("f:") ? map?.named(step.slice(2)) : undefined;
    const inner = named ?? (type.shape === "list" ? type.element : (map?.element ?? type));
    const deeper = withNamedFields(part, inner);
    result[step] = named !== undefined && !isMember(deeper) ? { ".": whole, ...deeper } : deeper;
  }
  return result;
}
