import type { ExplainedPart, PartValue } from "@kubecast/cel";

/** Longer values are cut. */
const widest = 40;

/** A text under a line of the source, with where it begins. */
interface Note {
  readonly column: number;
  readonly text: string;
}

/**
 * An expression with what its parts came to below them:
 *
 *     object.status.phase == "Running"
 *                   |     |
 *                   |     false
 *                   "Failed"
 */
export function explainLines(source: string, parts: readonly ExplainedPart[]): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const line of source.split("\n")) {
    const end = start + line.length;
    lines.push(line);
    const notes = new Map<number, Note>();
    for (const part of parts) {
      if (part.at < start || part.at > end) continue;
      // Of parts at one place the outermost is first.
      const column = part.at - start;
      if (!notes.has(column)) notes.set(column, { column, text: describe(part) });
    }
    lines.push(...below([...notes.values()].sort((a, b) => a.column - b.column)));
    start = end + 1;
  }
  return lines;
}

function describe({ values, times }: ExplainedPart): string {
  const more = times - values.length;
  const shown = cut(values.map(written).join(", "));
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function written(part: PartValue): string {
  return "failure" in part ? part.failure : (JSON.stringify(part.value) ?? "null");
}

/** What comes from an object must not command a terminal. */
function cut(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  const characters = Array.from(plain);
  return characters.length > widest * 2 ? `${characters.slice(0, widest * 2 - 1).join("")}…` : plain;
}

/** First a line of bars; then each note as high as there is room to the right of it, with bars for those further down. */
function below(notes: readonly Note[]): string[] {
  if (notes.length === 0) return [];
  const rows = [barsAt(notes)];
  let left = [...notes];
  while (left.length > 0) {
    const placed: Note[] = [];
    const waiting: Note[] = [];
    let limit = Number.POSITIVE_INFINITY;
    for (const note of left.toReversed()) {
      const fits = note.column + Array.from(note.text).length < limit;
      (fits ? placed : waiting).unshift(note);
      limit = note.column;
    }
    let row = "";
    for (const note of left) row = row.padEnd(note.column) + (placed.includes(note) ? note.text : "|");
    rows.push(row);
    left = waiting;
  }
  return rows;
}

function barsAt(notes: readonly Note[]): string {
  let row = "";
  for (const { column } of notes) row = `${row.padEnd(column)}|`;
  return row;
}
