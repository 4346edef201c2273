import { distance } from "fastest-levenshtein";
import { groupVersions, verbSets } from "./catalogue.generated.ts";
import { type Resource, resourceName } from "./resource.ts";

/** A built-in resource as discovery describes it. */
export interface CatalogueEntry extends Resource {
  readonly singular: string;
  readonly verbs: readonly string[];
  /** Such as `po`. */
  readonly shortNames: readonly string[];
  /** Names that stand for several resources, such as `all`. */
  readonly categories: readonly string[];
  readonly subresources: readonly CatalogueSubresource[];
}

export interface CatalogueSubresource {
  /** The last segment of the URL, such as `status`. */
  readonly name: string;
  /** Group, version and kind of what it takes or answers: `Scale` of autoscaling/v1 for `scale`. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

let entries: readonly CatalogueEntry[] | undefined;
let index: ReadonlyMap<string, readonly CatalogueEntry[]> | undefined;

/**
 * All built-in resources, alpha and beta versions included, the order of
 * preference kept: the core group first, a group's preferred version before its
 * others. Decoded on the first call.
 */
export function builtins(): readonly CatalogueEntry[] {
  entries ??= decode();
  return entries;
}

/**
 * The built-in resource of this name; letter case does not matter. A name is a
 * plural, singular, kind or short name, alone (`pods`, `Pod`, `po`) or followed
 * by its group (`deployments.apps`), its version (`pods.v1`) or both
 * (`deployments.v1.apps`). Where the name leaves a choice, the preferred group
 * and version is taken.
 */
export function findResource(name: string): CatalogueEntry | undefined {
  index ??= buildIndex();
  const { word, version, group } = split(name.toLowerCase());
  return index
    .get(word)
    ?.find(
      (entry) => (version === undefined || entry.version === version) && (group === undefined || entry.group === group),
    );
}

/**
 * Names of at most three built-in resources that somebody who wrote `name` may
 * have meant, the nearest first; for error messages.
 */
export function suggest(name: string): string[] {
  index ??= buildIndex();
  const { word } = split(name.toLowerCase());
  const limit = word.length < 5 ? 1 : 2;
  const nearest = new Map<string, number>();
  for (const [known, candidates] of index) {
    const far = distance(word, known);
    if (far > limit) continue;
    for (const candidate of candidates) {
      const full = resourceName(candidate);
      nearest.set(full, Math.min(far, nearest.get(full) ?? far));
    }
  }
  return [...nearest]
    .sort(([, a], [, b]) => a - b)
    .slice(0, 3)
    .map(([full]) => full);
}

function decode(): CatalogueEntry[] {
  const sets = verbSets.map(words);
  return groupVersions.flatMap(([group, version, rows]) =>
    rows.map(([kind, plural, singular, namespaced, verbs, shortNames, categories, subresources]) => ({
      group,
      version,
      kind,
      plural,
      namespaced: namespaced === 1,
      singular,
      verbs: sets[verbs] ?? [],
      shortNames: words(shortNames),
      categories: words(categories),
      subresources: subresources.map(([name, subKind, subVerbs, subGroup = group, subVersion = version]) => ({
        name,
        group: subGroup,
        version: subVersion,
        kind: subKind,
        verbs: sets[subVerbs] ?? [],
      })),
    })),
  );
}

function buildIndex(): Map<string, CatalogueEntry[]> {
  const built = new Map<string, CatalogueEntry[]>();
  for (const entry of builtins()) {
    for (const word of new Set([entry.plural, entry.singular, entry.kind.toLowerCase(), ...entry.shortNames])) {
      const same = built.get(word);
      if (same === undefined) built.set(word, [entry]);
      else same.push(entry);
    }
  }
  return built;
}

function split(name: string): { word: string; version: string | undefined; group: string | undefined } {
  const [word = "", ...rest] = name.split(".");
  const version = /^v\d+((alpha|beta)\d+)?$/.test(rest[0] ?? "") ? rest.shift() : undefined;
  return { word, version, group: rest.length === 0 ? undefined : rest.join(".") };
}

function words(text: string): readonly string[] {
  return text === "" ? [] : text.split(" ");
}
