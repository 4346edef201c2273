import { distance } from "fastest-levenshtein";

/** At most this many names are listed in a message. */
const SHOWN = 10;

/** Names for a message, the one that looks most like `wanted` first: `"prod", "staging"`. */
export function listNames(names: Iterable<string>, wanted?: string): string {
  const all = [...names];
  if (all.length === 0) return "none";
  if (wanted !== undefined) {
    const distances = new Map(all.map((name) => [name, distance(name, wanted)]));
    all.sort((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0));
  }
  const shown = all.slice(0, SHOWN).map((name) => JSON.stringify(name));
  return shown.join(", ") + (all.length > SHOWN ? ` and ${all.length - SHOWN} more` : "");
}
