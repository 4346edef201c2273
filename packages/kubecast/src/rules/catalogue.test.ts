import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadRules, type RuleSources, RulesError } from "./catalogue.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "kubecast-rules-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const full = path.join(folder, name);
  await writeFile(full, text);
  return full;
}
const rule = (name: string, severity = "info") =>
  `rules:\n  - { name: ${name}, resource: pods, when: "true", summary: '"x"', severity: ${severity} }\n`;
const nothing: RuleSources = { builtin: false, disable: [], files: [] };

/** The mistakes that refuse the sources, without the folder. */
async function refusal(sources: Partial<RuleSources>): Promise<string[]> {
  const error: unknown = await loadRules({ ...nothing, ...sources }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RulesError);
  return (error as RulesError).mistakes.map(
    (one) => `${path.basename(one.file)}:${one.line}:${one.column}: ${one.message.replaceAll(`${folder}/`, "")}`,
  );
}

describe("loadRules", () => {
  it("gives the built-in rules less the disabled, and none when they are not wanted", async () => {
    const all = await loadRules({ ...nothing, builtin: true });
    const some = await loadRules({ ...nothing, builtin: true, disable: ["PodEvicted"] });
    expect(some.map(({ name }) => name)).toEqual(all.map(({ name }) => name).filter((name) => name !== "PodEvicted"));
    expect(await loadRules(nothing)).toEqual([]);
  });

  it("puts a file's rule in the place of the built-in one of its name", async () => {
    const files = [await file("a.yaml", rule("PodFailed")), await file("b.yaml", rule("Mine"))];
    const rules = await loadRules({ ...nothing, builtin: true, files });
    expect(rules.filter(({ name }) => name === "PodFailed")).toMatchObject([{ severity: "info" }]);
    expect(rules.map(({ name }) => name)).toContain("Mine");
  });

  it("says every mistake of every file", async () => {
    const files = [
      await file("a.yaml", "rules: 5\n"),
      path.join(folder, "none.yaml"),
      folder,
      await file("b.yaml", rule("Mine", "grave")),
    ];
    expect(await refusal({ builtin: true, disable: [], files })).toEqual([
      `a.yaml:1:8: "rules": must be a list, and it is a number`,
      "none.yaml:1:1: there is no such file",
      `${path.basename(folder)}:1:1: this cannot be read (EISDIR)`,
      `b.yaml:2:75: "severity": must be one of critical, warning, info`,
    ]);
  });

  it("refuses to disable what is not there", async () => {
    await expect(loadRules({ builtin: true, disable: ["PodFaild"], files: [] })).rejects.toThrow(
      "rules.disable names PodFaild, and there is no built-in rule of that name; did you mean PodFailed?",
    );
  });

  it("refuses a rule that two files have", async () => {
    const files = [await file("a.yaml", rule("Mine")), await file("b.yaml", rule("Mine"))];
    expect(await refusal({ files })).toEqual(["b.yaml:1:1: rule Mine is in a.yaml already"]);
  });
});
