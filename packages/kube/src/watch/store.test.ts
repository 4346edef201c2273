import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../resource/object.ts";
import { pod } from "./fakes.test.helper.ts";
import type { WatchItem } from "./item.ts";
import { type Change, Store } from "./store.ts";

type Item = WatchItem<KubeObject>;
const apply = (object: KubeObject): Item => ({ type: "apply", object });
const remove = (object: KubeObject): Item => ({ type: "delete", object });
const listed = (...objects: KubeObject[]): Item[] => [
  { type: "init" },
  ...objects.map((object): Item => ({ type: "init-apply", object })),
  { type: "init-done", resourceVersion: "9" },
];

function storeOf(...objects: KubeObject[]): Store<KubeObject> {
  const store = new Store<KubeObject>();
  store.applyItems(listed(...objects));
  return store;
}

describe("reading", () => {
  const node = { metadata: { name: "n1", uid: "n" } };
  const elsewhere = { metadata: { name: "a", namespace: "other", uid: "o" } };
  const store = storeOf(pod("a", "1"), pod("b", "2"), elsewhere, node);

  test("by name and namespace", () => {
    expect(store.get("a", "shop")).toEqual(pod("a", "1"));
    expect(store.get("a", "other")).toBe(elsewhere);
    expect(store.get("n1")).toBe(node);
    expect(store.get("a")).toBeUndefined();
    expect(store.get("a", "none")).toBeUndefined();
  });

  test("all, or those of a namespace", () => {
    expect(store.size).toBe(4);
    expect(store.list()).toHaveLength(4);
    expect([...store]).toEqual(store.list());
    expect(store.list("shop").map((each) => each.metadata.name)).toEqual(["a", "b"]);
    expect(store.list("none")).toEqual([]);
  });
});

describe("a change in between lists", () => {
  test("of an unknown object is added, of a known one modified, and a delete deleted", () => {
    const store = storeOf();
    const [a1, a2, a3] = [pod("a", "1"), pod("a", "2"), pod("a", "3")];
    expect(store.applyItem(apply(a1))).toEqual([{ type: "added", object: a1 }]);
    expect(store.applyItem(apply(a2))).toEqual([{ type: "modified", object: a2, old: a1 }]);
    expect(store.applyItem(remove(a3))).toEqual([{ type: "deleted", object: a3, old: a2 }]);
    expect(store.size).toBe(0);
  });

  test("that is known already, or of an object that is gone, is none", () => {
    const store = storeOf(pod("a", "1"));
    expect(store.applyItem(apply(pod("a", "1")))).toEqual([]);
    expect(store.applyItem(remove(pod("b", "2")))).toEqual([]);
  });

  test("under the same name with another uid is a deleted and an added", () => {
    const [old, object] = [pod("a", "1", "uid-1"), pod("a", "2", "uid-2")];
    const store = storeOf(old);
    expect(store.applyItem(apply(object))).toEqual([
      { type: "deleted", object: old, old },
      { type: "added", object },
    ]);
    expect(store.applyItem(remove(pod("a", "3", "uid-1")))).toEqual([]);
    expect(store.get("a", "shop")).toBe(object);
  });

  test("of objects without a resourceVersion is always one", () => {
    const bare = (): KubeObject => ({ metadata: { name: "a" } });
    expect(storeOf(bare()).applyItem(apply(bare()))).toMatchObject([{ type: "modified" }]);
  });
});

