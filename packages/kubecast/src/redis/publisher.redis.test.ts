import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Change, Condition } from "../conditions/condition.ts";
import { conditionId } from "../conditions/condition.ts";
import { eventId } from "../conditions/event.ts";
import { type RedisServer, startRedisServer } from "../embedded/redis-server.ts";
import { RedisConnection, RedisError } from "./connection.ts";
import { FencedError, Publisher, type PublisherEvent } from "./publisher.ts";

let redis: RedisServer;
let stop: AbortController;
const running: Promise<unknown>[] = [];

beforeEach(async () => {
  redis = await startRedisServer();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await Promise.allSettled(running.splice(0));
  await redis.stop();
});

function condition(uid: string, startsAt = "2026-01-02T03:04:05.678Z"): Condition {
  return {
    id: conditionId("PodFailed", uid, null),
    rule: "PodFailed",
    severity: "warning",
    resource: "pods",
    object: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: `pod-${uid}`, uid, resourceVersion: "1" },
    element: null,
    startsAt,
    summary: "it failed",
    details: { "quote\"": "\u2028" },
    labels: {},
  };
}
const firing = (uid: string, startsAt?: string): Change => ({ type: "firing", condition: condition(uid, startsAt) });
const resolved = (uid: string): Change => ({
  type: "resolved",
  condition: condition(uid),
  endsAt: "2026-01-02T03:05:00.000Z",
  reason: "recovered",
});

function publisher(events: PublisherEvent[] = [], options: Partial<ConstructorParameters<typeof Publisher>[0]> = {}) {
  return new Publisher({
    url: redis.url,
    cluster: "test",
    holder: `holder-${Math.random()}`,
    trim: { maxLength: 1_000_000 },
    outboxLimit: 100_000,
    probeInterval: 50,
    patience: 1_000,
    report: (event) => events.push(event),
    ...options,
  });
}

async function started(events: PublisherEvent[] = [], options: Partial<ConstructorParameters<typeof Publisher>[0]> = {}) {
  const one = publisher(events, options);
  await one.start();
  const run = one.run(stop.signal);
  run.catch(() => {}); // awaited where it matters
  running.push(run);
  return { publisher: one, run };
}

async function ask(...args: string[]): Promise<any> {
  const connection = new RedisConnection(redis.url);
  try {
    return await connection.command(...args);
  } finally {
    connection.close();
  }
}
const log = async (): Promise<any[]> => ((await ask("XRANGE", "kubecast:{test}:log", "-", "+")) as any[]).map(([, fields]) => JSON.parse(fields[1]));
const firingNow = async (): Promise<string[]> => ((await ask("HKEYS", "kubecast:{test}:conditions")) as string[]).sort();
const within = { timeout: 10_000, interval: 20 };

