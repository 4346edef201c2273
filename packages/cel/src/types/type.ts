/** A type of CEL. */
export type Type =
  | { readonly kind: SimpleKind }
  | { readonly kind: "list"; readonly element: Type }
  | { readonly kind: "map"; readonly key: Type; readonly value: Type }
  /** Of values that are types themselves. */
  | { readonly kind: "type"; readonly of: Type }
  /** An object with fields; see `Structs`. */
  | { readonly kind: "struct"; readonly name: string }
  /** A scalar or null, such as the specification's `wrapper(int)`. */
  | { readonly kind: "wrapper"; readonly of: Type }
  /** A type without fields that a library brings, such as `optional_type(T)` or `kubernetes.Quantity`. */
  | { readonly kind: "opaque"; readonly name: string; readonly parameters: readonly Type[] }
  /** Any type, the same one wherever a signature has the name. */
  | { readonly kind: "parameter"; readonly name: string };

/** Types without parts; `dyn` is any, checked when it is evaluated. */
export type SimpleKind =
  | "dyn"
  | "null"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "timestamp"
  | "duration";

const simple = (kind: SimpleKind): Type => ({ kind });

export const DYN = simple("dyn");
export const NULL = simple("null");
export const BOOL = simple("bool");
export const INT = simple("int");
export const UINT = simple("uint");
export const DOUBLE = simple("double");
export const STRING = simple("string");
export const BYTES = simple("bytes");
export const TIMESTAMP = simple("timestamp");
export const DURATION = simple("duration");

export const listOf = (element: Type): Type => ({ kind: "list", element });
export const mapOf = (key: Type, value: Type): Type => ({ kind: "map", key, value });
export const typeOf = (of: Type): Type => ({ kind: "type", of });
export const structOf = (name: string): Type => ({ kind: "struct", name });
export const wrapperOf = (of: Type): Type => ({ kind: "wrapper", of });
export const opaque = (name: string, ...parameters: Type[]): Type => ({ kind: "opaque", name, parameters });
export const optionalOf = (of: Type): Type => opaque("optional_type", of);
export const parameter = (name: string): Type => ({ kind: "parameter", name });

/** A field of a struct. */
export interface StructField {
  /** Of its value where it is there. */
  readonly type: Type;
  /** What the object calls it, where an expression calls it otherwise. */
  readonly name?: string | undefined;
}

/** The structs that an expression may meet. */
export interface Structs {
  /** Its fields by name; undefined for one that is not known. Must be cheap to ask again. */
  fields(struct: string): ReadonlyMap<string, StructField> | undefined;
}

export const noStructs: Structs = { fields: () => undefined };

const names: Readonly<Partial<Record<SimpleKind, string>>> = {
  null: "null_type",
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
};

/** As the language writes it, such as `map(string, int)`. */
export function formatType(type: Type): string {
  switch (type.kind) {
    case "list":
      return `list(${formatType(type.element)})`;
    case "map":
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case "type":
      return type.of.kind === "dyn" ? "type" : `type(${formatType(type.of)})`;
    case "wrapper":
      return `wrapper(${formatType(type.of)})`;
    case "struct":
    case "parameter":
      return type.name;
    case "opaque":
      return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(formatType).join(", ")})`;
    default:
      return names[type.kind] ?? type.kind;
  }
}
