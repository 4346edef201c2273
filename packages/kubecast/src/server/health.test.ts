import { watchStats } from "@kubecast/kube";
import { expect, it } from "vitest";
import type { WatchHealth } from "../pipeline/pipeline.ts";
import { Health } from "./health.ts";

const minute = 60_000;

function setUp() {
  const connection = watchStats();
  const stats = { synced: false };
  const watch = { name: "pods", connection, stats } as unknown as WatchHealth;
  const pipeline = {
    watches: [watch],
    get ready() {
      return stats.synced;
    },
  };
  const publisher = { waiting: 0 };
  const time = { now: 1_000_000 };
  return { connection, stats, publisher, time, health: new Health(pipeline, publisher, () => time.now) };
}

it("is ready once every watch is listed, and names those that are not", () => {
  const { health, stats } = setUp();
  expect(health.ready()).toBe("not yet listed: pods");
  stats.synced = true;
  expect(health.ready()).toBeUndefined();
});

it("is dead when a watch has heard nothing for more than fifteen minutes, also when it never has", () => {
  const { health, connection, time } = setUp();
  time.now += 15 * minute;
  expect(health.live()).toBeUndefined();
  time.now += 1_000;
  expect(health.live()).toBe("the watch of pods has heard nothing for 15m1s");
  connection.lastHeard = time.now;
  expect(health.live()).toBeUndefined();
  time.now += 16 * minute;
  expect(health.live()).toBe("the watch of pods has heard nothing for 16m");
});

it("is dead when changes wait and the publisher neither publishes nor fails", () => {
  const { health, connection, publisher, time } = setUp();
  const pass = (minutes: number) => {
    time.now += minutes * minute;
    connection.lastHeard = time.now;
    return health.live();
  };
  publisher.waiting = 3;
  expect(pass(0)).toBeUndefined();
  expect(pass(5)).toBeUndefined();
  health.observe({ type: "published", changes: [], took: 1 });
  expect(pass(1)).toBeUndefined();
  expect(pass(4)).toBeUndefined();
  expect(pass(2)).toBe("nothing has been published for 6m, though changes wait");
  publisher.waiting = 0;
  expect(pass(1)).toBeUndefined();
});

it("is alive while Redis is away, however long", () => {
  const { health, connection, publisher, time } = setUp();
  publisher.waiting = 3;
  health.observe({ type: "unreachable", error: new Error("gone") as never, waiting: 3 });
  for (let passed = 0; passed < 60; passed += 1) {
    time.now += minute;
    connection.lastHeard = time.now;
    expect(health.live()).toBeUndefined();
  }
  health.observe({ type: "reachable", waiting: 3 });
  expect(health.live()).toBeUndefined();
  time.now += 6 * minute;
  connection.lastHeard = time.now;
  expect(health.live()).toBe("nothing has been published for 6m, though changes wait");
});
