import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  STRING,
  type StructField,
  type Structs,
  structOf,
  TIMESTAMP,
  type Type,
} from "../types/type.ts";
import { escapedField } from "./escape.ts";

/** A structural OpenAPI v3 schema, as CustomResourceDefinitions have them; what is not named here counts for nothing. */
export interface StructuralSchema {
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly properties?: Readonly<Record<string, StructuralSchema>> | undefined;
  readonly additionalProperties?: StructuralSchema | boolean | undefined;
  readonly items?: StructuralSchema | undefined;
  readonly "x-kubernetes-int-or-string"?: boolean | undefined;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean | undefined;
  readonly "x-kubernetes-embedded-resource"?: boolean | undefined;
}

/** How a schema becomes types. */
export interface SchemaOptions {
  /** What messages call the object, such as `Widget`. */
  readonly name: string;
  /** Whether it is a whole resource, which has apiVersion, kind and metadata whatever the schema says. Default true. */
  readonly resource?: boolean | undefined;
  /** The type of a resource's metadata; default: what Kubernetes lets rules see, `name` and `generateName`. */
  readonly metadata?: Type | undefined;
}

/** A type, and the structs that it is made of. */
export interface SchemaTypes {
  /** Of the whole object. */
  readonly type: Type;
  /** All that the type names. */
  readonly structs: Structs;
}

/**
 * The type of the objects of a schema, for `Environment.variables` and `structs`, as Kubernetes' own CEL has it:
 * integers are ints, numbers doubles, strings of the formats byte, date, date-time and duration bytes,
 * timestamps and durations, objects with properties structs, those with additionalProperties maps.
 *
 * Int-or-string is dyn. So is, unlike in Kubernetes, what has unknown fields
 * (x-kubernetes-preserve-unknown-fields) or no type, which there cannot be named at all.
 * A field whose name is no identifier has its escaped name (`foo__dash__bar`) besides its own.
 *
 * ```ts
 * const spec = { type: "object", properties: { size: { type: "integer" } } };
 * const { type, structs } = structsOfSchema({ type: "object", properties: { spec } }, { name: "Widget" });
 * const program = compile("self.spec.size > 1", { variables: { self: type }, structs });
 * console.log(program.evaluate({ self: { spec: { size: 2 } } })); // true
 * ```
 */
export function structsOfSchema(schema: StructuralSchema, options: SchemaOptions): SchemaTypes {
  const builder = new Builder(options.metadata);
  const type = builder.type(schema, options.name, options.resource ?? true);
  return { type, structs: { fields: (name) => builder.structs.get(name) } };
}

class Builder {
  readonly structs = new Map<string, ReadonlyMap<string, StructField>>();
  readonly #metadata: Type;

  constructor(metadata: Type | undefined) {
    this.#metadata = metadata ?? structOf("ObjectMeta");
    if (metadata === undefined) this.structs.set("ObjectMeta", fieldsOf({ name: STRING, generateName: STRING }));
  }

  type(schema: StructuralSchema, path: string, isResource: boolean): Type {
    if (schema["x-kubernetes-int-or-string"]) return DYN;
    switch (schema.type) {
      case "object":
        return this.#object(schema, path, isResource);
      case "array":
        return listOf(schema.items === undefined ? DYN : this.#below(schema.items, path));
      case "string":
        return formats.get(schema.format ?? "") ?? STRING;
      case "boolean":
        return BOOL;
      case "integer":
        return INT;
      case "number":
        return DOUBLE;
      default:
        return DYN;
    }
  }

  #object(schema: StructuralSchema, path: string, isResource: boolean): Type {
    const { properties, additionalProperties } = schema;
    if (typeof additionalProperties === "object") return mapOf(STRING, this.#below(additionalProperties, path));
    if (additionalProperties === true) return mapOf(STRING, DYN);
    if (schema["x-kubernetes-preserve-unknown-fields"]) return DYN;
    const types = Object.entries(properties ?? {}).map(
      ([name, property]) => [name, this.#below(property, `${path}.${name}`)] as const,
    );
    const own = isResource ? { apiVersion: STRING, kind: STRING, metadata: this.#metadata } : {};
    this.structs.set(path, fieldsOf({ ...Object.fromEntries(types), ...own }));
    return structOf(path);
  }

  #below(schema: StructuralSchema, path: string): Type {
    return this.type(schema, path, schema["x-kubernetes-embedded-resource"] ?? false);
  }
}

const formats: ReadonlyMap<string, Type> = new Map([
  ["byte", BYTES],
  ["date", TIMESTAMP],
  ["date-time", TIMESTAMP],
  ["duration", DURATION],
]);

function fieldsOf(types: Readonly<Record<string, Type>>): ReadonlyMap<string, StructField> {
  const fields = new Map<string, StructField>();
  for (const [name, type] of Object.entries(types)) {
    fields.set(name, { type });
    const escaped = escapedField(name);
    if (escaped !== undefined && escaped !== name) fields.set(escaped, { type, name });
  }
  return fields;
}
