import { type FieldType, kindType, type StructType, structType } from "@kubecast/kube/fields";

/** How strategic merge treats the fields of an object. */
export interface PatchSchema {
  field(name: string): PatchField | undefined;
}

interface PatchField {
  /** Lists only: the elements merge, by `mergeKey` or, without one, as a set of scalars. */
  readonly mergesList: boolean;
  readonly mergeKey: string | undefined;
  /** The value is replaced whole. */
  readonly replace: boolean;
  /** Of the field's value, or of its elements. */
  readonly schema: PatchSchema | undefined;
}

export function patchSchema(apiVersion: string, kind: string): PatchSchema | undefined {
  const type = kindType(apiVersion, kind);
  return type === undefined ? undefined : ofStruct(type);
}

function ofStruct(struct: StructType): PatchSchema {
  return {
    field(name) {
      const field = struct.fields.get(name);
      if (field === undefined) return undefined;
      return {
        mergesList: field.patchStrategy.includes("merge") && field.type.shape === "list",
        mergeKey: field.patchMergeKey,
        replace: field.patchStrategy.includes("replace"),
        schema: ofType(field.type),
      };
    },
  };
}

function ofType(type: FieldType): PatchSchema | undefined {
  if (type.shape === "list") return ofType(type.element);
  if (type.shape === "map") {
    const schema = ofType(type.element);
    const field = { mergesList: false, mergeKey: undefined, replace: false, schema };
    return { field: () => field };
  }
  if (type.shape !== "struct" || !("struct" in type)) return undefined;
  const struct = structType(type.struct);
  return struct === undefined ? undefined : ofStruct(struct);
}
