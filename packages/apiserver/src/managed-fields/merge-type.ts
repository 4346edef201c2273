import {
  type Field,
  type FieldType,
  kindType,
  type StructType,
  structType,
  type Topology,
} from "@kubecast/kube/fields";
import { fieldsOf, isFields } from "../api/fields.ts";

/** How server-side apply treats a value. */
export type MergeType = ScalarType | WholeType | ListType | MapType | typeof byValue;

/** A string, number or boolean. */
export interface ScalarType {
  readonly shape: "scalar";
  readonly expects: "string" | "number" | "boolean" | "any";
}

/** Owned and replaced as one, whatever it is. */
export interface WholeType {
  readonly shape: "whole";
  readonly of: "list" | "map" | "any";
}

/** A list whose elements have owners of their own: those of a set are told apart by value, others by keys. */
export interface ListType {
  readonly shape: "list";
  readonly element: MergeType;
  /** Undefined for a set. */
  readonly keys: readonly { readonly name: string; readonly default: unknown }[] | undefined;
}

/** An object whose fields have owners of their own. */
export interface MapType {
  readonly shape: "map";
  /** A field that the type names; undefined for the others. */
  readonly named: (name: string) => MergeType | undefined;
  /** Of the fields that it does not name; undefined where there may be none. */
  readonly element: MergeType | undefined;
}

/** Where nothing is known: objects merge, all else is replaced. */
export const byValue = { shape: "byValue" } as const;

const anyScalar: ScalarType = { shape: "scalar", expects: "any" };
const anyWhole: WholeType = { shape: "whole", of: "any" };

/** How the objects of a built-in kind merge. */
export function builtinMergeType(apiVersion: string, kind: string): MergeType {
  const struct = kindType(apiVersion, kind);
  return struct === undefined ? byValue : ofStruct(struct);
}

const structs = new Map<string, MapType | WholeType>();

function ofStruct(struct: StructType): MapType | WholeType {
  let type = structs.get(struct.name);
  if (type === undefined) {
    const known = new Map<string, MergeType>();
    type =
      struct.topology?.type === "atomic"
        ? { shape: "whole", of: "map" }
        : {
            shape: "map",
            element: undefined,
            named(name) {
              let found = known.get(name);
              const field = found === undefined ? struct.fields.get(name) : undefined;
              if (field !== undefined) {
                found = ofField(field);
                known.set(name, found);
              }
              return found;
            },
          };
    structs.set(struct.name, type);
  }
  return type;
}

function ofField({ type, topology }: Field): MergeType {
  return ofType(type, topology);
}

function ofType(type: FieldType, topology: Topology | undefined): MergeType {
  switch (type.shape) {
    case "list": {
      if (topology === undefined || topology.type === "atomic") return { shape: "whole", of: "list" };
      const element = ofType(type.element, undefined);
      if (topology.type === "set") return { shape: "list", element, keys: undefined };
      return { shape: "list", element, keys: topology.keys.map((name) => ({ name, default: keyDefault(type, name) })) };
    }
    case "map":
      if (topology?.type === "atomic") return { shape: "whole", of: "map" };
      return { shape: "map", named: () => undefined, element: ofType(type.element, undefined) };
    case "struct": {
      if (topology?.type === "atomic") return { shape: "whole", of: "map" };
      const struct = structType(type.struct);
      return struct === undefined ? byValue : ofStruct(struct);
    }
    case "string":
    case "bytes":
    case "time":
    case "microTime":
    case "duration":
      return { shape: "scalar", expects: "string" };
    case "int":
    case "double":
      return { shape: "scalar", expects: "number" };
    case "bool":
      return { shape: "scalar", expects: "boolean" };
    case "quantity":
    case "intOrString":
      return anyScalar;
    default:
      return anyWhole;
  }
}

/** What Go's types make of a key that is left out; the only default of another value is a port's protocol. */
function keyDefault(list: FieldType & { shape: "list" | "map" }, name: string): unknown {
  if (name === "protocol") return "TCP";
  const field = list.element.shape === "struct" ? structType(list.element.struct)?.fields.get(name) : undefined;
  return field?.type.shape === "string" ? "" : field?.type.shape === "int" ? 0 : undefined;
}

/** How the objects of a custom resource merge, by the schema of its version. */
export function customMergeType(schema: unknown): MergeType {
  const object = ofSchema(schema);
  const metadata = objectMeta();
  if (object.shape !== "map") return { shape: "map", element: byValue, named: metadataOnly };
  return { ...object, named: (name) => metadataOnly(name) ?? object.named(name) };

  function metadataOnly(name: string): MergeType | undefined {
    if (name === "metadata") return metadata;
    return name === "apiVersion" || name === "kind" ? anyScalar : undefined;
  }
}

function objectMeta(): MergeType {
  const struct = structType("meta/v1.ObjectMeta");
  if (struct === undefined) throw new Error("the tables have no ObjectMeta");
  return ofStruct(struct);
}

function ofSchema(given: unknown): MergeType {
  const schema = fieldsOf(given);
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (schema["x-kubernetes-int-or-string"] === true) return anyScalar;
  if (schema["x-kubernetes-embedded-resource"] === true && schema.properties === undefined) return byValue;
  switch (schema.type) {
    case "object":
      return ofObjectSchema(schema, open);
    case "array": {
      const element = ofSchema(schema.items);
      const keys = Array.isArray(schema["x-kubernetes-list-map-keys"]) ? schema["x-kubernetes-list-map-keys"] : [];
      const properties = fieldsOf(fieldsOf(schema.items).properties);
      if (schema["x-kubernetes-list-type"] === "set") return { shape: "list", element, keys: undefined };
      if (schema["x-kubernetes-list-type"] !== "map") return { shape: "whole", of: "list" };
      return {
        shape: "list",
        element,
        keys: keys.map((key) => ({ name: String(key), default: fieldsOf(properties[String(key)]).default })),
      };
    }
    case "string":
      return { shape: "scalar", expects: "string" };
    case "integer":
    case "number":
      return { shape: "scalar", expects: "number" };
    case "boolean":
      return { shape: "scalar", expects: "boolean" };
    default:
      return open ? byValue : anyWhole;
  }
}

function ofObjectSchema(schema: Record<string, unknown>, open: boolean): MergeType {
  if (schema["x-kubernetes-map-type"] === "atomic") return { shape: "whole", of: "map" };
  const properties = fieldsOf(schema.properties);
  const more = schema.additionalProperties;
  const element = isFields(more) ? ofSchema(more) : more === true || open ? byValue : undefined;
  const known = new Map<string, MergeType>();
  return {
    shape: "map",
    element,
    named(name) {
      if (!Object.hasOwn(properties, name)) return undefined;
      let type = known.get(name);
      if (type === undefined) {
        type = ofSchema(properties[name]);
        known.set(name, type);
      }
      return type;
    },
  };
}

/** The type of a value for which the schema leaves open what it is. */
export function resolve(type: MergeType, value: unknown): Exclude<MergeType, typeof byValue> {
  if (type.shape !== "byValue") return type;
  if (isFields(value)) return anyMap;
  return Array.isArray(value) ? { shape: "whole", of: "list" } : anyScalar;
}

const anyMap: MapType = { shape: "map", named: () => undefined, element: byValue };

export function fieldType(type: MapType, name: string): MergeType {
  return type.named(name) ?? type.element ?? byValue;
}
