import { badRequest, expired, tooNew } from "../api/status-error.ts";
import type { Selection } from "../selectors/selection.ts";
import type { Collection, Snapshot } from "../store/collection.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";
import type { Registry, Target } from "./target.ts";

export interface ListOptions {
  readonly selection: Selection;
  /** 0 for no limit. */
  readonly limit: number;
  /** Empty for the first page. */
  readonly continue: string;
  /** Undefined where the request names none. */
  readonly resourceVersion: number | undefined;
  readonly resourceVersionMatch: "" | "Exact" | "NotOlderThan";
}

export interface Page {
  readonly revision: number;
  readonly items: readonly StoredObject[];
  readonly continue: string | undefined;
  /** Known only where no selector is given. */
  readonly remainingItemCount: number | undefined;
}

/** One page of a list; all pages of a list show the state of the first. */
export function list(registry: Registry, target: Target, options: ListOptions): Page {
  const collection = registry.store.collection(target.resource);
  const { snapshot, start } = place(registry, collection, options);
  const prefix = target.namespace === undefined ? "" : `${target.namespace}/`;
  const { keys } = snapshot;
  const items: StoredObject[] = [];
  // Strings in order: the later of where the namespace and where the page begins.
  let index = Math.max(lowerBound(keys, start), lowerBound(keys, prefix));
  for (; index < keys.length; index++) {
    const key = keys[index] ?? "";
    if (!key.startsWith(prefix)) break;
    const stored = snapshot.get(key);
    if (stored === undefined || !options.selection.matches(stored.object)) continue;
    if (options.limit > 0 && items.length === options.limit) {
      // The last key of this page and a zero byte: the least key behind it.
      const next = `${items.at(-1)?.key ?? ""}\0`;
      const end = prefix === "" ? keys.length : lowerBound(keys, `${target.namespace}0`);
      return {
        revision: snapshot.revision,
        items,
        continue: encodeContinue({ revision: snapshot.revision, start: next }),
        remainingItemCount: options.selection.everything ? end - index : undefined,
      };
    }
    items.push(stored);
  }
  return { revision: snapshot.revision, items, continue: undefined, remainingItemCount: undefined };
}

function place(
  registry: Registry,
  collection: Collection,
  options: ListOptions,
): { snapshot: Snapshot; start: string } {
  const { resourceVersion = 0 } = options;
  const current = registry.store.revision;
  if (options.continue !== "") {
    if (resourceVersion !== 0) throw badRequest("specifying resource version is not allowed when using continue");
    return resume(collection, options.continue);
  }
  if (resourceVersion > current) throw tooNew(resourceVersion, current);
  const exact =
    options.resourceVersionMatch === "Exact" ||
    (options.resourceVersionMatch === "" && options.limit > 0 && resourceVersion !== 0);
  if (!exact) return { snapshot: collection.current(), start: "" };
  const snapshot = collection.at(resourceVersion);
  if (snapshot === undefined) throw expired("The resourceVersion for the provided list is too old.");
  return { snapshot, start: "" };
}

function resume(collection: Collection, text: string): { snapshot: Snapshot; start: string } {
  const token = decodeContinue(text);
  if (token.revision < 0) return { snapshot: collection.current(), start: token.start };
  const snapshot = collection.at(token.revision);
  if (snapshot !== undefined) return { snapshot, start: token.start };
  throw expired(
    "the continue parameter is too old for a consistent list: list again from the start, or take the continue token of this answer for an inconsistent remainder",
    encodeContinue({ revision: -1, start: token.start }),
  );
}

function lowerBound(keys: readonly string[], wanted: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
