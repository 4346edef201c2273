import type { StructField, Structs, Type } from "@kubecast/cel";
import { apiVersion, type Resource } from "@kubecast/kube";
import { type FieldType, kindType, type ScalarShape, structType } from "@kubecast/kube/fields";

/** The type of a resource's objects for expressions; `dyn` for custom resources, of which nothing is known. */
export function objectType(resource: Resource): Type {
  const type = kindType(apiVersion(resource), resource.kind);
  return type === undefined ? { kind: "dyn" } : { kind: "struct", name: type.name };
}

const known = new Map<string, ReadonlyMap<string, StructField>>();

/** The structs that Kubernetes' built-in kinds are made of, such as `core/v1.PodSpec`. */
export const kubernetesStructs: Structs = {
  fields(name) {
    let fields = known.get(name);
    if (fields === undefined) {
      const struct = structType(name);
      if (struct === undefined) return undefined;
      fields = new Map(Array.from(struct.fields.values(), (field) => [field.name, { type: typeOf(field.type) }]));
      known.set(name, fields);
    }
    return fields;
  },
};

function typeOf(field: FieldType): Type {
  switch (field.shape) {
    case "struct":
      return { kind: "struct", name: field.struct };
    case "list":
      return { kind: "list", element: typeOf(field.element) };
    case "map":
      return { kind: "map", key: { kind: "string" }, value: typeOf(field.element) };
    default:
      return scalars[field.shape];
  }
}

/** As Kubernetes' own CEL has them: quantities and durations are strings there, IntOrString is either. */
const scalars: Readonly<Record<ScalarShape, Type>> = {
  string: { kind: "string" },
  int: { kind: "int" },
  double: { kind: "double" },
  bool: { kind: "bool" },
  bytes: { kind: "bytes" },
  time: { kind: "timestamp" },
  microTime: { kind: "timestamp" },
  duration: { kind: "string" },
  quantity: { kind: "string" },
  intOrString: { kind: "dyn" },
  object: { kind: "dyn" },
  any: { kind: "dyn" },
};
