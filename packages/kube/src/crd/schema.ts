import { type $ZodType, type $ZodTypes, globalRegistry, safeParse } from "zod/v4/core";
import type { JSONSchemaProps } from "../types/apiextensions/v1.ts";
import { SchemaError } from "./errors.ts";
import { join } from "./path.ts";
import { checksOf, lengths, numberSchema, patternOf, stringSchema } from "./scalars.ts";

/** What the API has no form for, and what to take instead. */
const instead: Readonly<Record<string, string>> = {
  bigint: "z.int()",
  catch: ".default()",
  custom: 'z.unknown(), with CEL by .meta({ "x-kubernetes-validations": [...] })',
  date: "z.iso.datetime()",
  intersection: ".extend()",
  map: "z.record(z.string(), ...)",
  null: "z.nullable()",
  pipe: "the type that is written: transform what you have read",
  set: "z.array()",
  transform: "the type that is written: transform what you have read",
  tuple: "z.array() or z.object()",
};

/** What `.meta()` may say that the API understands; it may say other things to others. */
const told = new Set(["description", "title", "format", "externalDocs", "example"]);
const extensions = new Set([
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-list-type",
  "x-kubernetes-map-type",
  "x-kubernetes-validations",
]);
const VALIDATIONS = "x-kubernetes-validations";

/** Anything at all. */
const anything: JSONSchemaProps = { nullable: true, "x-kubernetes-preserve-unknown-fields": true };

/**
 * The structural schema that says what a zod schema says, of what is written: the input.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 *
 * @param path of the schema, for errors.
 * @throws {SchemaError} there is none.
 */
export function structuralSchema(schema: $ZodType, path: string): JSONSchemaProps {
  return convert(schema, path, []);
}

/** Whether a field of this schema may be left out. */
export function mayBeAbsent(schema: $ZodType): boolean {
  const { def } = (schema as $ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "default":
    case "prefault":
      return true;
    case "nullable":
    case "readonly":
      return mayBeAbsent(def.innerType);
    case "lazy":
      return mayBeAbsent(def.getter());
    case "union":
      return def.options.some(mayBeAbsent);
    default:
      return false;
  }
}

/** @param within the schemas around this one. */
function convert(schema: $ZodType, path: string, within: readonly $ZodType[]): JSONSchemaProps {
  if (within.includes(schema)) throw new SchemaError(path, "the API has no recursive types; use z.unknown()");
  const meta = metaOf(schema, path);
  const result = { ...shapeOf(schema as $ZodTypes, path, [...within, schema]), ...meta };
  for (const { check } of checksOf(schema) as { check: string }[]) {
    if (check === "overwrite") throw new SchemaError(path, "the API keeps what is written; use .regex() to refuse it");
    if ((check === "custom" || check.startsWith("propert")) && result[VALIDATIONS] === undefined) {
      throw new SchemaError(
        path,
        `a refinement runs in JavaScript; say it in CEL too: .meta({ "${VALIDATIONS}": [...] })`,
      );
    }
  }
  if ((schema._zod.def as { coerce?: boolean }).coerce === true) {
    throw new SchemaError(path, "the API keeps what is written; use the type without z.coerce");
  }
  return result;
}

function shapeOf(schema: $ZodTypes, path: string, within: readonly $ZodType[]): JSONSchemaProps {
  const { def } = schema._zod;
  switch (def.type) {
    case "string":
      return stringSchema(schema, path);
    case "template_literal":
      return { type: "string", pattern: patternOf(schema._zod.pattern as RegExp, path) };
    case "number":
      return numberSchema(schema, path);
    case "boolean":
      return { type: "boolean" };
    case "enum":
    case "literal":
      return enumSchema([...(schema._zod.values ?? [])], path);
    case "any":
    case "unknown":
      return anything;
    case "object":
      return objectSchema(def.shape, def.catchall, path, within);
    case "record":
      return recordSchema(def, path, within);
    case "array": {
      const { least, most } = lengths(schema);
      const items = convert(def.element, `${path}[]`, within);
      return { type: "array", items, ...given({ minItems: least, maxItems: most }) };
    }
    case "union":
      return unionSchema(flat(def.options), path, within);
    case "nullable":
      return nullable(convert(def.innerType, path, within), path);
    case "default":
    case "prefault":
      return withDefault(def, path, within);
    case "optional":
    case "nonoptional":
    case "readonly":
      return convert(def.innerType, path, within);
    case "lazy":
      return convert(def.getter(), path, within);
    default: {
      const better = instead[def.type];
      throw new SchemaError(path, `the API has no ${def.type}${better === undefined ? "" : `; use ${better}`}`);
    }
  }
}

function objectSchema(
  shape: Readonly<Record<string, $ZodType>>,
  catchall: $ZodType | undefined,
  path: string,
  within: readonly $ZodType[],
): JSONSchemaProps {
  const names = Object.keys(shape);
  const required = names.filter((name) => !mayBeAbsent(shape[name] as $ZodType));
  const fields = names.map((name) => [name, convert(shape[name] as $ZodType, join(path, name), within)] as const);
  const result: JSONSchemaProps = {
    type: "object",
    ...(required.length > 0 && { required }),
    ...(fields.length > 0 && { properties: Object.fromEntries(fields) }),
  };
  // Unknown fields are pruned by the API, as z.object() does too; that they are refused is for the request to ask.
  if (catchall === undefined || catchall._zod.def.type === "never") return result;
  if (["unknown", "any"].includes(catchall._zod.def.type)) {
    return { ...result, "x-kubernetes-preserve-unknown-fields": true };
  }
  throw new SchemaError(
    path,
    "the API has no types for fields that are not listed beside such that are; use z.record()",
  );
}

