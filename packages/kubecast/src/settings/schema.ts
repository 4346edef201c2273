import type { z } from "zod";
import { nearest } from "./nearest.ts";
import type { Mistake, YamlFile } from "./yaml-file.ts";

/** Says each issue of a failed check as a sentence at its place in the file; `at` is where the checked value stands. */
export function mistakesOf(yaml: YamlFile, error: z.ZodError, at: readonly PropertyKey[]): Mistake[] {
  return error.issues.flatMap((issue) => mistakesOfIssue(yaml, issue, at));
}

function mistakesOfIssue(yaml: YamlFile, issue: z.core.$ZodIssue, at: readonly PropertyKey[]): Mistake[] {
  const path = [...at, ...issue.path];
  const field = issue.path.at(-1);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => yaml.mistakeAtKey(path, key, `unknown key "${key}"`));
  }
  if (issue.code === "invalid_type" && issue.input === undefined) {
    const message = field === undefined ? `expected a ${issue.expected}, found nothing` : `"${String(field)}" is missing`;
    return [yaml.mistake(path, message)];
  }
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    const near = nearest(String(issue.input ?? ""), values);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    return [yaml.mistake(path, `${named(field)}must be one of ${values.join(", ")}${hint}`)];
  }
  return [yaml.mistake(path, `${named(field)}${issue.message}`)];
}

function named(field: PropertyKey | undefined): string {
  return typeof field === "string" ? `"${field}": ` : "";
}