describe("a list", () => {
  test("takes the place of what is there at once, when it is whole", () => {
    const [a, b, c] = [pod("a", "1"), pod("b", "2"), pod("c", "3")];
    const store = storeOf(a, b);
    const b2 = pod("b", "4");
    const [init, ...rest] = listed(b2, c);
    for (const item of [init, ...rest.slice(0, -1)]) expect(store.applyItem(item as Item)).toEqual([]);
    expect(store.list()).toEqual([a, b]);
    expect(store.applyItem(rest.at(-1) as Item)).toEqual([
      { type: "deleted", object: a, old: a },
      { type: "modified", object: b2, old: b },
      { type: "added", object: c },
    ]);
    expect(store.list()).toEqual([b2, c]);
  });

  test("of what is known changes nothing, not even the objects", () => {
    const a = pod("a", "1");
    const store = storeOf(a);
    expect(store.applyItems(listed(pod("a", "1")))).toEqual([]);
    expect(store.get("a", "shop")).toBe(a);
  });

  test("with another object under a known name is a deleted and an added", () => {
    const [old, object] = [pod("a", "1", "uid-1"), pod("a", "2", "uid-2")];
    expect(storeOf(old).applyItems(listed(object))).toEqual([
      { type: "deleted", object: old, old },
      { type: "added", object },
    ]);
  });

  test("that is begun again forgets its first beginning", () => {
    const store = storeOf();
    const [a, b] = [pod("a", "1"), pod("b", "2")];
    const changes = store.applyItems([{ type: "init" }, { type: "init-apply", object: a }, ...listed(b)]);
    expect(changes).toEqual([{ type: "added", object: b }]);
  });

  test("gives back what was deleted while it came", () => {
    const a = pod("a", "1");
    const store = storeOf(a);
    const [init, item, done] = listed(a) as [Item, Item, Item];
    expect(store.applyItems([init, item, remove(pod("a", "2"))])).toEqual([]);
    expect(store.applyItem(done)).toEqual([{ type: "deleted", object: a, old: a }]);
  });

  test("makes the store synced; bookmarks and errors change nothing", () => {
    const store = new Store<KubeObject>();
    expect(store.synced).toBe(false);
    store.applyItems(listed());
    expect(store.synced).toBe(true);
    expect(store.applyItem({ type: "bookmark", resourceVersion: "1" })).toEqual([]);
    expect(store.applyItem({ type: "error", error: new Error("x"), retryIn: 1 })).toEqual([]);
  });
});

test("tells up to which version it is, and within a list what it was before", () => {
  const store = new Store<KubeObject>();
  store.applyItem(apply(pod("a", "1")));
  expect(store.version).toBeUndefined();
  store.applyItems(listed(pod("a", "12")));
  expect(store.version).toBe("9");
  const steps: [Item, string][] = [
    [apply(pod("a", "13")), "13"],
    [remove(pod("a", "14")), "14"],
    [{ type: "bookmark", resourceVersion: "20" }, "20"],
    [{ type: "init" }, "20"],
    [{ type: "init-apply", object: pod("b", "25") }, "20"],
    [remove(pod("b", "26")), "20"],
    [{ type: "init-done", resourceVersion: "30" }, "30"],
  ];
  for (const [item, version] of steps) {
    store.applyItem(item);
    expect(store.version).toBe(version);
  }
});

test("the changes, applied one by one, lead from each state to the next", () => {
  const object = fc
    .record({ name: fc.constantFrom("a", "b", "c"), version: fc.nat(5), uid: fc.constantFrom("1", "2") })
    .map(({ name, version, uid }) => pod(name, String(version), uid));
  const items = fc.oneof(
    object.map((each) => [apply(each)]),
    object.map((each) => [remove(each)]),
    fc.uniqueArray(object, { selector: (each) => each.metadata.name }).map((objects) => listed(...objects)),
    fc.array(object).map((objects) => listed(...objects).slice(0, -1)),
  );
  fc.assert(
    fc.property(fc.array(items), (batches) => {
      const store = new Store<KubeObject>();
      const replayed = new Map<string | undefined, KubeObject>();
      for (const batch of batches) {
        for (const change of store.applyItems(batch)) replay(replayed, change);
        expect([...replayed.values()].sort(byName)).toEqual(store.list().sort(byName));
        expect(store.size).toBe(replayed.size);
      }
    }),
  );
});

/** Fails where a change does not follow from what came before. */
function replay(objects: Map<string | undefined, KubeObject>, change: Change<KubeObject>): void {
  const { name, uid } = change.object.metadata;
  const known = objects.get(name);
  if (change.type === "added") {
    expect(known).toBeUndefined();
  } else {
    expect(change.old).toEqual(known);
    expect(change.old.metadata.uid).toBe(uid);
  }
  if (change.type === "deleted") objects.delete(name);
  else objects.set(name, change.object);
}

function byName(a: KubeObject, b: KubeObject): number {
  return String(a.metadata.name).localeCompare(String(b.metadata.name));
}
