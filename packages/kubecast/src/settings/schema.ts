import type { z } from "zod";
import { nearest } from "./nearest.ts";
import { byPlace, type Mistake, type YamlFile } from "./yaml-file.ts";

/**
 * Checks a value that stands at the path `at` of a file. Each mistake is a
 * sentence with its place; none repeats more of the value than a name. `wrong`
 * are the value's own fields that have mistakes, in them or below.
 */
export function check<T>(
  schema: z.ZodType<T>,
  value: unknown,
  yaml: YamlFile,
  at: readonly PropertyKey[],
): { readonly data: T } | { readonly mistakes: Mistake[]; readonly wrong: ReadonlySet<PropertyKey> } {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return { data: parsed.data };
  const mistakes = parsed.error.issues.flatMap((issue) => mistakesOfIssue(yaml, issue, at));
  const wrong = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : issue.path.slice(0, 1),
  );
  return { mistakes: mistakes.sort(byPlace), wrong: new Set(wrong) };
}

function mistakesOfIssue(yaml: YamlFile, issue: z.core.$ZodIssue, at: readonly PropertyKey[]): Mistake[] {
  const path = [...at, ...issue.path];
  const field = issue.path.at(-1);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => yaml.mistakeAtKey(path, key, `unknown key "${key}"`));
  }
  if (issue.code === "invalid_type") {
    const wanted = kinds[issue.expected] ?? `a ${issue.expected}`;
    if (field !== undefined && issue.input === undefined) return [yaml.mistake(path, `"${String(field)}" is missing`)];
    return [
      yaml.mistake(
        path,
        `${path.length === 0 ? "the file " : named(field)}must be ${wanted}, and it is ${kindOf(issue.input)}`,
      ),
    ];
  }
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    const near = typeof issue.input === "string" ? nearest(issue.input, values) : undefined;
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    return [yaml.mistake(path, `${named(field)}must be one of ${values.join(", ")}${hint}`)];
  }
  return [yaml.mistake(path, `${named(field)}${issue.message}`)];
}

const kinds: Readonly<Record<string, string>> = {
  object: "a map",
  record: "a map",
  array: "a list",
  string: "text",
  int: "a whole number",
};

/** What people call such a value: a map, a list, text, a number; null is empty. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return "a list";
  const type = typeof value;
  return kinds[type] ?? `a ${type}`;
}

function named(field: PropertyKey | undefined): string {
  return typeof field === "string" ? `"${field}": ` : "";
}
