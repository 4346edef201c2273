import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { allLibraries } from "../environment.ts";

test("the README names every function", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const words = new Set(readme.match(/[\w.]+/g));
  const names = allLibraries.flatMap(({ overloads }) =>
    overloads.map(({ name, method }) => (method ? `.${name}` : name)),
  );
  const functions = names.filter((name) => /^[\w.]+$/.test(name) && !name.startsWith("_"));
  const missing = functions.filter((name) => !words.has(name) && !words.has(`.${name}`) && !words.has(`list${name}`));
  expect([...new Set(missing)]).toEqual([]);
});
