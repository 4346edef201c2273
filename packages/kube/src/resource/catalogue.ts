import { groupVersions, verbSets } from "./catalogue.generated.ts";
import type { ResourceDescription } from "./description.ts";
import { ResourceIndex } from "./resource-index.ts";

let entries: readonly ResourceDescription[] | undefined;
let index: ResourceIndex | undefined;

/**
 * All built-in resources, alpha and beta versions included, the order of
 * preference kept: the core group first, a group's preferred version before its
 * others. Decoded on the first call.
 */
export function builtins(): readonly ResourceDescription[] {
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
export function findResource(name: string): ResourceDescription | undefined {
  return builtinIndex().find(name);
}

/**
 * Names of at most three built-in resources that somebody who wrote `name` may
 * have meant, the nearest first; for error messages.
 */
export function suggest(name: string): string[] {
  return builtinIndex().suggest(name);
}

function builtinIndex(): ResourceIndex {
  index ??= new ResourceIndex(builtins());
  return index;
}

function decode(): ResourceDescription[] {
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

function words(text: string): readonly string[] {
  return text === "" ? [] : text.split(" ");
}
