import type { KubeObject, WatchItem } from "@kubecast/kube";
import { describe, expect, it } from "vitest";
import { Conditions } from "../conditions/conditions.ts";
import { parseRules } from "../rules/parse.ts";
import { Observer } from "./observer.ts";
import { planWatches } from "./plan.ts";

const failed = `{ name: Failed, resource: pods, when: object.status.phase == "Failed", summary: '"x"' }`;
/** Cannot be evaluated where the annotation is no number. */
const annotated = `{ name: Annotated, resource: pods, when: int(object.metadata.annotations.n) > 0, summary: '"x"' }`;

/** An observer of the rules' only watch, and what comes of what it is given. */
function bench(...rules: string[]) {
  const { rules: parsed, mistakes } = parseRules(
    "rules.yaml",
    `rules:\n${rules.map((rule) => `  - ${rule}\n`).join("")}`,
  );
  expect(mistakes).toEqual([]);
  const said: string[] = [];
  const conditions = new Conditions((change) => {
    if (change.type === "firing") said.push(`firing ${change.condition.id}`);
    else if (change.type === "resolved") said.push(`resolved ${change.condition.id}: ${change.reason}`);
  });
  const observer = new Observer(planWatches(parsed)[0]!, "test", conditions, (error, object) =>
    said.push(`error ${object.name}: ${error.message}`),
  );
  let now = 0;
  return {
    observer,
    conditions,
    accept(...items: WatchItem<KubeObject>[]): string[] {
      for (const item of items) {
        now += 1;
        observer.accept(item, now);
      }
      return said.splice(0);
    },
  };
}

function pod(uid: string, phase = "Failed", annotations?: Record<string, string>): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `pod-${uid}`, namespace: "shop", uid, resourceVersion: "7", ...(annotations && { annotations }) },
    status: { phase },
  } as KubeObject;
}
const init: WatchItem<KubeObject> = { type: "init" };
const done: WatchItem<KubeObject> = { type: "init-done", resourceVersion: "9" };
const listed = (object: KubeObject): WatchItem<KubeObject> => ({ type: "init-apply", object });
const apply = (object: KubeObject): WatchItem<KubeObject> => ({ type: "apply", object });
const remove = (object: KubeObject): WatchItem<KubeObject> => ({ type: "delete", object });

