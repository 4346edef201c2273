import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyJsonPatch, JsonPatchError, type JsonPatchOperation } from "./json-patch.ts";

describe("an operation", () => {
  test.each<[object, JsonPatchOperation, unknown]>([
    [{ a: 1 }, { op: "add", path: "/b", value: [2] }, { a: 1, b: [2] }],
    [{ a: 1 }, { op: "add", path: "/a", value: null }, { a: null }],
    [{ a: [1, 3] }, { op: "add", path: "/a/1", value: 2 }, { a: [1, 2, 3] }],
    [{ a: [1] }, { op: "add", path: "/a/-", value: 2 }, { a: [1, 2] }],
    [{ a: [1] }, { op: "add", path: "/a/1", value: 2 }, { a: [1, 2] }],
    [{ a: 1 }, { op: "add", path: "", value: { b: 2 } }, { b: 2 }],
    [{ a: 1, b: 2 }, { op: "remove", path: "/a" }, { b: 2 }],
    [{ a: [1, 2, 3] }, { op: "remove", path: "/a/1" }, { a: [1, 3] }],
    [{ a: [1, { b: 2 }] }, { op: "replace", path: "/a/1/b", value: 3 }, { a: [1, { b: 3 }] }],
    [
      { a: { b: 1 }, c: {} },
      { op: "move", from: "/a/b", path: "/c/d" },
      { a: {}, c: { d: 1 } },
    ],
    [{ a: [1, 2, 3] }, { op: "move", from: "/a/0", path: "/a/2" }, { a: [2, 3, 1] }],
    [{ a: { b: 1 } }, { op: "copy", from: "/a", path: "/c" }, { a: { b: 1 }, c: { b: 1 } }],
    [{ a: { b: [1, "x"] } }, { op: "test", path: "/a", value: { b: [1, "x"] } }, { a: { b: [1, "x"] } }],
    [{ a: {} }, { op: "test", path: "/a/b", value: null }, { a: {} }],
    [{ a: null }, { op: "test", path: "/a", value: null }, { a: null }],
    [{ "a/b": { "m~n": 1 } }, { op: "replace", path: "/a~1b/m~0n", value: 2 }, { "a/b": { "m~n": 2 } }],
    [{ "~1": 1 }, { op: "remove", path: "/~01" }, {}],
    [{ "": 1 }, { op: "remove", path: "/" }, {}],
  ])("on %j: %j", (document, operation, expected) => {
    expect(applyJsonPatch(document, [operation])).toEqual(expected);
  });

  test.each<[object, object, string]>([
    [{}, { op: "remove", path: "/a" }, 'there is no "a"'],
    [{}, { op: "replace", path: "/a", value: 1 }, 'there is no "a"'],
    [{}, { op: "add", path: "/a/b", value: 1 }, 'there is no "a"'],
    [{}, { op: "add", path: "/toString/b", value: 1 }, 'there is no "toString"'],
    [{ a: 1 }, { op: "add", path: "/a/b", value: 1 }, '"b" has no parent'],
    [{ a: [] }, { op: "add", path: "/a/1", value: 1 }, "index 1 is behind the end"],
    [{ a: [1] }, { op: "remove", path: "/a/1" }, "index 1 is behind the end"],
    [{ a: [1] }, { op: "remove", path: "/a/-" }, '"-" is no index'],
    [{ a: [1, 2] }, { op: "replace", path: "/a/01", value: 1 }, '"01" is no index'],
    [{ a: 1 }, { op: "test", path: "/a", value: "1" }, "test: /a has another value"],
    [{ a: 1 }, { op: "test", path: "/a", value: null }, "test: /a has another value"],
    [{ a: 1 }, { op: "test", path: "/b", value: 1 }, 'there is no "b"'],
    [{}, { op: "test", path: "/a/b", value: null }, 'there is no "a"'],
    [{ a: { b: 1 } }, { op: "move", from: "/a", path: "/a/b" }, "move: /a/b lies within /a"],
    [{ a: 1 }, { op: "move", path: "/b" }, "undefined is no JSON pointer"],
    [{ a: 1 }, { op: "add", path: "/a" }, "add: no value is given"],
    [{ a: 1 }, { op: "add", path: "a", value: 1 }, '"a" is no JSON pointer'],
    [{ a: 1 }, { op: "add", path: "/~2", value: 1 }, '"/~2" is no JSON pointer'],
    [{ a: 1 }, { op: "merge", path: "/a", value: 1 }, '"merge" is no operation'],
    [{ a: 1 }, { op: "remove", path: "" }, "the whole document cannot be removed"],
  ])("on %j fails: %j", (document, operation, message) => {
    const apply = () => applyJsonPatch(document, [operation as JsonPatchOperation]);
    expect(apply).toThrow(JsonPatchError);
    expect(apply).toThrow(message);
  });
});

describe("a patch", () => {
  const keys = fc.constantFrom("a", "b", "~", "/", "__proto__");
  const document = fc.dictionary(keys, fc.oneof(fc.integer(), fc.array(fc.integer(), { minLength: 1, maxLength: 4 })));
  const pointerTo = (key: string) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

  test("leaves the document alone", () => {
    fc.assert(
      fc.property(document, keys, fc.integer(), (original, key, value) => {
        const before = JSON.stringify(original);
        const patched = applyJsonPatch(original, [{ op: "add", path: pointerTo(key), value }]);
        expect(JSON.stringify(original)).toBe(before);
        expect(patched).toEqual(Object.fromEntries([...Object.entries(original), [key, value]]));
      }),
    );
  });

  test("that adds and removes again changes nothing", () => {
    fc.assert(
      fc.property(document, keys, fc.nat({ max: 3 }), fc.integer(), (original, key, index, value) => {
        const list = Object.hasOwn(original, key) ? original[key] : undefined;
        const path = pointerTo(key) + (Array.isArray(list) ? `/${Math.min(index, list.length)}` : "");
        fc.pre(list === undefined || Array.isArray(list));
        const patch = [
          { op: "add", path, value },
          { op: "test", path, value },
          { op: "remove", path },
        ];
        expect(applyJsonPatch(original, patch)).toEqual(original);
      }),
    );
  });
});
