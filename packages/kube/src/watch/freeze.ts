import type { WatchItem } from "./item.ts";

/** client-go's name for the same wish. */
const VARIABLE = "KUBE_CACHE_MUTATION_DETECTOR";
let warned = false;

/** Whether the environment asks for caches whose objects cannot be changed; says once how to read the errors that this brings. */
export function freezesCaches(): boolean {
  if (!/^(1|t|true)$/i.test(process.env[VARIABLE] ?? "")) return false;
  if (!warned) {
    warned = true;
    process.emitWarning(
      `${VARIABLE} is set: code that changes an object of a cache gets a TypeError (read only, not extensible, cannot delete) at that line. Change a structuredClone(object) in its place.`,
      { code: VARIABLE },
    );
  }
  return true;
}

/** Freezes the objects of items, before anybody has seen them. */
export function freezeItems(items: readonly WatchItem<never>[]): void {
  for (const item of items) if ("object" in item) freeze(item.object);
}

function freeze(value: unknown): void {
  // The bytes that a transform may have made of a field cannot be frozen.
  if (typeof value !== "object" || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  for (const below of Object.values(value)) freeze(below);
}
