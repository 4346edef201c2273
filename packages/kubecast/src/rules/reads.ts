import type { Program, Reads } from "@kubecast/cel";
import { apiVersion, type Resource } from "@kubecast/kube";
import { type FieldType, kindType, structType } from "@kubecast/kube/fields";

/** Which fields of the object an expression reads, those through `each` included; undefined where it reads none. */
export function* objectReads(program: Program, each: readonly Program[]): Generator<true | Reads> {
  const own = program.reads.object;
  if (own !== undefined) yield own;
  const ofElement = program.reads.each;
  if (ofElement === undefined) return;
  for (const list of each) {
    const reads = list.readsFor({ "[]": ofElement }).object;
    if (reads !== undefined) yield reads;
  }
}

/** Which fields of the object lead to a list of `each`; what is read of its elements, other expressions tell. */
export function listReads(list: Program): true | Reads | undefined {
  return list.readsFor({ "[]": { [anyField]: true } }).object;
}

/** Stands for whatever is read of an element; every type has it. */
const anyField = "[]";

/** The type of a resource's objects; undefined for custom resources. */
export function objectType(resource: Resource): FieldType | undefined {
  const type = kindType(apiVersion(resource), resource.kind);
  return type === undefined ? undefined : { shape: "struct", struct: type.name };
}

/** A field that is read of a type that does not have it. */
export interface UnknownField {
  readonly name: string;
  /** What it is read of, such as `ContainerStatus`. */
  readonly type: string;
  /** The fields that the type has. */
  readonly known: readonly string[];
}

/** The fields that are read and that the type, if it is known, cannot have. */
export function* unknownFields(reads: true | Reads, type: FieldType | undefined): Generator<UnknownField> {
  if (reads === true || type === undefined || !("struct" in type)) {
    if (reads === true || type === undefined || !("element" in type)) return;
    for (const below of Object.values(reads)) yield* unknownFields(below, type.element);
    return;
  }
  const struct = structType(type.struct);
  if (struct === undefined) return;
  for (const [name, below] of Object.entries(reads)) {
    const field = struct.fields.get(name);
    if (field !== undefined) yield* unknownFields(below, field.type);
    else if (name !== "[]") {
      yield { name, type: type.struct.slice(type.struct.lastIndexOf(".") + 1), known: [...struct.fields.keys()] };
    }
  }
}
