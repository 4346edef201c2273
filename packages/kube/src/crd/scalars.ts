import type { $ZodCheck, $ZodChecks, $ZodType } from "zod/v4/core";
import type { JSONSchemaProps } from "../types/apiextensions/v1.ts";
import { SchemaError } from "./errors.ts";
import { re2 } from "./pattern.ts";

/** What zod calls a format, and Kubernetes knows by this name: it checks them by its own rules. */
const formats: Readonly<Record<string, string>> = {
  email: "email",
  url: "uri",
  uuid: "uuid",
  guid: "uuid",
  datetime: "date-time",
  date: "date",
  ipv4: "ipv4",
  ipv6: "ipv6",
  mac: "mac",
  hostname: "hostname",
  base64: "byte",
};

/** The checks of a schema, itself among them where it is one, such as z.email(). */
export function checksOf(schema: $ZodType): $ZodChecks["_zod"]["def"][] {
  const own = schema._zod.traits.has("$ZodCheck") ? [schema as unknown as $ZodCheck] : [];
  return [...own, ...(schema._zod.def.checks ?? [])].map((check) => check._zod.def as $ZodChecks["_zod"]["def"]);
}

export function stringSchema(schema: $ZodType, path: string): JSONSchemaProps {
  const result: JSONSchemaProps = { type: "string" };
  const patterns: { pattern: string }[] = [];
  for (const check of checksOf(schema)) {
    if (check.check !== "string_format") continue;
    // Some take less than the format of that name does: one version of UUIDs, or times without a zone.
    const { version, precision, local, hostname, protocol } = check as unknown as Readonly<Record<string, unknown>>;
    const isOther = local === true || precision === -1;
    const isPart = isOther || [version, precision, hostname, protocol].some((own) => own != null);
    const format = formats[check.format];
    if (format !== undefined && !isOther) result.format = format;
    if (format !== undefined && !isPart) continue;
    if (check.pattern === undefined) {
      throw new SchemaError(path, `the API cannot check a string of the form ${check.format}; use .regex()`);
    }
    patterns.push({ pattern: patternOf(check.pattern, path) });
  }
  const { least, most } = lengths(schema);
  if (least !== undefined) result.minLength = least;
  if (most !== undefined) result.maxLength = most;
  return { ...result, ...all(patterns) };
}

/** @throws {SchemaError} it is none for the API. */
export function patternOf(expression: RegExp, path: string): string {
  const found = re2(expression);
  if ("pattern" in found) return found.pattern;
  const hint = 'say it without, or as CEL by .meta({ "x-kubernetes-validations": [...] })';
  throw new SchemaError(path, `the API's regular expressions (RE2) do not know ${found.unknown}: ${hint}`);
}

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** What zod calls a number of a certain size. Integers that JavaScript cannot hold are refused on both sides. */
const sizes: Readonly<Record<string, JSONSchemaProps>> = {
  safeint: { type: "integer", format: "int64", minimum: -MAX_SAFE, maximum: MAX_SAFE },
  int32: { type: "integer", format: "int32" },
  uint32: { type: "integer", format: "int64", minimum: 0, maximum: 2 ** 32 - 1 },
  float32: { type: "number", format: "float" },
  float64: { type: "number", format: "double" },
};

export function numberSchema(schema: $ZodType, path: string): JSONSchemaProps {
  const result: JSONSchemaProps = { type: "number" };
  const divisors: { multipleOf: number }[] = [];
  for (const check of checksOf(schema)) {
    if (check.check === "number_format") {
      const size = sizes[check.format];
      if (size === undefined) throw new SchemaError(path, `the API does not know numbers of the form ${check.format}`);
      Object.assign(result, size);
    } else if (check.check === "multiple_of") {
      divisors.push({ multipleOf: Number(check.value) });
    }
  }
  for (const check of checksOf(schema)) {
    if (check.check === "greater_than") raise(result, Number(check.value), !check.inclusive);
    else if (check.check === "less_than") lower(result, Number(check.value), !check.inclusive);
  }
  return { ...result, ...all(divisors) };
}

function raise(schema: JSONSchemaProps, minimum: number, exclusive: boolean): void {
  if (schema.minimum !== undefined && (schema.minimum > minimum || (schema.minimum === minimum && !exclusive))) return;
  schema.minimum = minimum;
  if (exclusive) schema.exclusiveMinimum = true;
  else delete schema.exclusiveMinimum;
}

function lower(schema: JSONSchemaProps, maximum: number, exclusive: boolean): void {
  if (schema.maximum !== undefined && (schema.maximum < maximum || (schema.maximum === maximum && !exclusive))) return;
  schema.maximum = maximum;
  if (exclusive) schema.exclusiveMaximum = true;
  else delete schema.exclusiveMaximum;
}

/** How long a string or an array may be. */
export function lengths(schema: $ZodType): { least: number | undefined; most: number | undefined } {
  let least: number | undefined;
  let most: number | undefined;
  for (const check of checksOf(schema)) {
    if (check.check === "min_length") least = Math.max(least ?? 0, check.minimum);
    else if (check.check === "max_length") most = Math.min(most ?? Number.POSITIVE_INFINITY, check.maximum);
    else if (check.check === "length_equals") least = most = check.length;
  }
  return { least, most };
}

/** Constraints that all hold: one stands by itself. */
function all<C extends object>(constraints: readonly C[]): Partial<C> | { allOf: C[] } {
  return constraints.length > 1 ? { allOf: [...constraints] } : { ...constraints[0] };
}
