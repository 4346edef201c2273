/** At most this many names are listed in a message. */
const SHOWN = 10;

/** Names for a message, the one that looks most like `wanted` first: `"prod", "staging"`. */
export function listNames(names: Iterable<string>, wanted?: string): string {
  const all = [...names];
  if (all.length === 0) return "none";
  if (wanted !== undefined) {
    const distances = new Map(all.map((name) => [name, editDistance(name, wanted)]));
    all.sort((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0));
  }
  const shown = all.slice(0, SHOWN).map((name) => JSON.stringify(name));
  return shown.join(", ") + (all.length > SHOWN ? ` and ${all.length - SHOWN} more` : "");
}

/** Levenshtein distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
