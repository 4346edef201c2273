import { type CelInput, celUint } from "@bufbuild/cel";
import { convert } from "./engine.ts";
import type { CelType } from "./environment.ts";
import { EvaluationError } from "./errors.ts";
import { isFailure } from "./failure.ts";
import { toCel } from "./value.ts";

export interface Variable {
  readonly name: string;
  readonly type: CelType;
}

/** Variables as the evaluator takes them. @throws EvaluationError if a value is not of its declared type. */
export function bind(
  declared: readonly Variable[],
  given: Readonly<Record<string, unknown>>,
): Record<string, CelInput> {
  const bound: Record<string, CelInput> = Object.create(null);
  for (const { name, type } of declared) {
    const value = Object.hasOwn(given, name) ? toVariable(name, type, given[name]) : undefined;
    if (value !== undefined) bound[name] = value;
  }
  return bound;
}

function toVariable(name: string, type: CelType, value: unknown): CelInput | undefined {
  if (value === null || value === undefined) return value;
  if (type === "timestamp") return instant(name, type, value instanceof Date ? value.toISOString() : value);
  if (type === "duration") return instant(name, type, value);
  if (typeof value === "number") {
    if (type === "double") return value;
    if (type === "uint" && Number.isSafeInteger(value) && value >= 0) return celUint(BigInt(value));
  }
  return toCel(value);
}

function instant(name: string, type: "timestamp" | "duration", value: unknown): CelInput {
  const converted = typeof value === "string" ? convert(type, value) : undefined;
  if (converted === undefined || isFailure(converted)) {
    throw new EvaluationError(`the variable ${name} is not a ${type}`, false);
  }
  return converted;
}
