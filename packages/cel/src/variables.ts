import { type CelInput, celType, celUint } from "@bufbuild/cel";
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
  const converted = type === "dyn" ? toCel(value) : typed(type, value);
  if (converted !== undefined) return converted;
  throw new EvaluationError(`the variable ${name} is not a value of the type ${type}`, false);
}

function typed(type: CelType, value: unknown): CelInput | undefined {
  if (type === "timestamp" || type === "duration") {
    const text = value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value;
    const converted = typeof text === "string" ? convert(type, text) : undefined;
    return converted === undefined || isFailure(converted) ? undefined : converted;
  }
  if (type === "double") return typeof value === "number" ? value : undefined;
  const plain = toCel(value);
  if (plain === undefined) return undefined;
  if (type === "uint") return typeof plain === "bigint" && plain >= 0n ? celUint(plain) : undefined;
  return celType(plain).name === type ? plain : undefined;
}
