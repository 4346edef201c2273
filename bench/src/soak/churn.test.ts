import { ObjectStore } from "@kubecast/apiserver";
import { expect, test } from "vitest";
import { Churn } from "./churn.ts";
import { configMaps, pods } from "./cluster.ts";
import { Random } from "./random.ts";

/** What has happened to Pods and ConfigMaps after so many steps. */
function history(seed: number, steps: number) {
  const store = new ObjectStore({ historyLimit: 100_000 });
  const churn = new Churn(store, new Random(seed));
  const before = store.revision;
  let written = 0;
  for (let step = 0; step < steps; step++) written += churn.step();
  const events = [pods, configMaps].flatMap((resource) => {
    const cursor = store.collection(resource).cursor(before);
    return Array.from({ length: written }, () => cursor?.next()).filter((event) => event !== undefined);
  });
  return { events, written, store };
}

test("the seed decides what happens", () => {
  const told = (seed: number) => history(seed, 2_000).events.map(({ type, object }) => [type, object.object]);
  expect(told(1)).toEqual(told(1));
  expect(told(1)).not.toEqual(told(2));
});

test("as many events happen as are told, of all kinds, and the number of objects stays about the same", () => {
  const { events, written, store } = history(3, 20_000);
  expect(events).toHaveLength(written);
  const types = new Set(events.map(({ type }) => type));
  expect(types).toEqual(new Set(["ADDED", "MODIFIED", "DELETED"]));
  const objects = [pods, configMaps].reduce((sum, each) => sum + store.collection(each).current().keys.length, 0);
  expect(objects).toBeGreaterThan(1_900);
  expect(objects).toBeLessThan(2_200);
});
