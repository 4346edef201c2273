import { describe, expect, test } from "vitest";
import { builtins } from "./catalogue.ts";
import { packages } from "./fields.generated.ts";
import { type Field, type FieldType, kindType, type StructType, structType } from "./fields.ts";
import { apiVersion } from "./resource.ts";

/** The field at a path such as `spec.containers.name`; lists and maps are looked through. */
function fieldAt(version: string, kind: string, path: string): Field | undefined {
  let struct = kindType(version, kind);
  let field: Field | undefined;
  for (const name of path.split(".")) {
    field = struct?.fields.get(name);
    const type = field && innermost(field.type);
    struct = type?.shape === "struct" ? structType(type.struct) : undefined;
  }
  return field;
}

function innermost(type: FieldType): FieldType {
  return type.shape === "list" || type.shape === "map" ? innermost(type.element) : type;
}

function allStructs(): StructType[] {
  return Object.entries(packages).flatMap(([pkg, structs]) =>
    Object.keys(structs).map((name) => structType(`${pkg}.${name}`)!),
  );
}

describe("the types of fields", () => {
  test.each([
    ["v1", "Pod", "status.containerStatuses.restartCount", { shape: "int" }],
    ["v1", "Pod", "metadata.creationTimestamp", { shape: "time" }],
    ["v1", "Pod", "metadata.labels", { shape: "map", element: { shape: "string" } }],
    ["v1", "Pod", "spec.containers", { shape: "list", element: { shape: "struct", struct: "core/v1.Container" } }],
    ["v1", "Pod", "spec.containers.resources.limits", { shape: "map", element: { shape: "quantity" } }],
    ["v1", "Pod", "spec.containers.livenessProbe.httpGet.port", { shape: "intOrString" }],
    ["v1", "Pod", "spec.hostNetwork", { shape: "bool" }],
    ["v1", "Pod", "spec.volumes.configMap.name", { shape: "string" }],
    ["v1", "Secret", "data", { shape: "map", element: { shape: "bytes" } }],
    ["coordination.k8s.io/v1", "Lease", "spec.renewTime", { shape: "microTime" }],
    ["apps/v1", "ControllerRevision", "data", { shape: "object" }],
    ["meta.k8s.io/v1", "Table", "rows.cells", { shape: "list", element: { shape: "any" } }],
    ["v1", "Status", "details.retryAfterSeconds", { shape: "int" }],
  ] as const)("%s %s %s", (version, kind, path, type) => {
    expect(fieldAt(version, kind, path)?.type).toEqual(type);
  });

  test("a misspelt field, kind or version is not there", () => {
    expect(fieldAt("v1", "Pod", "status.phaze")).toBeUndefined();
    expect(fieldAt("v1", "Pod", "constructor")).toBeUndefined();
    expect(kindType("v1", "Podd")).toBeUndefined();
    expect(kindType("v2", "Pod")).toBeUndefined();
    expect(kindType("v1", "Container")).toBeUndefined();
    expect(structType("core/v1.constructor")).toBeUndefined();
    expect(structType("constructor.name")).toBeUndefined();
  });

  test("are known for all that the catalogue names", () => {
    for (const entry of builtins()) {
      expect(kindType(apiVersion(entry), entry.kind)?.fields.has("metadata"), entry.kind).toBe(true);
      if (entry.verbs.includes("list"))
        expect(kindType(apiVersion(entry), `${entry.kind}List`), entry.kind).toBeDefined();
      for (const sub of entry.subresources) expect(kindType(apiVersion(sub), sub.kind), sub.kind).toBeDefined();
    }
  });

  test("refer to no struct that is missing", () => {
    for (const struct of allStructs()) {
      for (const field of struct.fields.values()) {
        const type = innermost(field.type);
        if (type.shape === "struct") expect(structType(type.struct), `${struct.name}.${field.name}`).toBeDefined();
      }
    }
  });
});

describe("how patches merge", () => {
  test.each([
    ["v1", "Pod", "spec.containers", ["merge"], "name"],
    ["v1", "Pod", "spec.containers.ports", ["merge"], "containerPort"],
    ["v1", "Pod", "spec.containers.volumeMounts", ["merge"], "mountPath"],
    ["v1", "Pod", "spec.volumes", ["merge", "retainKeys"], "name"],
    ["v1", "Pod", "spec.tolerations", [], undefined],
    ["v1", "Pod", "metadata.finalizers", ["merge"], undefined],
    ["v1", "Pod", "metadata.ownerReferences", ["merge"], "uid"],
    ["v1", "Service", "spec.ports", ["merge"], "port"],
    ["apps/v1", "Deployment", "spec.strategy", ["retainKeys"], undefined],
    ["apps/v1", "Deployment", "spec.template.spec.containers.env", ["merge"], "name"],
    ["policy/v1", "PodDisruptionBudget", "spec.selector", ["replace"], undefined],
  ])("strategic merge: %s %s %s", (version, kind, path, strategy, mergeKey) => {
    const field = fieldAt(version, kind, path);
    expect(field?.patchStrategy).toEqual(strategy);
    expect(field?.patchMergeKey).toBe(mergeKey);
  });

  test.each([
    ["v1", "Pod", "spec.containers", { type: "map", keys: ["name"] }],
    ["v1", "Pod", "spec.containers.ports", { type: "map", keys: ["containerPort", "protocol"] }],
    ["v1", "Pod", "spec.containers.args", { type: "atomic", keys: [] }],
    ["v1", "Pod", "spec.nodeSelector", { type: "atomic", keys: [] }],
    ["v1", "Pod", "metadata.finalizers", { type: "set", keys: [] }],
    ["v1", "Pod", "metadata.labels", undefined],
  ])("server-side apply: %s %s %s", (version, kind, path, topology) => {
    expect(fieldAt(version, kind, path)?.topology).toEqual(topology);
  });

  test("server-side apply: some structs are atomic wherever they stand", () => {
    expect(structType("meta/v1.LabelSelector")?.topology?.type).toBe("atomic");
    expect(structType("core/v1.PodSpec")?.topology).toBeUndefined();
    expect(fieldAt("v1", "PersistentVolume", "spec.claimRef")?.topology?.type).toBe("granular");
  });

  test("merge keys are fields of the elements", () => {
    for (const struct of allStructs()) {
      for (const field of struct.fields.values()) {
        const type = innermost(field.type);
        const element = type.shape === "struct" ? structType(type.struct) : undefined;
        for (const key of [field.patchMergeKey ?? [], field.topology?.keys ?? []].flat()) {
          expect(element?.fields.has(key), `${struct.name}.${field.name} by ${key}`).toBe(true);
        }
      }
    }
  });
});
