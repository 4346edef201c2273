import { describe, expect, test } from "vitest";
import { patchSchema } from "./patch-schema.ts";
import { applyStrategicMerge, StrategicMergeError } from "./strategic-merge.ts";

type Json = Record<string, unknown>;

function patchPod(original: Json, patch: Json): Json {
  return applyStrategicMerge(original, patch, patchSchema("v1", "Pod"));
}

const container = (name: string, more: Json = {}) => ({ name, ...more });
const spec = (...containers: Json[]) => ({ spec: { containers } });

describe("a strategic merge patch", () => {
  test("merges objects and removes by null", () => {
    const original = { metadata: { labels: { a: "1", b: "2" } }, spec: { nodeName: "n" } };
    const patch = { metadata: { labels: { b: null, c: "3" } }, status: { phase: "Running", reason: null } };
    expect(patchPod(original, patch)).toEqual({
      metadata: { labels: { a: "1", c: "3" } },
      spec: { nodeName: "n" },
      status: { phase: "Running" },
    });
  });

  test("merges a list's elements by their key, deep", () => {
    const original = spec(
      container("a", { image: "a:1", ports: [{ containerPort: 80, name: "http" }] }),
      container("b"),
    );
    const patch = spec(container("a", { image: "a:2", ports: [{ containerPort: 443 }] }));
    expect(patchPod(original, patch)).toEqual(
      spec(
        container("a", { image: "a:2", ports: [{ containerPort: 443 }, { containerPort: 80, name: "http" }] }),
        container("b"),
      ),
    );
  });

  test("merges conditions by type", () => {
    const original = {
      status: {
        conditions: [
          { type: "Ready", status: "False" },
          { type: "PodScheduled", status: "True" },
        ],
      },
    };
    const patch = { status: { conditions: [{ type: "Ready", status: "True" }] } };
    expect(patchPod(original, patch)).toEqual({
      status: {
        conditions: [
          { type: "Ready", status: "True" },
          { type: "PodScheduled", status: "True" },
        ],
      },
    });
  });

  test("replaces the lists that its kind does not merge", () => {
    const original = spec(container("a", { args: ["x", "y"] }));
    expect(patchPod(original, spec(container("a", { args: ["z"] })))).toEqual(spec(container("a", { args: ["z"] })));
    const tolerations = (...keys: string[]) => ({ spec: { tolerations: keys.map((key) => ({ key })) } });
    expect(patchPod(tolerations("a"), tolerations("b"))).toEqual(tolerations("b"));
  });

  test("merges lists of scalars as sets, and takes from them", () => {
    const finalizers = (...values: string[]) => ({ metadata: { finalizers: values } });
    expect(patchPod(finalizers("a", "b"), finalizers("b", "c"))).toEqual(finalizers("a", "b", "c"));
    const patch = { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } };
    expect(patchPod(finalizers("a", "b"), patch)).toEqual(finalizers("b"));
  });

  test("obeys $patch: delete, replace and merge", () => {
    const original = spec(container("a", { image: "a" }), container("b", { image: "b" }));
    expect(patchPod(original, spec({ name: "a", $patch: "delete" }))).toEqual(spec(container("b", { image: "b" })));
    expect(patchPod(original, spec(container("c"), { $patch: "replace" }))).toEqual(spec(container("c")));
    expect(patchPod(original, { spec: { $patch: "replace", nodeName: "n" } })).toEqual({ spec: { nodeName: "n" } });
    expect(patchPod(original, { spec: { $patch: "delete" } })).toEqual({ spec: {} });
    expect(patchPod(original, { spec: { $patch: "merge", nodeName: "n" } })).toMatchObject({ spec: { nodeName: "n" } });
  });

  test("orders by $setElementOrder, and leaves no instruction behind", () => {
    const original = spec(container("a"), container("b"), container("c"));
    const patch = {
      spec: {
        "$setElementOrder/containers": [{ name: "c" }, { name: "d" }, { name: "a" }],
        containers: [container("d"), { name: "b", $patch: "delete" }],
      },
    };
    expect(patchPod(original, patch)).toEqual(spec(container("c"), container("d"), container("a")));
    expect(patchPod({}, { spec: { "$setElementOrder/containers": [], containers: [container("a")] } })).toEqual(
      spec(container("a")),
    );
  });

  test("keeps only what $retainKeys names", () => {
    const schema = patchSchema("apps/v1", "Deployment");
    const original = { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } };
    const patch = { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } };
    expect(applyStrategicMerge(original, patch, schema)).toEqual({ spec: { strategy: { type: "Recreate" } } });
  });

  test("without a schema replaces lists", () => {
    expect(applyStrategicMerge({ a: [{ name: "x" }] }, { a: [{ name: "y" }] }, undefined)).toEqual({
      a: [{ name: "y" }],
    });
  });

  test("does not change the object", () => {
    const original = spec(container("a"));
    const before = structuredClone(original);
    patchPod(original, spec(container("a", { image: "new" }), container("b")));
    expect(original).toEqual(before);
  });

  test.each([
    [spec({ image: "x" }), "does not contain its merge key: name"],
    [{ spec: { $patch: "remove" } }, 'unknown $patch directive "remove"'],
    [{ spec: { containers: ["a"] } }, "is no object"],
  ])("refuses %j", (patch, message) => {
    expect(() => patchPod(spec(container("a")), patch)).toThrow(StrategicMergeError);
    expect(() => patchPod(spec(container("a")), patch)).toThrow(message);
  });
});
