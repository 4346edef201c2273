/**
 * The fields of the built-in kinds: their types, and how patches and server-side apply merge them.
 *
 * @module @kubecast/kube/fields
 */

import { kinds, packages } from "./fields.generated.ts";

// Import this module only where the fields of built-in kinds are needed, and
// lazily where that is seldom: its table is about 100 KB.

/** How a value looks in JSON, where it is not made of others. */
export type ScalarShape =
  | "string"
  | "int"
  | "double"
  | "bool"
  /** Base64 in a string. */
  | "bytes"
  /** RFC 3339 in a string. */
  | "time"
  /** RFC 3339 with six digits of a second. */
  | "microTime"
  /** Go's notation, such as `1m30s`. */
  | "duration"
  /** Such as `500m` or `2Gi`. */
  | "quantity"
  | "intOrString"
  /** An object of any fields. */
  | "object"
  | "any";

/** How a value looks in JSON. */
export type FieldType =
  | { readonly shape: ScalarShape }
  | { readonly shape: "list" | "map"; readonly element: FieldType }
  /** `struct` is a name for `structType`, such as `core/v1.PodSpec`. */
  | { readonly shape: "struct"; readonly struct: string };

/** How strategic merge patch treats a field; several may hold at once. */
export type PatchStrategy = "merge" | "replace" | "retainKeys";

/** How server-side apply merges a value, in OpenAPI's terms. */
export interface Topology {
  /** `atomic`: whoever applies it owns it whole; else each field or element has owners of its own. */
  readonly type: "atomic" | "granular" | "set" | "map";
  /** The fields that tell the elements of a `map` list apart; empty for the others. */
  readonly keys: readonly string[];
}

/** A field of a struct, and how it is merged. */
export interface Field {
  /** As JSON has it, such as `nodeName`. */
  readonly name: string;
  /** Of its value. */
  readonly type: FieldType;
  /** Empty where the default holds: lists are replaced, objects and maps merged. */
  readonly patchStrategy: readonly PatchStrategy[];
  /** Tells the elements of a list with the strategy `merge` apart; lists of scalars have none. */
  readonly patchMergeKey: string | undefined;
  /** Absent where the default holds: lists are atomic, objects and maps granular. */
  readonly topology: Topology | undefined;
}

/** The type of an object with fields of its own. */
export interface StructType {
  /** Such as `core/v1.PodSpec`. */
  readonly name: string;
  /** By JSON name, in the order of the Go struct; what Go embeds is flattened. */
  readonly fields: ReadonlyMap<string, Field>;
  /** Holds wherever the struct is used, unless the field there says otherwise. */
  readonly topology: Topology | undefined;
}

const scalars = {
  s: "string",
  i: "int",
  d: "double",
  b: "bool",
  y: "bytes",
  t: "time",
  m: "microTime",
  p: "duration",
  q: "quantity",
  x: "intOrString",
  o: "object",
  a: "any",
} as const satisfies Record<string, ScalarShape>;

const decoded = new Map<string, StructType>();

/**
 * The type of a kind that the release behind the catalogue serves, lists and
 * the kinds of subresources included; undefined for any other.
 *
 * ```ts
 * const spec = kindType("apps/v1", "Deployment")?.fields.get("spec");
 * console.log(spec?.type); // { shape: 'struct', struct: 'apps/v1.DeploymentSpec' }
 * console.log(structType("core/v1.PodSpec")?.fields.get("containers")?.patchMergeKey); // name
 * ```
 */
export function kindType(apiVersion: string, kind: string): StructType | undefined {
  const row = kinds.find(([version, , names]) => version === apiVersion && names.split(" ").includes(kind));
  return row && structType(`${row[1]}.${kind}`);
}

/** The struct of a name that a field's type gave; decoded on first use. */
export function structType(name: string): StructType | undefined {
  const known = decoded.get(name);
  if (known !== undefined) return known;
  const dot = name.lastIndexOf(".");
  const pkg = name.slice(0, dot);
  const text = own(own(packages, pkg), name.slice(dot + 1));
  if (text === undefined) return undefined;
  const struct = decode(name, pkg, text);
  decoded.set(name, struct);
  return struct;
}

/**
 * A struct is written as its fields, apart by spaces; a field as
 * `name:type!strategies:mergeKey@topology:keys`, from `!` and from `@` on only
 * where there is something to say. A type is a letter of `scalars`, a struct,
 * whose package is left out where it is the same, `[` and the type of a list's
 * elements, or `{` and the type of a map's values. A leading `@` part is the
 * struct's own topology.
 */
function decode(name: string, pkg: string, text: string): StructType {
  const fields = new Map<string, Field>();
  let topology: Topology | undefined;
  for (const part of text.split(" ")) {
    const [declaration = "", mark] = part.split("@");
    if (declaration === "") {
      topology = topologyOf(mark);
      continue;
    }
    const [named = "", patch = ""] = declaration.split("!");
    const colon = named.indexOf(":");
    const [strategies = "", mergeKey] = patch.split(":");
    fields.set(named.slice(0, colon), {
      name: named.slice(0, colon),
      type: typeOf(named.slice(colon + 1), pkg),
      patchStrategy: strategies === "" ? [] : (strategies.split(",") as PatchStrategy[]),
      patchMergeKey: mergeKey,
      topology: topologyOf(mark),
    });
  }
  return { name, fields, topology };
}

function typeOf(text: string, pkg: string): FieldType {
  if (text.startsWith("[")) return { shape: "list", element: typeOf(text.slice(1), pkg) };
  if (text.startsWith("{")) return { shape: "map", element: typeOf(text.slice(1), pkg) };
  const scalar = own<ScalarShape>(scalars, text);
  if (scalar !== undefined) return { shape: scalar };
  return { shape: "struct", struct: text.includes(".") ? text : `${pkg}.${text}` };
}

function topologyOf(mark: string | undefined): Topology | undefined {
  if (mark === undefined) return undefined;
  const [type, keys] = mark.split(":");
  return { type: type as Topology["type"], keys: keys === undefined ? [] : keys.split(",") };
}

function own<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
