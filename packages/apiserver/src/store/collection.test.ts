import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Collection, Snapshot } from "./collection.ts";
import { ObjectStore } from "./object-store.ts";

const pods = { group: "", plural: "pods" };

function put(collection: Collection, key: string, value = 0): void {
  const object = { metadata: { name: key }, value };
  collection.put(key, object);
}

/** `a=1 b=2`: the whole content, in order. */
function content(snapshot: Snapshot | undefined): string {
  if (snapshot === undefined) return "compacted";
  return snapshot.keys.map((key) => `${key}=${Object(snapshot.get(key)?.object).value}`).join(" ");
}

const write = fc.record({ key: fc.constantFrom("a", "b", "c", "d"), value: fc.nat(), remove: fc.boolean() });

describe("a collection", () => {
  test("can be read at every revision that is not compacted", () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), fc.integer({ min: 1, max: 10 }), (writes, historyLimit) => {
        const store = new ObjectStore({ historyLimit });
        const collection = store.collection(pods);
        const seen = new Map<number, string>();
        for (const { key, value, remove } of writes) {
          seen.set(store.revision, content(collection.current()));
          if (remove) collection.remove(key);
          else put(collection, key, value);
        }
        const { compacted } = collection.history;
        for (const [revision, expected] of seen) {
          expect(content(collection.at(revision))).toBe(revision < compacted ? "compacted" : expected);
        }
        expect(content(collection.at(store.revision))).toBe(content(collection.current()));
      }),
    );
  });

  test("followed from a revision becomes what it is", () => {
    fc.assert(
      fc.property(fc.array(write), fc.array(write, { maxLength: 20 }), (before, after) => {
        const store = new ObjectStore({ historyLimit: 20 });
        const collection = store.collection(pods);
        const apply = ({ key, value, remove }: { key: string; value: number; remove: boolean }) =>
          remove ? collection.remove(key) : put(collection, key, value);
        before.forEach(apply);
        const { keys, get } = collection.current();
        const copy = new Map(keys.map((key) => [key, get(key)]));
        const cursor = collection.cursor(store.revision);
        after.forEach(apply);
        for (let event = cursor?.next(); event !== undefined; event = cursor?.next()) {
          expect(event.previous).toBe(copy.get(event.object.key));
          if (event.type === "DELETED") copy.delete(event.object.key);
          else copy.set(event.object.key, event.object);
        }
        const now = collection.current();
        expect([...copy.keys()].sort()).toEqual(now.keys);
        for (const [key, stored] of copy) expect(stored).toBe(now.get(key));
      }),
    );
  });
});

describe("revisions", () => {
  test("grow by one with each write of any resource, and are each object's resourceVersion", () => {
    const store = new ObjectStore();
    const start = store.revision;
    put(store.collection(pods), "a");
    put(store.collection({ group: "apps", plural: "deployments" }), "a");
    const removed = store.collection(pods).remove("a");
    expect(store.revision).toBe(start + 3);
    expect(removed?.object.metadata.resourceVersion).toBe(String(start + 3));
  });

  test("do not move for the removal of what is not there", () => {
    const store = new ObjectStore();
    expect(store.collection(pods).remove("a")).toBeUndefined();
    expect(store.revision).toBe(1);
  });
});

describe("a cursor", () => {
  test("that the history has left behind has lost its place", () => {
    const collection = new ObjectStore({ historyLimit: 2 }).collection(pods);
    const cursor = collection.cursor(1);
    for (const key of ["a", "b"]) put(collection, key);
    expect(cursor?.lost).toBe(false);
    put(collection, "c");
    expect(cursor?.lost).toBe(true);
    expect(cursor?.next()).toBeUndefined();
  });

  test("at the end survives a compaction", () => {
    const store = new ObjectStore();
    const collection = store.collection(pods);
    put(collection, "a");
    const cursor = collection.cursor(store.revision);
    store.compact();
    put(collection, "b");
    expect(cursor?.next()?.object.key).toBe("b");
  });

  test("cannot start before a compaction, in collections to come neither", () => {
    const store = new ObjectStore();
    put(store.collection(pods), "a");
    store.compact();
    expect(store.collection(pods).cursor(store.revision - 1)).toBeUndefined();
    expect(store.collection({ group: "", plural: "nodes" }).cursor(store.revision - 1)).toBeUndefined();
    expect(store.collection(pods).cursor(store.revision)).toBeDefined();
  });
});

test("an object's bytes and an event's frame are made once", () => {
  const store = new ObjectStore();
  const collection = store.collection(pods);
  put(collection, "a", 7);
  const stored = collection.get("a");
  expect(stored?.json).toBe(stored?.json);
  const event = collection.cursor(1)?.next();
  const head = '{"kind":"Pod","apiVersion":"v1",';
  const frame = event?.frame("ADDED", event.object, head);
  expect(event?.frame("ADDED", event.object, head)).toBe(frame);
  expect(frame?.toString().endsWith("\n")).toBe(true);
  expect(JSON.parse(String(frame))).toEqual({
    type: "ADDED",
    object: { kind: "Pod", apiVersion: "v1", metadata: { name: "a", resourceVersion: "2" }, value: 7 },
  });
});
