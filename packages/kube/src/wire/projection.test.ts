import fc from "fast-check";
import { expect, expectTypeOf, test } from "vitest";
import type { Pod } from "../types/core/v1.ts";
import { type FieldPath, type IdentityField, type Projected, project, projectionOf } from "./projection.ts";

const metadata = { name: "a", namespace: "shop", uid: "1", resourceVersion: "2" };

test("keeps the fields that are named, and the identity", () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, labels: { app: "x" }, managedFields: [{}] },
    spec: { nodeName: "n", containers: [{ name: "main", image: "i", env: [] }, { name: "side" }] },
    status: { phase: "Running", podIP: "1.2.3.4" },
  };
  const fields = ["metadata.labels", "spec.containers.image", "status.phase", "status.reason"];
  expect(project(pod, projectionOf(fields))).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, labels: { app: "x" } },
    spec: { containers: [{ image: "i" }, {}] },
    status: { phase: "Running" },
  });
});

test("a field that is named whole is kept whole, whatever is named within", () => {
  const object = { metadata, spec: { a: 1, b: { c: 2 } } };
  for (const fields of [
    ["spec", "spec.a"],
    ["spec.a", "spec"],
  ]) {
    expect(project(object, projectionOf(fields))).toEqual(object);
  }
});

test("takes values of another shape than the path as they are", () => {
  const odd = { metadata: null, spec: "text", status: [[{ phase: "x", more: 1 }], 7] };
  expect(project(odd, projectionOf(["spec.a", "status.phase"]))).toEqual({
    metadata: null,
    spec: "text",
    status: [[{ phase: "x" }], 7],
  });
});

test("never invents, and changes nothing of what it is given", () => {
  const names = fc.constantFrom("a", "b", "c", "__proto__", "constructor");
  const paths = fc.array(fc.array(names, { minLength: 1, maxLength: 3 }).map((path) => path.join(".")));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.array(tie("value")), fc.dictionary(names, tie("value"))),
  }));
  fc.assert(
    fc.property(paths, value, (fields, object) => {
      const before = JSON.stringify(object);
      const projection = projectionOf(fields);
      const once = project(object, projection);
      expect(JSON.stringify(object)).toBe(before);
      expect(project(once, projection)).toEqual(once);
    }),
  );
});

test("the type is that of what is left", () => {
  type Part = Projected<Pod, IdentityField | "metadata.labels" | "spec.containers.image" | "status.phase">;
  expectTypeOf<keyof Part>().toEqualTypeOf<"apiVersion" | "kind" | "metadata" | "spec" | "status">();
  expectTypeOf<keyof Part["metadata"]>().toEqualTypeOf<"name" | "namespace" | "uid" | "resourceVersion" | "labels">();
  expectTypeOf<NonNullable<Part["status"]>>().toEqualTypeOf<{ phase?: string }>();
  expectTypeOf<NonNullable<Part["spec"]>["containers"]>().toEqualTypeOf<{ image?: string }[]>();
});

test("a path that is none is answered by what there is", () => {
  expectTypeOf<FieldPath<Pod, "status.phase">>().toEqualTypeOf<"status.phase">();
  expectTypeOf<FieldPath<Pod, "spec.containers.image">>().toEqualTypeOf<"spec.containers.image">();
  expectTypeOf<"status.phase">().toExtend<FieldPath<Pod, "status.phse">>();
  expectTypeOf<"status.phse">().not.toExtend<FieldPath<Pod, "status.phse">>();
});