describe("Publisher", () => {
  it("writes each transition to the state, the log and the channel, numbered alike", async () => {
    const { publisher: one } = await started();
    const first = firing("a");
    one.publish(first);
    one.publish(firing("b"));
    one.publish(resolved("a"));
    await vi.waitFor(async () => expect(await log()).toHaveLength(3), within);
    const entries = await log();
    expect(entries.map((event) => event.sequence)).toEqual(["1", "2", "3"]);
    expect(entries.map((event) => event.type)).toEqual([
      "kubecast.condition.firing",
      "kubecast.condition.firing",
      "kubecast.condition.resolved",
    ]);
    expect(entries[0].id).toBe(eventId(first as never));
    expect(entries[0].data.details).toEqual({ "quote\"": "\u2028" });
    expect(await firingNow()).toEqual(["PodFailed/b"]);
    expect(JSON.parse((await ask("HGET", "kubecast:{test}:conditions", "PodFailed/b")) as string)).toEqual(entries[1]);
  });

  it("keeps hold times, and clears them with what ends them", async () => {
    const { publisher: one } = await started();
    one.publish({ type: "timer", id: "PodFailed/a", timer: { to: "firing", since: Date.UTC(2026, 0, 1) } });
    one.publish({ type: "timer", id: "PodFailed/b", timer: { to: "firing", since: Date.UTC(2026, 0, 1) } });
    await vi.waitFor(async () => expect(await ask("HLEN", "kubecast:{test}:pending")).toBe(2), within);
    expect((await publisher().start()).timers.get("PodFailed/a")).toEqual({ to: "firing", since: Date.UTC(2026, 0, 1) });
  });

  it("hands over what is published to its successor, and is shut out by it", async () => {
    const { publisher: first, run } = await started();
    first.publish(firing("a"));
    await vi.waitFor(async () => expect(await firingNow()).toEqual(["PodFailed/a"]), within);
    const { firing: taken } = await publisher().start();
    expect([...taken.values()]).toEqual([condition("a")]);
    first.publish(firing("b"));
    await expect(run).rejects.toThrow(FencedError);
    await expect(run).rejects.toThrow(/"test"/);
    expect(await log()).toHaveLength(1);
  });

  it("brings a wiped Redis back to the true state", async () => {
    const events: PublisherEvent[] = [];
    const { publisher: one } = await started(events);
    one.publish(firing("a"));
    one.publish(firing("b"));
    one.publish({ type: "timer", id: "PodFailed/c", timer: { to: "firing", since: 1_000 } });
    await vi.waitFor(async () => expect(await log()).toHaveLength(2), within);
    await ask("FLUSHALL");
    await vi.waitFor(async () => expect(await firingNow()).toEqual(["PodFailed/a", "PodFailed/b"]), within);
    expect(await ask("HLEN", "kubecast:{test}:pending")).toBe(1);
    expect(events.filter((event) => event.type === "restored")).toHaveLength(1);
  });

  it("mends a state that somebody else has altered", async () => {
    const { publisher: one } = await started();
    one.publish(firing("a"));
    await vi.waitFor(async () => expect(await firingNow()).toEqual(["PodFailed/a"]), within);
    await ask("DEL", "kubecast:{test}:conditions");
    await vi.waitFor(async () => expect(await firingNow()).toEqual(["PodFailed/a"]), within);
    await ask("HSET", "kubecast:{test}:conditions", "stranger", "not JSON");
    await vi.waitFor(async () => expect(await firingNow()).toEqual(["PodFailed/a"]), within);
  });

  it("keeps what happens while Redis is down, and publishes it once it is back", async () => {
    const events: PublisherEvent[] = [];
    await redis.stop();
    redis = await startRedisServer({ persistence: "aof", args: ["--appendfsync", "always"] });
    const { publisher: one } = await started(events);
    one.publish(firing("a"));
    await vi.waitFor(async () => expect(await firingNow()).toEqual(["PodFailed/a"]), within);
    await redis.kill();
    one.publish(resolved("a"));
    one.publish(firing("b"));
    await vi.waitFor(() => expect(events.some((event) => event.type === "unreachable")).toBe(true), within);
    await redis.restart();
    await vi.waitFor(async () => expect(await log()).toHaveLength(3), within);
    expect((await log()).map((event) => event.sequence)).toEqual(["1", "2", "3"]);
    expect(events.some((event) => event.type === "reachable")).toBe(true);
  });

  it("says which rights are missing before anything happens", async () => {
    await ask("ACL", "SETUSER", "limited", "on", ">secret", "~kubecast:*", "+@all", "-publish");
    const url = redis.url.replace("redis://", "redis://limited:secret@");
    const refused = publisher([], { url }).start();
    await expect(refused).rejects.toThrow(RedisError);
    await expect(refused).rejects.toThrow(/may not run: PUBLISH/);
    await expect(refused).rejects.not.toThrow(/secret/);
  });

  it("publishes what is queued before it stops", async () => {
    const { publisher: one, run } = await started();
    for (let index = 0; index < 2_000; index += 1) one.publish(firing(`u${index}`));
    stop.abort();
    await run;
    expect(await ask("HLEN", "kubecast:{test}:conditions")).toBe(2_000);
    expect(await ask("XLEN", "kubecast:{test}:log")).toBe(2_000);
  });
});
