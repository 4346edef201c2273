import fc from "fast-check";
import { expect, test } from "vitest";
import type { ObjectOf } from "../resource/object.ts";
import { pod } from "./fakes.test.helper.ts";
import type { WatchItem } from "./item.ts";
import { Store } from "./store.ts";

type Tagged = ObjectOf<{ node?: string; tags: string[] }>;
type Item = WatchItem<Tagged>;

const tagged = (name: string, version: string, node?: string, ...tags: string[]): Tagged => ({
  ...pod(name, version),
  spec: { tags, ...(node === undefined ? {} : { node }) },
});
const apply = (object: Tagged): Item => ({ type: "apply", object });
const listed = (...objects: Tagged[]): Item[] => [
  { type: "init" },
  ...objects.map((object): Item => ({ type: "init-apply", object })),
  { type: "init-done", resourceVersion: "9" },
];
const names = (objects: Tagged[]) => objects.map(({ metadata }) => metadata.name).sort();

function storeOf(...objects: Tagged[]) {
  const store = new Store<Tagged>();
  store.applyItems(listed(...objects));
  return store;
}

test("finds objects by one value, by several, and not those that have none", () => {
  const store = storeOf(tagged("a", "1", "n1", "x", "y", "x"), tagged("b", "2", "n1"), tagged("c", "3"))
    .indexBy("node", ({ spec }) => spec.node)
    .indexBy("tag", ({ spec }) => spec.tags);
  expect(names(store.byIndex("node", "n1"))).toEqual(["a", "b"]);
  expect(store.byIndex("node", "n2")).toEqual([]);
  expect(names(store.byIndex("tag", "y"))).toEqual(["a"]);
  expect(store.indexValues("node")).toEqual(["n1"]);
  expect(store.indexValues("tag")).toEqual(["x", "y"]);
});

test("the names of indexes are checked, by the compiler and when they are asked for", () => {
  const store = storeOf().indexBy("node", ({ spec }) => spec.node);
  // @ts-expect-error there is no such index.
  expect(() => store.byIndex("nodes", "n1")).toThrow('there is no index "nodes": there are "node"');
  // @ts-expect-error there is no index at all.
  expect(() => storeOf().indexValues("node")).toThrow('there is no index "node": there are none');
  expect(() => store.indexBy("node", () => "n")).toThrow('there is an index "node" already');
  const plain: Store<Tagged> = store;
  expect(plain.size).toBe(0);
});

test("an object that has come to say something else is not left behind, and neither is a value without objects", () => {
  const store = storeOf().indexBy("tag", ({ spec }) => spec.tags);
  const object = tagged("a", "1", undefined, "x");
  store.applyItem(apply(object));
  object.spec.tags.push("y");
  store.applyItem(apply(tagged("a", "2", undefined, "z")));
  expect(store.indexValues("tag")).toEqual(["z"]);
});

test("what the function throws is thrown at who asks, with the object's name, until the object is another", () => {
  const store = storeOf().indexBy("first", ({ spec }) => (spec.tags[0] as string).toLowerCase());
  expect(store.applyItems([apply(tagged("a", "1")), apply(tagged("b", "2", "n", "B"))])).toHaveLength(2);
  expect(() => store.byIndex("first", "b")).toThrow(
    /^the function of index "first" has thrown for Pod shop\/a: TypeError, see this error's cause$/,
  );
  expect(() => store.indexValues("first")).toThrow("Pod shop/a");
  store.applyItem(apply(tagged("a", "3", "n", "A")));
  expect(names(store.byIndex("first", "b"))).toEqual(["b"]);
  store.applyItem(apply(tagged("c", "4")));
  store.applyItem({ type: "delete", object: tagged("c", "5") });
  expect(store.indexValues("first").sort()).toEqual(["a", "b"]);
});

test("an object that the function has thrown for may come to have no values at all", () => {
  const store = storeOf(tagged("a", "1", "bad")).indexBy("node", ({ spec }) => {
    if (spec.node === "bad") throw new TypeError("which node?");
    return spec.node;
  });
  expect(() => store.byIndex("node", "n1")).toThrow("Pod shop/a");
  store.applyItem(apply(tagged("a", "2")));
  expect(store.byIndex("node", "n1")).toEqual([]);
  store.applyItem(apply(tagged("a", "3", "bad")));
  expect(() => store.byIndex("node", "n1")).toThrow("Pod shop/a");
});

test("an index is a filter over the store, after any items, whenever it was added", () => {
  const value = fc.constantFrom("1", "2", "3");
  const object = fc
    .record({
      name: fc.constantFrom("a", "b", "c"),
      version: fc.nat(9),
      uid: fc.constantFrom("u1", "u2"),
      node: fc.option(value, { nil: undefined }),
      tags: fc.array(value, { maxLength: 3 }),
    })
    .map(
      ({ name, version, uid, ...spec }): Tagged => ({
        ...pod(name, `${version}`, uid),
        spec: { tags: spec.tags, ...(spec.node === undefined ? {} : { node: spec.node }) },
      }),
    );
  const items = fc.oneof(
    object.map((each) => [apply(each)]),
    object.map((each): Item[] => [{ type: "delete", object: each }]),
    fc.uniqueArray(object, { selector: ({ metadata }) => metadata.name }).map((objects) => listed(...objects)),
    fc.array(object).map((objects) => listed(...objects).slice(0, -1)),
  );
  fc.assert(
    fc.property(fc.array(items), fc.array(items), (before, after) => {
      const plain = new Store<Tagged>();
      for (const batch of before) plain.applyItems(batch);
      const store = plain.indexBy("node", ({ spec }) => spec.node).indexBy("tag", ({ spec }) => spec.tags);
      for (const batch of [[], ...after]) {
        store.applyItems(batch);
        for (const each of ["1", "2", "3"]) {
          expect(new Set(store.byIndex("node", each))).toEqual(
            new Set(store.list().filter(({ spec }) => spec.node === each)),
          );
          const found = store.byIndex("tag", each);
          expect(new Set(found)).toEqual(new Set(store.list().filter(({ spec }) => spec.tags.includes(each))));
          expect(found).toHaveLength(new Set(found).size);
        }
        const values = store.list().flatMap(({ spec }) => spec.tags);
        expect(store.indexValues("tag").sort()).toEqual([...new Set(values)].sort());
      }
    }),
  );
});
