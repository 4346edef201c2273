/** How many there were of each kind. */
export type Counts = Record<string, number>;

export function count(counts: Counts, kind: string): void {
  counts[kind] = (counts[kind] ?? 0) + 1;
}
