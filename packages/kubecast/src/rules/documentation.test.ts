import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { evaluate } from "../cli/eval.ts";
import { loadSettings } from "../settings/settings.ts";
import { builtinRules } from "./catalogue.ts";
import { parseRules } from "./parse.ts";

/** The YAML blocks of a document of this repository that begin with a key. */
async function blocks(file: string, key: string): Promise<string[]> {
  const text = await readFile(new URL(`../../../../${file}`, import.meta.url), "utf8");
  return Array.from(text.matchAll(/^```yaml\n(.*?)^```/gms), ([, block = ""]) => block).filter((block) =>
    block.startsWith(`${key}:`),
  );
}

it.each(["README.md", "docs/rules.md"])("the rules in %s have no mistake", async (file) => {
  const found = await blocks(file, "rules");
  expect(found).not.toHaveLength(0);
  for (const block of found) expect(parseRules(file, block).mistakes).toEqual([]);
});

it("the settings in README.md can be loaded", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "kubecast-"));
  const [block = ""] = await blocks("README.md", "cluster");
  await writeFile(path.join(folder, "kubecast.yaml"), block);
  const settings = await loadSettings({ config: path.join(folder, "kubecast.yaml") }, {});
  expect(settings).toMatchObject({ cluster: "prod-eu", redis: { log: { maxAge: 7 * 86_400_000 } } });
  await rm(folder, { recursive: true });
});

it("docs/rules.md lists the built-in rules as they are", async () => {
  const text = await readFile(new URL("../../../../docs/rules.md", import.meta.url), "utf8");
  const rows = Array.from(text.matchAll(/^\| `(\w+)` \|.*\| (\w+) \| (\w+) \| (\w+) \|$/gm), ([, ...row]) => row);
  const minutes = (milliseconds: number) => (milliseconds === 0 ? "0" : `${milliseconds / 60_000}m`);
  const rules = await builtinRules();
  expect(rows).toEqual(rules.map((rule) => [rule.name, minutes(rule.for), minutes(rule.keepFiringFor), rule.severity]));
});

it("docs/rules.md shows what kubecast eval prints", async () => {
  const text = await readFile(new URL("../../../../docs/rules.md", import.meta.url), "utf8");
  const [, expression = "", shown = ""] =
    /^ {4}\$ kubecast eval -f pod\.yaml --explain '(.*)'\n((?: {4}.*\n|\n)*?)\n {4}\$ kubectl/m.exec(text) ?? [];
  const folder = await mkdtemp(path.join(tmpdir(), "kubecast-"));
  const file = path.join(folder, "pod.yaml");
  const containerStatuses = [
    { name: "api", ready: false, restartCount: 7 },
    { name: "proxy", ready: true, restartCount: 0 },
  ];
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, status: { containerStatuses } };
  await writeFile(file, JSON.stringify(pod));
  const lines: string[] = [];
  await evaluate(expression, { file, cluster: "", explain: true }, (line) => lines.push(line));
  await rm(folder, { recursive: true });
  expect(shown.replace(/^ {4}/gm, "").trimEnd().split("\n")).toEqual(lines.flatMap((line) => line.split("\n")));
});
