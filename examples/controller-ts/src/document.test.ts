import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { Document } from "./document.ts";

const read = (file: string) => readFileSync(new URL(`../yaml/${file}`, import.meta.url), "utf8");

test("yaml/crd.yaml is what `npm run crd` makes", () => {
  expect(read("crd.yaml")).toBe(stringify(Document.definition));
});

test("yaml/instances.yaml has Documents", () => {
  const documents = parseAllDocuments(read("instances.yaml")).map((document) => Document.parse(document.toJS()));
  expect(documents.map(({ metadata }) => metadata.name)).toEqual(["lorem", "illegal"]);
});
