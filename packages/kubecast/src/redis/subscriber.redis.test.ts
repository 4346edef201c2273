import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RedisServer, startRedisServer } from "../embedded/redis-server.ts";
import { firing, resolved } from "./changes.test.support.ts";
import { RedisConnection, RedisError } from "./connection.ts";
import { channelOf, keysOf } from "./keys.ts";
import { Publisher } from "./publisher.ts";
import { findClusters, type SubscribeOptions, type SubscriberItem, subscribe } from "./subscriber.ts";

const cluster = "test";
const keys = keysOf(cluster);
let redis: RedisServer;
let stop: AbortController;
let publisher: Publisher;
let publishing: Promise<void>;

beforeEach(async () => {
  redis = await startRedisServer();
  stop = new AbortController();
  await startPublisher({ maxLength: 1_000_000 });
});
afterEach(async () => {
  stop.abort();
  await publishing;
  await redis.stop();
});

async function startPublisher(trim: { maxLength: number }): Promise<void> {
  publisher = new Publisher({
    url: redis.url,
    cluster,
    holder: `holder-${Math.random()}`,
    trim,
    outboxLimit: 1_000_000,
    probeInterval: 20,
    report: () => {},
  });
  await publisher.start();
  publishing = publisher.run(stop.signal);
  publishing.catch(() => {}); // awaited at the end
}

async function ask(...args: string[]): Promise<unknown> {
  const connection = new RedisConnection(redis.url);
  try {
    return await connection.command(...args);
  } finally {
    connection.close();
  }
}

/** Waits until so many transitions are in the log. */
async function published(count: number): Promise<void> {
  await expect.poll(() => ask("GET", keys.seq), { timeout: 20_000, interval: 10 }).toBe(String(count));
}

/** A subscription that is read item by item, and what it brought. */
function reader(options: Partial<SubscribeOptions> = {}) {
  const signal = options.signal ?? stop.signal;
  const generator = subscribe({ url: redis.url, cluster, ...options, signal });
  const items: SubscriberItem[] = [];
  const next = async (): Promise<SubscriberItem> => {
    const { value, done } = await generator.next();
    if (done) throw new Error("the subscription ended");
    items.push(value);
    return value;
  };
  const until = async (wanted: (item: SubscriberItem) => boolean): Promise<SubscriberItem> => {
    for (;;) {
      const item = await next();
      if (wanted(item)) return item;
    }
  };
  return { generator, items, next, until };
}

/** An item in short. */
function brief(item: SubscriberItem): string {
  switch (item.type) {
    case "snapshot":
      return `snapshot ${item.firing.map(({ event }) => event.data.object.uid).join(",")}`;
    case "message":
      return `${item.filled ? "filled" : "message"} ${item.message.sequence} ${item.message.event.data.status} ${item.message.event.data.object.uid}`;
    case "gap":
      return `gap ${item.from}-${item.to} lost ${item.lost}`;
    default:
      return item.type;
  }
}
const isMessage = (sequence: number) => (item: SubscriberItem) =>
  item.type === "message" && item.message.sequence === sequence;

