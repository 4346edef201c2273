import { readFile } from "node:fs/promises";
import { redisSubscribe, startProxy } from "@kubecast/testbed";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Change } from "../conditions/condition.ts";
import { type ConditionEvent, eventId } from "../conditions/event.ts";
import { type RedisServer, startRedisServer } from "../embedded/redis-server.ts";
import { condition, firing, resolved } from "./changes.test.support.ts";
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

async function started(
  events: PublisherEvent[] = [],
  options: Partial<ConstructorParameters<typeof Publisher>[0]> = {},
) {
  const one = publisher(events, options);
  await one.start();
  const run = one.run(stop.signal);
  run.catch(() => {}); // awaited where it matters
  running.push(run);
  return { publisher: one, run };
}

async function ask(...args: string[]): Promise<unknown> {
  const connection = new RedisConnection(redis.url);
  try {
    return await connection.command(...args);
  } finally {
    connection.close();
  }
}
async function log(): Promise<ConditionEvent[]> {
  const entries = (await ask("XRANGE", "kubecast:{test}:log", "-", "+")) as [string, [string, string]][];
  return entries.map(([, [, json]]) => JSON.parse(json) as ConditionEvent);
}
const firingNow = async (): Promise<string[]> =>
  ((await ask("HKEYS", "kubecast:{test}:conditions")) as string[]).sort();
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
    expect(entries[0]!.id).toBe(eventId(first as never));
    expect(entries[0]!.data.details).toEqual({ 'quote"': "\u2028" });
    expect(await firingNow()).toEqual(["PodFailed/b"]);
    expect(JSON.parse((await ask("HGET", "kubecast:{test}:conditions", "PodFailed/b")) as string)).toEqual(entries[1]);
  });

  it("keeps hold times, and clears them with what ends them", async () => {
    const { publisher: one } = await started();
    one.publish({ type: "timer", id: "PodFailed/a", timer: { to: "firing", since: Date.UTC(2026, 0, 1) } });
    one.publish({ type: "timer", id: "PodFailed/b", timer: { to: "firing", since: Date.UTC(2026, 0, 1) } });
    await vi.waitFor(async () => expect(await ask("HLEN", "kubecast:{test}:pending")).toBe(2), within);
    expect((await publisher().start()).timers.get("PodFailed/a")).toEqual({
      to: "firing",
      since: Date.UTC(2026, 0, 1),
    });
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

  it("stays shut out where Redis has lost the epochs meanwhile, and brings its old state to nobody", async () => {
    const old = publisher();
    await old.start();
    old.publish(firing("of-old"));
    await ask("FLUSHALL");
    const { publisher: successor } = await started();
    successor.publish(firing("of-now"));
    await vi.waitFor(async () => expect(await firingNow()).toEqual(["PodFailed/of-now"]), within);
    await expect(old.run(stop.signal)).rejects.toThrow(FencedError);
    expect((await log()).map(({ data }) => data.object.uid)).toEqual(["of-now"]);
  });

  it("does not take over from its successor when it hears late that Redis has lost all", async () => {
    const proxy = await startProxy({ target: { port: redis.port } });
    const events: PublisherEvent[] = [];
    const { run } = await started(events, {
      url: proxy.url("redis"),
      report: (event) => {
        events.push(event);
        // It knows, and has not done anything about it yet.
        if (event.type === "reachable") proxy.pause(true);
      },
    });
    await proxy.refuse(true);
    proxy.cut();
    await vi.waitFor(() => expect(events.map(({ type }) => type)).toContain("unreachable"), within);
    await ask("FLUSHALL");
    await proxy.refuse(false);
    await vi.waitFor(() => expect(events.map(({ type }) => type)).toContain("reachable"), within);
    const { publisher: successor } = await started();
    proxy.pause(false);
    await expect(run).rejects.toThrow(FencedError);
    successor.publish(firing("a"));
    await vi.waitFor(async () => expect(await firingNow()).toEqual(["PodFailed/a"]), within);
    await proxy.stop();
  });

  it("tells subscribers nothing that Redis has refused to keep", async () => {
    const events: PublisherEvent[] = [];
    const { publisher: one } = await started(events);
    const subscriber = await redisSubscribe(redis.url, "PSUBSCRIBE", "kubecast:{test}:*");
    await ask("CONFIG", "SET", "min-replicas-to-write", "1");
    one.publish(firing("a"));
    const refusals = async () =>
      Number(/errorstat_NOREPLICAS:count=(\d+)/.exec(String(await ask("INFO", "errorstats")))?.[1]);
    await vi.waitFor(async () => expect(await refusals()).toBeGreaterThan(2), within);
    await ask("CONFIG", "SET", "min-replicas-to-write", "0");
    await vi.waitFor(async () => expect(await log()).toHaveLength(1), within);
    await vi.waitFor(() => expect(subscriber.messages).not.toEqual([]), within);
    expect(subscriber.messages.map(({ message }) => JSON.parse(message) as ConditionEvent)).toEqual(await log());
    expect(events.filter(({ type }) => type === "unreachable")).toHaveLength(1);
    await subscriber.stop();
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

  it("tells a Redis that went back in time again how a condition ended, as it told before", async () => {
    const { publisher: one } = await started();
    one.publish(firing("a"));
    await vi.waitFor(async () => expect(await firingNow()).toEqual(["PodFailed/a"]), within);
    const before = (await ask("HGETALL", "kubecast:{test}:conditions")) as string[];
    one.publish({ ...resolved("a"), reason: "deleted" } as Change);
    await vi.waitFor(async () => expect(await firingNow()).toEqual([]), within);
    await ask("HSET", "kubecast:{test}:conditions", ...before);
    await vi.waitFor(async () => expect(await log()).toHaveLength(3), within);
    const [, first, again] = await log();
    expect(again).toEqual({ ...first, sequence: "3" });
    expect(again?.data.reason).toBe("deleted");
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

  it("neither loses nor repeats a transition whose reply was lost", async () => {
    const proxy = await startProxy({ target: { port: redis.port } });
    const { publisher: one } = await started([], { url: proxy.url("redis") });
    const count = 3_000;
    let over = false;
    // Replies are short: most cuts come behind a batch that was applied, before its reply has come through.
    const cutting = (async () => {
      let cuts = 0;
      for (; !over && cuts < 30; cuts += 1)
        await Promise.race([proxy.cutAfterBytes(25 + 37 * (cuts % 7)), vi.waitUntil(() => over, within)]);
      return cuts;
    })();
    for (let index = 0; index < count; index += 1) {
      one.publish(firing(`u${index}`));
      if (index % 3 === 0) one.publish(resolved(`u${index}`));
      if (index % 10 === 0) await new Promise(setImmediate);
    }
    const total = count + count / 3;
    await vi.waitFor(async () => expect(await ask("GET", "kubecast:{test}:seq")).toBe(String(total)), {
      timeout: 50_000,
      interval: 50,
    });
    over = true;
    expect(await cutting).toBeGreaterThan(5);
    const events = await log();
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(
      Array.from({ length: total }, (_, index) => index + 1),
    );
    expect(new Set(events.map(({ id }) => id)).size).toBe(total);
    expect(await firingNow()).toHaveLength(count - count / 3);
    await proxy.stop();
  });

  it("restores a Redis that came back empty while transitions went on", async () => {
    const { publisher: one } = await started();
    for (let index = 0; index < 50; index += 1) one.publish(firing(`u${index}`));
    await vi.waitFor(async () => expect(await firingNow()).toHaveLength(50), within);
    await redis.kill();
    for (let index = 0; index < 25; index += 1) one.publish(resolved(`u${index}`));
    await redis.restart();
    await vi.waitFor(async () => expect(await firingNow()).toHaveLength(25), within);
    const events = await log();
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, index) => index + 1));
  });

  it("is content with the rights that the documentation gives it", async () => {
    const documentation = await readFile(new URL("../../../../docs/redis.md", import.meta.url), "utf8");
    const [, words = ""] = /^ +ACL (SETUSER kubecast .*)$/m.exec(documentation) ?? [];
    await ask("ACL", ...words.split(" "));
    const { publisher: one } = await started([], {
      url: redis.url.replace("redis://", "redis://kubecast:a-password@"),
    });
    one.publish(firing("a"));
    one.publish(resolved("a"));
    one.publish({ type: "timer", id: "PodFailed/b", timer: { to: "firing", since: 1_000 } });
    one.publish({ type: "timer-cleared", id: "PodFailed/b" });
    await vi.waitFor(async () => expect(await log()).toHaveLength(2), within);
    await ask("FLUSHALL");
    one.publish(firing("c"));
    await vi.waitFor(async () => expect(await firingNow()).toEqual(["PodFailed/c"]), within);
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
