import type { Change, KubeObject, WatchItem } from "@kubecast/kube";
import { describe, expect, test } from "vitest";
import { ToldChanges, ToldItems } from "./told.ts";

const object = (resourceVersion: string, uid = "a"): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", uid, resourceVersion },
});
const [one, two, three] = [object("1"), object("2"), object("3")];

function violationsOfChanges(...changes: Change<KubeObject>[]): string[] {
  const told = new ToldChanges();
  told.take(changes);
  return told.violations;
}

function violationsOfItems(...items: WatchItem<KubeObject>[]): string[] {
  const told = new ToldItems();
  told.take(items);
  return told.violations;
}

describe("changes", () => {
  test("that follow from each other are no violation, and lead to the objects", () => {
    const told = new ToldChanges();
    told.take([
      { type: "added", object: one },
      { type: "modified", object: two, old: one },
      { type: "deleted", object: two, old: two },
      { type: "added", object: object("4", "b") },
    ]);
    expect(told.violations).toEqual([]);
    expect([...told.objects.values()]).toEqual([object("4", "b")]);
    expect(told.count).toBe(4);
  });

  const added: Change<KubeObject> = { type: "added", object: two };
  test.each<[what: string, changes: Change<KubeObject>[], why: RegExp]>([
    ["added twice", [added, { type: "added", object: three }], /added, and was there/],
    ["modified and unknown", [{ type: "modified", object: two, old: one }], /modified, and was not there/],
    ["deleted and unknown", [{ type: "deleted", object: two, old: one }], /deleted, and was not there/],
    ["of another old", [added, { type: "modified", object: three, old: object("2") }], /old is not what was told/],
    ["of another object", [added, { type: "modified", object: object("3", "b"), old: two }], /is another object/],
    ["that go back", [added, { type: "modified", object: one, old: two }], /version 2 was told before/],
    ["that are none", [added, { type: "modified", object: object("2"), old: two }], /version 2 was told before/],
    [
      "that bring back what is gone",
      [added, { type: "deleted", object: three, old: two }, { type: "added", object: two }],
      /version 3 was told before/,
    ],
  ])("%s are a violation", (_, changes, why) => {
    expect(violationsOfChanges(...changes).join("\n")).toMatch(why);
  });
});

describe("items", () => {
  const init: WatchItem<KubeObject> = { type: "init" };
  const done: WatchItem<KubeObject> = { type: "init-done", resourceVersion: "2" };

  test("that keep the contract are no violation, and lead to the objects", () => {
    const told = new ToldItems();
    const gone = { ...object("2"), metadata: { ...object("2").metadata, name: "gone" } };
    told.take([init, { type: "init-apply", object: gone }, { type: "init-apply", object: one }, init]);
    told.take([
      { type: "init-apply", object: two },
      { type: "error", error: new Error("cut"), retryIn: 1 },
    ]);
    expect(told.objects.size).toBe(0);
    told.take([done, { type: "apply", object: three }, { type: "bookmark", resourceVersion: "4" }, init]);
    told.take([{ type: "init-apply", object: three }, done]);
    expect(told.violations).toEqual([]);
    expect([...told.objects.values()]).toEqual([three]);
  });

  test.each<[what: string, items: WatchItem<KubeObject>[], why: RegExp]>([
    ["before the first list", [{ type: "apply", object: one }], /apply outside a list/],
    ["of a watch within a list", [init, { type: "apply", object: one }], /apply within a list/],
    ["of a list outside one", [init, done, { type: "init-apply", object: one }], /init-apply outside a list/],
    ["that end a list twice", [init, done, done], /init-done outside a list/],
    ["that delete the unknown", [init, done, { type: "delete", object: one }], /deleted, and was not there/],
    [
      "that repeat",
      [init, { type: "init-apply", object: two }, done, { type: "apply", object: two }],
      /version 2 was told before/,
    ],
    [
      "of an older list",
      [init, { type: "init-apply", object: two }, done, init, { type: "init-apply", object: one }],
      /version 2 was told before/,
    ],
    ["that are none", [], /a batch without an item/],
  ])("%s are a violation", (_, items, why) => {
    expect(violationsOfItems(...items).join("\n")).toMatch(why);
  });
});