/** The numbers of all messages that a reader saw. */
function numbers(items: readonly SubscriberItem[]): number[] {
  return items.flatMap((item) => (item.type === "message" ? [item.message.sequence] : []));
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("subscribe", () => {
  it("gives what fires now, then what comes", async () => {
    for (const change of [firing("a"), firing("b"), firing("c"), resolved("b")]) publisher.publish(change);
    await published(4);
    const { next } = reader();
    expect(brief(await next())).toBe("snapshot a,c");
    publisher.publish(resolved("a"));
    publisher.publish(firing("d"));
    expect(brief(await next())).toBe("message 5 resolved a");
    expect(brief(await next())).toBe("message 6 firing d");
  });

  it("gives an empty snapshot of a Redis that holds nothing", async () => {
    await stopPublisher();
    await ask("FLUSHALL");
    const { next } = reader({ signal: new AbortController().signal });
    expect(await next()).toEqual({ type: "snapshot", firing: [], history: [] });
  });

  it("misses nothing and repeats nothing of what flows while it begins", async () => {
    const total = 20_000;
    const flow = (async () => {
      for (let index = 0; index < total; index += 1) {
        publisher.publish(firing(`u${index}`));
        if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const readers = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        await expect
          .poll(async () => Number(await ask("GET", keys.seq)), { interval: 1, timeout: 20_000 })
          .toBeGreaterThan(index * 1_000);
        const one = reader();
        const snapshot = await one.next();
        if (snapshot.type !== "snapshot") throw new Error(`${snapshot.type} instead of a snapshot`);
        const covered = snapshot.firing.length;
        expect(snapshot.firing.map(({ sequence }) => sequence)).toEqual(range(1, covered));
        if (covered < total) await one.until(isMessage(total));
        expect(numbers(one.items)).toEqual(range(covered + 1, total));
        return one.items.filter(({ type }) => type === "gap").length;
      }),
    );
    await flow;
    // Nothing was lost on the way, so nothing had to be read from the log either.
    expect(readers).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("says what a killed connection missed and reads it from the log, while messages flow", async () => {
    const { next, items, until } = reader();
    await next();
    const total = 6_000;
    const flow = (async () => {
      for (let index = 0; index < total; index += 1) {
        publisher.publish(firing(`u${index}`));
        if (index % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        if (index % 2_000 === 1_000) await ask("CLIENT", "KILL", "TYPE", "pubsub");
      }
    })();
    await until(isMessage(total));
    await flow;
    expect(numbers(items)).toEqual(range(1, total));
    expect(items.some(({ type }) => type === "disconnected")).toBe(true);
    const gaps = items.filter((item) => item.type === "gap");
    expect(gaps.length).toBeGreaterThan(0);
    expect(gaps.map(({ lost }) => lost)).toEqual(gaps.map(() => 0));
    const filled = items.flatMap((item) => (item.type === "message" && item.filled ? [item.message.sequence] : []));
    expect(filled).toEqual(gaps.flatMap(({ from, to }) => range(from, to)));
  });

  it("says nothing of a gap when nothing was missed", async () => {
    const { next, items, until } = reader();
    publisher.publish(firing("a"));
    await published(1);
    await next();
    await ask("CLIENT", "KILL", "TYPE", "pubsub");
    expect(brief(await next())).toBe("disconnected");
    const following = until(isMessage(2));
    await expect.poll(() => ask("PUBSUB", "NUMPAT"), { interval: 10 }).toBe(1);
    publisher.publish(resolved("a"));
    await following;
    expect(items.map(brief)).toEqual(["snapshot a", "disconnected", "message 2 resolved a"]);
  });

  it("counts what the log does not hold any more", async () => {
    const { next, items, until } = reader();
    await next();
    publisher.publish(firing("u0"));
    await until(isMessage(1));
    await ask("CLIENT", "KILL", "TYPE", "pubsub");
    for (let index = 1; index < 1_500; index += 1) publisher.publish(firing(`u${index}`));
    await published(1_500);
    await ask("XTRIM", keys.log, "MAXLEN", "=", "700");
    await until(isMessage(1_500));
    expect(items.slice(2, 4).map(brief)).toEqual(["disconnected", "gap 2-1500 lost 799"]);
    expect(numbers(items)).toEqual([1, ...range(801, 1_500)]);
  });

  it("goes on behind a log that is empty", async () => {
    const { next, items, until } = reader();
    await next();
    await ask("CLIENT", "KILL", "TYPE", "pubsub");
    expect(brief(await next())).toBe("disconnected");
    for (const uid of ["a", "b", "c"]) publisher.publish(firing(uid));
    await published(3);
    await ask("XTRIM", keys.log, "MAXLEN", "=", "0");
    const following = until(isMessage(4));
    await expect.poll(() => ask("PUBSUB", "NUMPAT"), { interval: 10 }).toBe(1);
    publisher.publish(firing("d"));
    await following;
    expect(items.slice(1).map(brief)).toEqual(["disconnected", "gap 1-3 lost 3", "message 4 firing d"]);
  });

  it("begins anew when Redis lost its data", async () => {
    for (const uid of ["a", "b"]) publisher.publish(firing(uid));
    publisher.publish(resolved("a"));
    await published(3);
    const { next, items, until } = reader();
    await next();
    await ask("FLUSHALL");
    const reset = await until(({ type }) => type === "snapshot");
    expect(items.map(brief)).toEqual(["snapshot b", "reset", "snapshot b"]);
    expect(reset).toMatchObject({ firing: [{ sequence: 1 }] });
    publisher.publish(firing("c"));
    expect(brief(await next())).toBe("message 2 firing c");
  });

  it("begins anew when Redis lost its data while the connection was away, though the numbers went on", async () => {
    const { next, items, until } = reader();
    await next();
    for (const uid of ["a", "b"]) publisher.publish(firing(uid));
    publisher.publish(resolved("a"));
    await until(isMessage(3));
    await ask("CLIENT", "KILL", "TYPE", "pubsub");
    expect(brief(await next())).toBe("disconnected");
    await ask("FLUSHALL");
    await published(1);
    for (const uid of ["c", "d", "e"]) publisher.publish(firing(uid));
    await published(4);
    await until(({ type }) => type === "snapshot");
    expect(items.slice(-2).map(brief)).toEqual(["reset", "snapshot b,c,d,e"]);
  });

  it("gives the history that is asked for, and nothing of it twice", async () => {
    for (const change of [firing("a"), resolved("a"), firing("b")]) publisher.publish(change);
    await published(3);
    const { next } = reader({ since: 3_600_000 });
    const snapshot = await next();
    expect(snapshot).toMatchObject({ type: "snapshot", history: [{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }] });
    publisher.publish(firing("c"));
    expect(brief(await next())).toBe("message 4 firing c");
    expect(await reader({ since: 0 }).next()).toMatchObject({ history: [] });
    expect(await reader({ since: Number.MAX_SAFE_INTEGER }).next()).toMatchObject({ history: [{}, {}, {}, {}] });
  });

  it("ignores what others put on its channels, into its log and into its state", async () => {
    publisher.publish(firing("a"));
    await published(1);
    const { next } = reader();
    await next();
    const ours = JSON.parse((await ask("HGET", keys.conditions, "PodFailed/a")) as string) as Record<string, unknown>;
    const foreign = [
      "",
      "hello",
      "null",
      "[]",
      "{}",
      '{"sequence":"7"}',
      ...[null, "", "-1", "0", "1e3", "7.5", 7, {}].map((sequence) => JSON.stringify({ ...ours, sequence })),
      JSON.stringify({ ...ours, sequence: "7", source: "/kubecast/other" }),
      JSON.stringify({ ...ours, sequence: "7", data: null }),
    ];
    for (const text of foreign) {
      await ask("PUBLISH", channelOf(cluster, "shop", "PodFailed"), text);
      await ask("XADD", keys.log, "*", "event", text);
    }
    publisher.publish(firing("b"));
    expect(brief(await next())).toBe("message 2 firing b");
    const later = reader({ since: 3_600_000 });
    expect(await later.next()).toMatchObject({ history: [{ sequence: 1 }, { sequence: 2 }] });
  });

  it("reads what a slow reader could not hold from the log", async () => {
    const { next, items, until } = reader();
    await next();
    const total = 12_000;
    for (let index = 0; index < total; index += 1) publisher.publish(firing(`u${index}`));
    await published(total);
    // The reader rests until Redis has sent it all.
    await expect.poll(() => ask("CLIENT", "LIST", "TYPE", "pubsub"), { interval: 20 }).toMatch(/ omem=0 /);
    await until(isMessage(total));
    expect(numbers(items)).toEqual(range(1, total));
    expect(brief(items.find(({ type }) => type === "gap")!)).toBe("gap 10001-12000 lost 0");
    publisher.publish(firing("last"));
    expect(brief(await next())).toBe("message 12001 firing last");
  });

  it("ends promptly when it is aborted, whatever it waits for", async () => {
    const waiting = new AbortController();
    const one = reader({ signal: waiting.signal });
    await one.next();
    const ended = one.generator.next();
    waiting.abort();
    expect(await ended).toEqual({ done: true, value: undefined });

    const connecting = new AbortController();
    const two = reader({ signal: connecting.signal });
    const begun = two.generator.next();
    connecting.abort();
    expect(await begun).toEqual({ done: true, value: undefined });

    const three = reader({ signal: AbortSignal.abort() });
    expect(await three.generator.next()).toEqual({ done: true, value: undefined });
    await expect
      .poll(async () => String(await ask("CLIENT", "LIST", "TYPE", "pubsub")).trim(), { interval: 10 })
      .toBe("");
  });

  it("ends promptly between attempts to connect", async () => {
    const abort = new AbortController();
    const { next, generator } = reader({ signal: abort.signal });
    await next();
    await stopPublisher();
    await redis.kill();
    expect(brief(await next())).toBe("disconnected");
    const began = performance.now();
    const ended = generator.next();
    abort.abort();
    expect(await ended).toEqual({ done: true, value: undefined });
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it("closes its connection when its reader leaves", async () => {
    for await (const item of subscribe({ url: redis.url, cluster, signal: stop.signal })) {
      expect(item.type).toBe("snapshot");
      break;
    }
    await expect
      .poll(async () => String(await ask("CLIENT", "LIST", "TYPE", "pubsub")).trim(), { interval: 10 })
      .toBe("");
  });

  it("comes back when Redis does, and says once that it was away", async () => {
    const { next, items, until } = reader();
    await next();
    for (const change of [firing("a"), firing("b"), resolved("a")]) publisher.publish(change);
    await until(isMessage(3));
    const again = until((item) => item.type !== "disconnected" && brief(item).endsWith(" b"));
    await redis.restart(); // it kept nothing
    await again;
    const after = items.slice(4).map(brief);
    expect([
      ["disconnected", "reset", "snapshot b"],
      ["disconnected", "reset", "snapshot ", "message 1 firing b"],
    ]).toContainEqual(after);
  });

  it("notices a Redis that does not answer any more", async () => {
    const { next } = reader({ patience: 100 });
    await next();
    process.kill(redis.pid, "SIGSTOP");
    try {
      expect(brief(await next())).toBe("disconnected");
    } finally {
      process.kill(redis.pid, "SIGCONT");
    }
    publisher.publish(firing("a"));
    await expect.poll(async () => brief(await next())).toMatch(/^(message|filled) 1 firing a$/);
  });

  it("throws where nothing answers at first, without the password", async () => {
    const url = "redis://user:hunter2@127.0.0.1:1";
    const failed = subscribe({ url, cluster, signal: stop.signal }).next();
    await expect(failed).rejects.toThrow(RedisError);
    await expect(failed).rejects.toThrow(/nothing answers/);
    await expect(failed).rejects.not.toThrow(/hunter2/);
  });
});

describe("findClusters", () => {
  it("names those that have published", async () => {
    expect(await findClusters(redis.url)).toEqual(["test"]);
    await ask("HSET", keysOf("another").epoch, "epoch", "1");
    expect(await findClusters(redis.url)).toEqual(["another", "test"]);
  });
});

async function stopPublisher(): Promise<void> {
  stop.abort();
  await publishing;
  stop = new AbortController();
}