function recordSchema(
  { keyType, valueType, mode }: { keyType: $ZodType; valueType: $ZodType; mode?: string | undefined },
  path: string,
  within: readonly $ZodType[],
): JSONSchemaProps {
  if (keyType._zod.def.type !== "string" || checksOf(keyType).length > 0 || mode === "loose") {
    const cel = `"${VALIDATIONS}": [{ rule: "self.all(key, ...)" }]`;
    throw new SchemaError(
      path,
      `the API takes any key of a record; use z.object(), or z.string() and CEL by .meta({ ${cel} })`,
    );
  }
  return { type: "object", additionalProperties: convert(valueType, `${path}.*`, within) };
}

function unionSchema(options: readonly $ZodType[], path: string, within: readonly $ZodType[]): JSONSchemaProps {
  const some = options.filter((option) => option._zod.def.type !== "null");
  if (some.length < options.length && some.length > 0) return nullable(unionSchema(some, path, within), path);
  const [only] = some;
  if (only !== undefined && some.length === 1) return convert(only, path, within);
  const values = some.map((option) =>
    ["literal", "enum"].includes(option._zod.def.type) ? option._zod.values : undefined,
  );
  if (values.length > 0 && values.every((set) => set !== undefined)) {
    return enumSchema(
      values.flatMap((set) => [...set]),
      path,
    );
  }
  const [number, string] = ["number", "string"].map((type) => some.filter((option) => option._zod.def.type === type));
  if (some.length === 2 && number?.[0] && string?.[0]) {
    return intOrString(convert(number[0], path, within), convert(string[0], path, within), path);
  }
  const hint = "use one z.object() with optional fields and CEL, or z.unknown()";
  throw new SchemaError(
    path,
    `the API has no union but of an integer and a string, of literals, or with null; ${hint}`,
  );
}

/** What is said of either holds for that one alone. */
function intOrString(number: JSONSchemaProps, string: JSONSchemaProps, path: string): JSONSchemaProps {
  if (number.type !== "integer")
    throw new SchemaError(path, "the API has no number or string; use z.int() or z.string()");
  const { type: _, format: __, ...bounds } = number;
  const { type: ___, format, ...shape } = string;
  if (format !== undefined || (bounds.allOf && shape.allOf)) {
    throw new SchemaError(path, "the API has no such string beside an integer; use .regex()");
  }
  if (bounds.minimum === -Number.MAX_SAFE_INTEGER) delete bounds.minimum;
  if (bounds.maximum === Number.MAX_SAFE_INTEGER) delete bounds.maximum;
  return { "x-kubernetes-int-or-string": true, ...bounds, ...shape };
}

function enumSchema(values: readonly unknown[], path: string): JSONSchemaProps {
  const some = values.filter((value) => value !== null);
  const [type, ...others] = new Set(some.map((value) => (Number.isInteger(value) ? "integer" : typeof value)));
  if (type === undefined || others.length > 0 || !["string", "integer", "number", "boolean"].includes(type)) {
    throw new SchemaError(path, "the API has literals of one type only, and that a string, a number or a boolean");
  }
  const result = { type, enum: [...new Set(some)] };
  return some.length < values.length ? nullable(result, path) : result;
}

/**
 * kube-apiserver holds null against an enum, and finds it in none, not even in one that
 * lists it; a pattern it holds against strings alone.
 */
function nullable({ enum: values, ...schema }: JSONSchemaProps, path: string): JSONSchemaProps {
  if (values === undefined) return { ...schema, nullable: true };
  if (schema.type !== "string") {
    throw new SchemaError(path, "the API takes no null beside literals that are no strings; use .optional()");
  }
  const literals = values.map((value) => String(value).replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return { ...schema, pattern: `^(?:${literals.join("|")})$`, nullable: true };
}

function withDefault(
  def: { readonly type: string; readonly innerType: $ZodType; readonly defaultValue: unknown },
  path: string,
  within: readonly $ZodType[],
): JSONSchemaProps {
  const inner = convert(def.innerType, path, within);
  const text = JSON.stringify(def.defaultValue);
  if (text === undefined) return inner;
  // A function makes it anew each time.
  if (text !== JSON.stringify(def.defaultValue)) {
    throw new SchemaError(path, "the API has one default for all; make it optional, and fill it in when you read it");
  }
  const checked = safeParse(def.innerType, def.defaultValue);
  const [issue] = checked.error?.issues ?? [];
  if (issue !== undefined)
    throw new SchemaError(issue.path.reduce<string>(join, path), `the default: ${issue.message}`);
  return { ...inner, default: JSON.parse(text) };
}

function metaOf(schema: $ZodType, path: string): JSONSchemaProps {
  const entries = Object.entries(globalRegistry.get(schema) ?? {}).filter(([key, value]) => {
    if (key.startsWith("x-kubernetes-") && !extensions.has(key)) throw new SchemaError(path, `the API knows no ${key}`);
    return value !== undefined && (told.has(key) || extensions.has(key));
  });
  return Object.fromEntries(entries);
}

function flat(options: readonly $ZodType[]): $ZodType[] {
  return options.flatMap((option) => {
    const { def } = (option as $ZodTypes)._zod;
    return def.type === "union" ? flat(def.options) : [option];
  });
}

function given<T extends object>(values: T): { [N in keyof T]?: NonNullable<T[N]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
