import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = new URL("../docs/features.md", import.meta.url);
const text = readFileSync(page, "utf8");
/** Rows of all tables but their heads: the cells. */
const rows = text
  .split("\n")
  .filter((line, index, lines) => line.startsWith("| ") && !line.startsWith("| ---") && !isRule(lines[index + 1]))
  .map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );

function isRule(line = ""): boolean {
  return line.startsWith("| ---");
}

interface Link {
  readonly words: string;
  readonly path: string;
  /** The name of the test. */
  readonly title: string | undefined;
}

function links(markdown: string): Link[] {
  return Array.from(
    markdown.matchAll(/\[([^\]]+)\]\((?!https:)([^\s)]+)(?: "([^"]+)")?\)/g),
    ([, words = "", path = "", title]) => ({ words, path, title }),
  );
}

test("each link leads to a file that is there, and each test is in its file", () => {
  const faults = links(text).flatMap(({ path, title }) => {
    const file = new URL(path, page);
    if (!existsSync(file)) return `there is no ${path}`;
    if (!path.includes(".test.")) return [];
    if (title === undefined) return `${path}: which test?`;
    return readFileSync(file, "utf8").includes(JSON.stringify(title)) ? [] : `${path} has no ${JSON.stringify(title)}`;
  });
  expect(faults).toEqual([]);
});

test("each feature that we have, and each thing that others suffer from, has a test of its own", () => {
  const faults = rows.filter((cells) => {
    const ours = cells.at(-1) ?? "";
    const held = links(ours).some(({ path }) => path.includes(".test."));
    return !held && !/^no: /.test(ours);
  });
  expect(faults).toEqual([]);
  expect(rows.length).toBeGreaterThan(90);
  expect(rows.filter((cells) => cells.length !== 4 && cells.length !== 5)).toEqual([]);
});
