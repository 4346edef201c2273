import { distance } from "fastest-levenshtein";
import type { ResourceDescription } from "./description.ts";
import { apiVersion, resourceName } from "./resource.ts";

/** Finds resources by what users call them. */
export class ResourceIndex {
  /** Lower-case words; whose full name it is come before whose short name it is. */
  readonly #byWord = new Map<string, ResourceDescription[]>();
  readonly #byKind = new Map<string, ResourceDescription>();

  /** @param resources in the order of preference, which decides where a name leaves a choice. */
  constructor(resources: readonly ResourceDescription[]) {
    for (const resource of resources) {
      for (const word of [resource.plural, resource.singular, resource.kind]) this.#add(word, resource);
      const kind = kindKey(apiVersion(resource), resource.kind);
      if (!this.#byKind.has(kind)) this.#byKind.set(kind, resource);
    }
    for (const resource of resources) {
      for (const word of resource.shortNames) this.#add(word, resource);
    }
  }

  #add(name: string, resource: ResourceDescription): void {
    const word = name.toLowerCase();
    const same = this.#byWord.get(word);
    if (same === undefined) this.#byWord.set(word, [resource]);
    else if (!same.includes(resource)) same.push(resource);
  }

  /** See `findResource`. */
  find(name: string): ResourceDescription | undefined {
    for (const { word, version, group } of readings(name)) {
      const found = this.#byWord
        .get(word)
        ?.find(
          (resource) =>
            (version === undefined || resource.version === version) &&
            (group === undefined || resource.group === group),
        );
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** @param version as in an object, such as `apps/v1`. */
  findKind(version: string, kind: string): ResourceDescription | undefined {
    return this.#byKind.get(kindKey(version, kind));
  }

  /** See `suggest`. */
  suggest(name: string): string[] {
    const [word = ""] = name.toLowerCase().split(".");
    const limit = word.length < 5 ? 1 : 2;
    const nearest = new Map<string, number>();
    for (const [known, resources] of this.#byWord) {
      const far = distance(word, known);
      if (far > limit) continue;
      for (const resource of resources) {
        const full = resourceName(resource);
        nearest.set(full, Math.min(far, nearest.get(full) ?? far));
      }
    }
    return [...nearest]
      .sort(([, a], [, b]) => a - b)
      .slice(0, 3)
      .map(([full]) => full);
  }
}

function kindKey(version: string, kind: string): string {
  return `${version} ${kind}`;
}

/** What `a.b.c` may mean, in kubectl's order: `a` of version `b` in group `c`, or `a` in group `b.c`. */
function readings(name: string): { word: string; version?: string; group?: string }[] {
  const [word = "", second, ...rest] = name.toLowerCase().split(".");
  if (second === undefined) return [{ word }];
  return [
    { word, version: second, ...(rest.length > 0 && { group: rest.join(".") }) },
    { word, group: [second, ...rest].join(".") },
  ];
}
