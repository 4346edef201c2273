import fc from "fast-check";
import { expect, test } from "vitest";
import { applyMergePatch } from "./merge-patch.ts";

// Source: the table in appendix A of RFC 7386.
test.each([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("%j patched with %j", (target, patch, expected) => {
  expect(applyMergePatch(target, patch)).toEqual(expected);
});

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
const { document } = fc.letrec<{ document: Json }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(true, 1, "x"),
    fc.array(tie("document"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), tie("document"), { maxKeys: 3 }),
  ),
}));

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The patch that makes one document of the other; there is one where no nulls are wanted. */
function difference(from: Json | undefined, to: Json): Json {
  if (!isObject(to)) return to;
  const before = isObject(from) ? from : {};
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(to, key));
  const own = (key: string) => (Object.hasOwn(before, key) ? before[key] : undefined);
  return Object.fromEntries([
    ...removed.map((key) => [key, null]),
    ...Object.entries(to).map(([key, value]) => [key, difference(own(key), value)]),
  ]);
}

test("leads from any document to any other, and twice is as once", () => {
  fc.assert(
    fc.property(document, document, (from, to) => {
      const before = JSON.stringify(from);
      const patch = difference(from, to);
      const patched = applyMergePatch(from, patch);
      expect(patched).toEqual(to);
      expect(applyMergePatch(patched, patch)).toEqual(to);
      expect(JSON.stringify(from)).toBe(before);
    }),
  );
});
