import { existsSync, readFileSync } from "node:fs";
import * as kube from "@kubecast/kube";
import { expect, test } from "vitest";

const root = new URL("../", import.meta.url);
const text = readFileSync(new URL("docs/from-kube-0.21.md", root), "utf8");
const rows = tableRows(text);
const tested = rows.filter((cells) => cells.length === 4);

test("each row names a test that is there, or says why there is nothing to test", () => {
  const faults = tested
    .filter(([, ours, test = ""]) => {
      if (test === "") return ours !== "none";
      const [, file] = /^`([^`]+\.test\.ts)`$/.exec(test) ?? [];
      return file === undefined || !existsSync(new URL(`packages/kube/src/${file}`, root));
    })
    .map(([theirs]) => theirs);
  expect(faults).toEqual([]);
  expect(tested.length).toBeGreaterThan(80);
});

test("each method and constructor that is named is there", () => {
  const { Api, Client, Informer, RawApi, Reflector } = kube;
  const raw = named("RawApi").filter((name) => /^[a-z]\w+$/.test(name));
  const api = named("Api").filter((name) => /^[a-z]\w+$/.test(name));
  const missing = (names: readonly string[], ...owners: readonly object[]) =>
    names.filter((name) => !owners.some((owner) => name in owner));
  expect(missing(raw, RawApi, RawApi.prototype)).toEqual([]);
  expect(missing(api, Api, Api.prototype)).toEqual([]);
  const plain = (section: string) =>
    named(section).flatMap((name) => /^(?!none)([a-z]\w+)(?=$|\(|<)/.exec(name)?.[0] ?? []);
  expect(missing(plain("Client"), Client.prototype, kube)).toEqual([]);
  const none = new Informer({ transport: {} as kube.Transport, resource: RawApi.v1Pod().resource });
  expect(missing(plain("Informer"), none)).toEqual([]);
  expect(missing(plain("Reflector"), Reflector.prototype)).toEqual([]);
  expect(raw.length + api.length).toBeGreaterThan(40);
});

/** What stands in code in the second column of a section, or in the first where that is said to be the same. */
function named(section: string): string[] {
  const [, body = ""] = text.split(`\n## ${section}\n`);
  const [lines = ""] = body.split("\n## ");
  return tableRows(lines).flatMap(([theirs = "", ours = ""]) =>
    Array.from((ours.startsWith("the same") ? theirs : ours).matchAll(/`([^`]+)`/g), ([, name = ""]) => name),
  );
}

/** The cells of the rows of all tables. */
function tableRows(markdown: string): string[][] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (kube 0\.21|---)/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}
