const width = 100;
const before = 60;

/**
 * A line with a `^` below one of its places; of a long line, what is around the place.
 * @param column 1-based, in UTF-16 code units.
 */
export function excerptOf(line: string, column: number): string {
  const characters = [...line.replace(/\p{Cc}/gu, " ")];
  const place = [...line.slice(0, column - 1)].length;
  const start = characters.length <= width ? 0 : Math.max(0, place - before);
  const head = start === 0 ? "" : "…";
  const tail = start + width < characters.length ? "…" : "";
  const shown = characters
    .slice(start, start + width)
    .join("")
    .trimEnd();
  return `${head}${shown}${tail}\n${" ".repeat(head.length + place - start)}^`;
}
