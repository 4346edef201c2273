import { readRules } from "../rules/catalogue.ts";
import { formatMistake, type Mistake } from "../settings/yaml-file.ts";

/** `kubecast check`: says every mistake of every file; true if there is none. */
export async function check(
  files: readonly string[],
  options: { json?: boolean },
  write: (line: string) => void,
): Promise<boolean> {
  const mistakes: Mistake[] = [];
  for (const file of files) {
    const parsed = await readRules(file);
    mistakes.push(...parsed.mistakes);
    if (options.json) continue;
    for (const mistake of parsed.mistakes) write(formatMistake(mistake));
    if (parsed.mistakes.length === 0)
      write(`${file}: ${parsed.rules.length} ${parsed.rules.length === 1 ? "rule" : "rules"}, no mistake`);
  }
  if (options.json) write(JSON.stringify(mistakes));
  return mistakes.length === 0;
}
