import { isDeepStrictEqual } from "node:util";
import { type Fields, isFields, listOf } from "../api/fields.ts";
import type { PatchSchema } from "./patch-schema.ts";

/** The patch cannot be read as a strategic merge patch of its kind. */
export class StrategicMergeError extends Error {
  override readonly name = "StrategicMergeError";
}

const directive = "$patch";
const retainKeys = "$retainKeys";
const deletePrefix = "$deleteFromPrimitiveList/";
const orderPrefix = "$setElementOrder/";

/**
 * Applies a strategic merge patch: a merge patch in which lists of a kind's
 * choosing merge too, element by element under a key. The schema tells which;
 * where it is undefined, lists are replaced. The arguments are not changed.
 * Meaning: k8s.io/apimachinery/pkg/util/strategicpatch.
 */
export function applyStrategicMerge(original: Fields, patch: Fields, schema: PatchSchema | undefined): Fields {
  const { [directive]: command, [retainKeys]: retained, ...changes } = patch;
  if (command === "replace") return withoutDirectives(changes);
  if (command === "delete") return {};
  if (command !== undefined && command !== "merge") throw unknownDirective(command);

  const merged = new Map(Object.entries(original));
  if (Array.isArray(retained)) for (const key of merged.keys()) if (!retained.includes(key)) merged.delete(key);
  for (const [key, value] of Object.entries(changes)) {
    if (key.startsWith(orderPrefix)) continue;
    if (key.startsWith(deletePrefix)) {
      const name = key.slice(deletePrefix.length);
      merged.set(
        name,
        listOf(merged.get(name)).filter((element) => !listOf(value).includes(element)),
      );
    } else if (value === null) {
      merged.delete(key);
    } else {
      merged.set(key, mergeValue(merged.get(key), value, schema?.field(key)));
    }
  }
  // Last, because the order is that of the merged list.
  for (const [key, order] of Object.entries(changes)) {
    if (!key.startsWith(orderPrefix)) continue;
    const name = key.slice(orderPrefix.length);
    const list = merged.get(name);
    const mergeKey = schema?.field(name)?.mergeKey;
    if (Array.isArray(list)) merged.set(name, ordered(list, listOf(order), listOf(original[name]), mergeKey));
  }
  return Object.fromEntries(merged);
}

function mergeValue(original: unknown, patch: unknown, field: ReturnType<PatchSchema["field"]>): unknown {
  if (isFields(patch)) {
    if (field?.replace && patch[directive] === undefined) return withoutDirectives(patch);
    return applyStrategicMerge(isFields(original) ? original : {}, patch, field?.schema);
  }
  if (!Array.isArray(patch)) return patch;
  if (!field?.mergesList) return patch.map(stripped);
  return mergeList(listOf(original), patch, field.mergeKey, field.schema);
}

function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string | undefined,
  schema: PatchSchema | undefined,
): unknown[] {
  if (mergeKey === undefined) {
    const merged = [...original, ...patch.filter((value) => !original.includes(value))];
    return ordered([...new Set(merged)], patch, original, undefined);
  }
  const replaces = patch.some((element) => isFields(element) && element[directive] === "replace");
  const elements = patch.map((element) => keyed(element, mergeKey, replaces));
  if (replaces) return elements.filter((element) => element[directive] !== "replace").map(withoutDirectives);
  let merged = [...original];
  for (const element of elements) {
    const index = merged.findIndex((candidate) => sameKey(candidate, element, mergeKey));
    const found = merged[index];
    if (element[directive] === "delete") merged = merged.filter((candidate) => !sameKey(candidate, element, mergeKey));
    else if (isFields(found)) merged[index] = applyStrategicMerge(found, element, schema);
    else merged.push(applyStrategicMerge({}, element, schema));
  }
  return ordered(merged, elements, original, mergeKey);
}

/**
 * The elements that `order` names in its order, and among them the others, each
 * where it stood in `before` in relation to them.
 */
function ordered(
  list: readonly unknown[],
  order: readonly unknown[],
  before: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const same = (a: unknown, b: unknown) => (mergeKey === undefined ? isDeepStrictEqual(a, b) : sameKey(a, b, mergeKey));
  const position = (element: unknown) => before.findIndex((candidate) => same(candidate, element));
  const named = order.flatMap((wanted) => list.filter((element) => same(element, wanted)).slice(0, 1));
  const others = list.filter((element) => !order.some((wanted) => same(element, wanted)));
  const result: unknown[] = [];
  for (const element of new Set(named)) {
    const place = position(element);
    while (place >= 0 && others.length > 0 && position(others[0]) < place) result.push(others.shift());
    result.push(element);
  }
  return [...result, ...others];
}

function keyed(element: unknown, mergeKey: string, replaces: boolean): Fields {
  if (!isFields(element)) throw new StrategicMergeError(`an element of a list that merges by ${mergeKey} is no object`);
  if (element[mergeKey] === undefined && !replaces) {
    throw new StrategicMergeError(`an element of a list does not contain its merge key: ${mergeKey}`);
  }
  return element;
}

function sameKey(a: unknown, b: unknown, mergeKey: string): boolean {
  return isFields(a) && isFields(b) && a[mergeKey] === b[mergeKey];
}

/** A patch's value as it is stored where nothing was before: without nulls and instructions. */
function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped);
  return isFields(value) ? withoutDirectives(value) : value;
}

function withoutDirectives(value: Fields): Fields {
  const kept = Object.entries(value).filter(
    ([key, member]) =>
      member !== null &&
      key !== directive &&
      key !== retainKeys &&
      !key.startsWith(deletePrefix) &&
      !key.startsWith(orderPrefix),
  );
  return Object.fromEntries(kept.map(([key, member]) => [key, stripped(member)]));
}

function unknownDirective(command: unknown): StrategicMergeError {
  return new StrategicMergeError(
    `unknown ${directive} directive ${JSON.stringify(command)}: replace, merge and delete are known`,
  );
}
