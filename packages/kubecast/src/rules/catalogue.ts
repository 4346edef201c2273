import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { nearest } from "../settings/nearest.ts";
import { SettingsError } from "../settings/settings.ts";
import type { Mistake } from "../settings/yaml-file.ts";
import type { CustomTypes } from "./custom-types.ts";
import { parseRules } from "./parse.ts";
import type { Rule } from "./rule.ts";

const builtinFile = new URL("../../rules/builtin.yaml", import.meta.url);

/** Rule files that have mistakes; `mistakes` says each with its place. */
export class RulesError extends Error {
  override readonly name = "RulesError";
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super(`the rules have ${mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`}`);
    this.mistakes = mistakes;
  }
}

/** Which rules apply: the built-in ones, less the disabled, and those of files, which replace built-in ones of their name. */
export interface RuleSources {
  readonly builtin: boolean;
  readonly disable: readonly string[];
  readonly files: readonly string[];
}

/** Throws RulesError with every mistake of every file; a file that cannot be read is one. Throws SettingsError for a name to disable that no built-in rule has. */
export async function loadRules(sources: RuleSources): Promise<Rule[]> {
  const rules = new Map<string, Rule>();
  const definedIn = new Map<string, string>();
  const mistakes: Mistake[] = [];
  if (sources.builtin) for (const rule of await builtinRules()) rules.set(rule.name, rule);
  for (const name of sources.disable) {
    if (rules.delete(name)) continue;
    const near = nearest(name, rules.keys());
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    throw new SettingsError(`rules.disable names ${name}, and there is no built-in rule of that name${hint}`);
  }
  for (const file of sources.files) {
    const parsed = await readRules(file);
    mistakes.push(...parsed.mistakes);
    for (const rule of parsed.rules) {
      const other = definedIn.get(rule.name);
      if (other !== undefined)
        mistakes.push({ file, line: 1, column: 1, message: `rule ${rule.name} is in ${other} already` });
      definedIn.set(rule.name, file);
      rules.set(rule.name, rule);
    }
  }
  if (mistakes.length > 0) throw new RulesError(mistakes);
  return [...rules.values()];
}

/** Reads and checks one file. Never throws: a file that cannot be read is a mistake at its first line. */
export async function readRules(
  file: string,
  customTypes?: CustomTypes,
): Promise<{ rules: readonly Rule[]; mistakes: readonly Mistake[] }> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const message = code === "ENOENT" ? "there is no such file" : `this cannot be read (${code})`;
    return { rules: [], mistakes: [{ file, line: 1, column: 1, message }] };
  }
  return parseRules(file, text, customTypes);
}

export async function builtinRules(): Promise<readonly Rule[]> {
  const { rules, mistakes } = await readRules(fileURLToPath(builtinFile));
  if (mistakes.length > 0) throw new RulesError(mistakes);
  return rules;
}
