import type { Program, Reads } from "@kubecast/cel";
import { apiVersion, type Resource } from "@kubecast/kube";
import { type FieldType, kindType } from "@kubecast/kube/fields";

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

/** What a resource's objects have for fields; undefined for custom resources. */
export function objectFields(resource: Resource): FieldType | undefined {
  const type = kindType(apiVersion(resource), resource.kind);
  return type === undefined ? undefined : { shape: "struct", struct: type.name };
}