describe("an observer", () => {
  it("holds what is listed, applied and deleted against the rules", () => {
    const { accept, observer } = bench(failed);
    expect(accept(init, listed(pod("a")), listed(pod("b", "Running")), done)).toEqual(["firing Failed/a"]);
    expect(accept(apply(pod("b")), apply(pod("a", "Running")))).toEqual([
      "firing Failed/b",
      "resolved Failed/a: recovered",
    ]);
    expect(accept(remove(pod("a", "Running")), remove(pod("b")))).toEqual(["resolved Failed/b: deleted"]);
    expect(observer.stats).toEqual({
      objects: 0,
      events: { listed: 2, applied: 2, deleted: 2 },
      evaluations: new Map([["Failed", 4]]),
      ruleErrors: new Map([["Failed", 0]]),
      synced: true,
    });
  });

  it("takes what a new list does not bring for gone, and only once the list is whole", () => {
    const { accept, observer } = bench(failed);
    accept(init, listed(pod("a")), listed(pod("b")), listed(pod("c", "Running")), done);
    expect(observer.stats.objects).toBe(3);
    expect(accept(init, listed(pod("b")), listed(pod("d")))).toEqual(["firing Failed/d"]);
    expect(accept(done)).toEqual(["resolved Failed/a: deleted"]);
    expect(observer.stats.objects).toBe(2);
    expect(accept(init, done)).toEqual(["resolved Failed/b: deleted", "resolved Failed/d: deleted"]);
    expect(observer.stats.objects).toBe(0);
  });

  it("knows what a list brought that broke off", () => {
    const { accept } = bench(failed);
    expect(accept(init, listed(pod("a")), listed(pod("b")))).toEqual(["firing Failed/a", "firing Failed/b"]);
    expect(accept({ type: "error", error: new Error("cut"), retryIn: 1 })).toEqual([]);
    expect(accept(init, listed(pod("b")), done)).toEqual(["resolved Failed/a: deleted"]);
  });

  it("forgets what is deleted while a list is under way", () => {
    const { accept, observer } = bench(failed);
    expect(accept(init, listed(pod("a")), listed(pod("b")), remove(pod("a")), done)).toEqual([
      "firing Failed/a",
      "firing Failed/b",
      "resolved Failed/a: deleted",
    ]);
    expect(observer.stats.objects).toBe(1);
  });

  it("stops a rule that costs more than it may, and leaves its conditions as they are", () => {
    const nested = "object.metadata.annotations.all(a, object.metadata.annotations.all(b, a != b || a == b))";
    const { accept } = bench(`{ name: Nested, resource: pods, when: "${nested}", summary: '"x"' }`);
    const annotations = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, ""]));
    expect(accept(apply(pod("a", "Running", annotations(10))))).toEqual(["firing Nested/a"]);
    expect(accept(apply(pod("a", "Running", annotations(1000))))).toEqual([
      'error pod-a: rule Nested: "when": the expression costs more than its budget of 1000000 (at 1:29)',
    ]);
    expect(accept(apply(pod("a", "Running", annotations(10))))).toEqual([]);
  });

  it("keeps a pod apart from a new one of the same name", () => {
    const { accept } = bench(failed);
    accept(init, listed(pod("a")), done);
    const next = { ...pod("a2"), metadata: { ...pod("a2").metadata, name: "pod-a" } };
    expect(accept(init, listed(next), done)).toEqual(["firing Failed/a2", "resolved Failed/a: deleted"]);
  });

  it("changes nothing on errors and bookmarks", () => {
    const { accept, observer } = bench(failed);
    accept(init, listed(pod("a")), done);
    const before = structuredClone(observer.stats);
    expect(
      accept({ type: "error", error: new Error("cut"), retryIn: 1 }, { type: "bookmark", resourceVersion: "8" }),
    ).toEqual([]);
    expect(observer.stats).toEqual(before);
  });

  it("is not synced before its first list is whole", () => {
    const { accept, observer } = bench(failed);
    accept(init, listed(pod("a")));
    expect(observer.stats.synced).toBe(false);
    accept(done);
    expect(observer.stats.synced).toBe(true);
  });

  it("leaves a condition as it is where its rule cannot be evaluated, and goes on with the other rules", () => {
    const { accept, observer } = bench(annotated, failed);
    accept(init, listed(pod("a", "Running", { n: "1" })), done);
    expect(accept(apply(pod("a", "Failed", { n: "many" })))).toEqual([
      expect.stringMatching(/^error pod-a: rule Annotated: "when": /),
      "firing Failed/a",
    ]);
    expect(observer.stats.ruleErrors).toEqual(
      new Map([
        ["Annotated", 1],
        ["Failed", 0],
      ]),
    );
    expect(accept(apply(pod("a", "Running", { n: "0" })))).toEqual([
      "resolved Annotated/a: recovered",
      "resolved Failed/a: recovered",
    ]);
  });

  it("refers to the object as it is, by its resource where the object does not say what it is", () => {
    const { observer, conditions } = bench(failed);
    const seen: unknown[] = [];
    conditions.observe = (_, object) => seen.push(object);
    const { apiVersion: _, kind: __, ...bare } = pod("a");
    observer.accept(apply(bare as KubeObject), 1);
    observer.accept(apply({ apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "u" } } as KubeObject), 1);
    expect(seen).toEqual([
      { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "pod-a", uid: "a", resourceVersion: "7" },
      { apiVersion: "v1", kind: "Node", name: "n", uid: "u", resourceVersion: "" },
    ]);
  });
});
