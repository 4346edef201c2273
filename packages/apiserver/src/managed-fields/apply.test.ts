import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fields } from "../api/fields.ts";
import { type Applied, ApplyConflict, apply } from "./apply.ts";
import { type ManagedEntry, recordUpdate } from "./entries.ts";
import { isEmptySet, nothing, paths, pathText } from "./field-set.ts";
import { customMergeType } from "./merge-type.ts";
import { compare, fieldSetOf, merge } from "./typed.ts";

const type = customMergeType({
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        map: { type: "object", additionalProperties: { type: "integer" } },
        set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
        list: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: { type: "object", properties: { name: { type: "string" }, n: { type: "integer" } } },
        },
        whole: { type: "array", items: { type: "string" } },
      },
    },
  },
});
const kind = { type, zero: {}, reset: nothing };

function applied(state: Applied | undefined, manager: string, spec: object, force = false): Applied {
  const writer = { manager, operation: "Apply" as const, apiVersion: "v1", time: "2026-01-01T00:00:00Z" };
  return apply({ ...kind, live: state?.object, entries: state?.entries ?? [], config: { spec }, writer, force });
}

const small = fc.integer({ min: 0, max: 2 });
const name = fc.constantFrom("a", "b", "c");
const spec = fc.record(
  {
    map: fc.dictionary(name, small, { minKeys: 1, maxKeys: 3 }),
    set: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
    list: fc.uniqueArray(fc.record({ name, n: small }), { minLength: 1, maxLength: 3, selector: (each) => each.name }),
    whole: fc.array(name, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const applications = fc.array(fc.record({ manager: fc.constantFrom("x", "y", "z"), spec, force: fc.boolean() }), {
  maxLength: 8,
});

describe("whoever applies, in whatever order,", () => {
  test("has what they applied, owns it, and owns nothing that is not there", () => {
    fc.assert(
      fc.property(applications, (all) => {
        let state: Applied | undefined;
        for (const { manager, spec: wanted, force } of all) {
          const before = JSON.stringify(state);
          try {
            state = applied(state, manager, wanted, force);
          } catch (error) {
            expect(error).toBeInstanceOf(ApplyConflict);
            expect(force).toBe(false);
            expect(JSON.stringify(state)).toBe(before);
            continue;
          }
          // To apply what one has applied changes nothing.
          if (Object.keys(wanted).length > 0) expect(applied(state, manager, wanted)).toEqual(state);
          const there = [...paths(fieldSetOf(state.object, type))].map(pathText);
          for (const entry of state.entries) {
            for (const path of paths(entry.fieldsV1)) {
              if (pathText(path) !== ".spec") expect(there).toContain(pathText(path));
            }
          }
        }
      }),
    );
  });

  test("leaves nothing behind that only they wanted", () => {
    fc.assert(
      fc.property(spec, spec, (mine, theirs) => {
        const both = applied(applied(undefined, "x", theirs), "y", mine, true);
        const left = applied(both, "y", {});
        const change = compare({ spec: theirs }, left.object, type);
        // Only what both wanted can be another than theirs, or gone with the one who had it last.
        const ours = [...paths(fieldSetOf({ spec: mine }, type))].map(pathText);
        for (const path of [...paths(change.written), ...paths(change.removed)].map(pathText)) {
          expect(ours.some((own) => own.startsWith(path))).toBe(true);
        }
      }),
    );
  });
});

test("an update takes what it changes from whoever owned it", () => {
  const state = applied(applied(undefined, "x", { map: { a: 1, b: 1 } }), "y", { map: { b: 1 } });
  const next = { spec: { map: { a: 1, b: 2 } } };
  const writer = { manager: "editor", operation: "Update" as const, apiVersion: "v1", time: "2026-01-01T00:00:01Z" };
  const owners = recordUpdate(state.entries, writer, compare(state.object, next, type));
  expect(owners.map(({ manager, fieldsV1 }) => [manager, fieldsV1])).toEqual([
    ["x", { "f:spec": { "f:map": { "f:a": {} } } }],
    ["editor", { "f:spec": { "f:map": { "f:b": {} } } }],
  ]);
});

test("more than ten updaters become ten, the oldest two under one name", () => {
  let entries: readonly ManagedEntry[] = [];
  for (let index = 0; index < 11; index++) {
    const time = `2026-01-01T00:00:${10 + index}Z`;
    const writer = { manager: `m${index}`, operation: "Update" as const, apiVersion: "v1", time };
    entries = recordUpdate(entries, writer, compare({}, { spec: { map: { [`k${index}`]: 1 } } }, type));
  }
  expect(entries).toHaveLength(10);
  expect(entries[0]).toMatchObject({
    manager: "ancient-changes",
    time: "2026-01-01T00:00:11Z",
    fieldsV1: { "f:spec": { "f:map": { "f:k0": {}, "f:k1": {} } } },
  });
});

describe("the elements of lists that two have", () => {
  test.each([
    { live: "abx", config: "abn", merged: "abxn" },
    { live: "bax", config: "abn", merged: "axbn" },
    { live: "xab", config: "ba", merged: "xba" },
    { live: "abc", config: "c", merged: "abc" },
    { live: "abc", config: "ca", merged: "bca" },
    { live: "", config: "ab", merged: "ab" },
    { live: "ab", config: "", merged: "ab" },
  ])("$live and $config are $merged", ({ live, config, merged }) => {
    const result = merge({ spec: { set: [...live] } }, { spec: { set: [...config] } }, type) as Fields;
    expect(result).toEqual({ spec: { set: [...merged] } });
  });
});

describe("kubectl, that has applied by itself before,", () => {
  const text = JSON.stringify({ apiVersion: "v1", spec: { map: { a: 1 } } });
  const metadata = { annotations: { "kubectl.kubernetes.io/last-applied-configuration": text } };
  const updater = { manager: "kubectl-client-side-apply", operation: "Update" as const, apiVersion: "v1" };
  const live = { apiVersion: "v1", metadata, spec: { map: { a: 1, b: 1 } } };
  const entries = recordUpdate([], { ...updater, time: "2026-01-01T00:00:00Z" }, compare({}, live, type));
  const writer = { manager: "kubectl", operation: "Apply" as const, apiVersion: "v1", time: "2026-01-01T00:00:01Z" };

  test("may change what it applied, and has its annotation follow", () => {
    const config = { apiVersion: "v1", spec: { map: { a: 2 } } };
    const { object } = apply({ ...kind, live, entries, config, writer, force: false });
    expect(object.spec).toEqual({ map: { a: 2, b: 1 } });
    const { annotations } = object.metadata as typeof metadata;
    expect(JSON.parse(annotations["kubectl.kubernetes.io/last-applied-configuration"])).toMatchObject(config);
  });

  test("may not change what it did not", () => {
    const config = { apiVersion: "v1", spec: { map: { b: 2 } } };
    expect(() => apply({ ...kind, live, entries, config, writer, force: false })).toThrow(ApplyConflict);
  });
});

test("nobody owns nothing", () => {
  const { entries } = applied(applied(undefined, "x", { map: { a: 1 } }), "x", {});
  expect(entries.filter(({ fieldsV1 }) => isEmptySet(fieldsV1))).toEqual([]);
});
