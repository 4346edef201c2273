import { readRules } from "../rules/catalogue.ts";
import { readCustomTypes } from "../rules/custom-types.ts";
import { explainMistake, type Mistake } from "../settings/yaml-file.ts";

/** `kubecast check`: says every mistake of every file; true if there is none. */
export async function check(
  files: readonly string[],
  options: { crd?: readonly string[]; json?: boolean },
  write: (line: string) => void,
): Promise<boolean> {
  const custom = await readCustomTypes(options.crd ?? []);
  const mistakes: Mistake[] = [...custom.mistakes];
  if (!options.json) for (const mistake of custom.mistakes) write(explainMistake(mistake));
  for (const file of files) {
    const parsed = await readRules(file, custom.types);
    mistakes.push(...parsed.mistakes);
    if (options.json) continue;
    for (const mistake of parsed.mistakes) write(explainMistake(mistake));
    if (parsed.mistakes.length === 0)
      write(`${file}: ${parsed.rules.length} ${parsed.rules.length === 1 ? "rule" : "rules"}, no mistake`);
  }
  if (options.json) write(JSON.stringify(mistakes));
  return mistakes.length === 0;
}
