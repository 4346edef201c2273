import { Readable } from "node:stream";
import { beforeEach, describe, expect, test } from "vitest";
import { ApiError, ConnectionError, DecodeError } from "../client/errors.ts";
import type { KubeObject } from "../resource/object.ts";
import {
  added,
  apiError,
  bookmark,
  type Call,
  clock,
  errorEvent,
  fakesForEachTest,
  initialEventsEnd,
  list,
  modified,
  pod,
  pods,
  server,
  settled,
  stop,
} from "./fakes.test.helper.ts";
import type { WatchItem } from "./item.ts";
import { type WatchOptions, watcher, watchStats } from "./watcher.ts";

fakesForEachTest();
const stats = watchStats();
beforeEach(() => {
  Object.assign(stats, watchStats());
});

/** Begins a watch that is read all the time; what came is in `items`. */
function watch(options: Partial<WatchOptions> = {}) {
  const items: WatchItem<KubeObject>[] = [];
  const running = (async () => {
    for await (const batch of watcher(given(options))) items.push(...batch);
  })();
  return { items, running };
}

function given(options: Partial<WatchOptions> = {}) {
  return { transport: server, resource: pods, clock, random: () => 0, stats, signal: stop.signal, ...options };
}

/** A watch that is in sync, by pages, at resourceVersion 10. */
async function synced(options: Partial<WatchOptions> = {}) {
  const watched = watch({ streamingLists: false, ...options });
  (await server.call()).answer(list("10", [pod("a", "5")]));
  return { ...watched, call: await server.call() };
}

/** The call that comes after a wait; none may come before it. */
async function callAfter(milliseconds: number): Promise<Call> {
  await clock.advance(milliseconds - 1);
  expect(server.waiting).toBe(0);
  await clock.advance(1);
  return server.call();
}

function types(items: readonly WatchItem<KubeObject>[]): string[] {
  return items.map((item) => (item.type === "error" ? `error: ${item.error.message}` : item.type));
}

describe("listing", () => {
  test("by a streaming list, which then is the watch", async () => {
    const { items } = watch();
    const call = await server.call();
    expect(call.query).toMatchObject({ sendInitialEvents: "true", allowWatchBookmarks: "true" });
    const stream = call.open().send(added(pod("a", "5")), initialEventsEnd("10"));
    await settled();
    stream.send(modified(pod("a", "11")));
    await settled();
    expect(types(items)).toEqual(["init", "init-apply", "init-done", "apply"]);
    expect(server.waiting).toBe(0);
  });

  test("by pages where the server refuses a streaming list, and it is not asked for one again", async () => {
    const { items } = watch({ pageSize: 1 });
    (await server.call()).fail(apiError(422, "Invalid"));
    const first = await server.call();
    expect(first.query).toEqual({ limit: "1" });
    first.answer(list("10", [pod("a", "5")], "token"));
    const second = await server.call();
    expect(second.query).toEqual({ limit: "1", continue: "token" });
    second.answer(list("10", [pod("b", "6")]));
    const stream = (await server.call()).open();
    expect(types(items)).toEqual(["init", "init", "init-apply", "init-apply", "init-done"]);

    stream.send(errorEvent(410, "Expired"));
    expect((await callAfter(800)).query).toEqual({ limit: "1" });
  });

  test("by pages where the server takes a streaming list for a plain watch and says no more", async () => {
    watch();
    const stream = (await server.call()).open().send(added(pod("a", "5")));
    const call = await callAfter(10_000);
    expect(call.query).toEqual({ limit: "500" });
    expect(stream.body.destroyed).toBe(true);
  });

  test("waits for the headers of a streaming list as long as for a watch", async () => {
    watch();
    const call = await server.call();
    await clock.advance(60_000);
    call.open().send(initialEventsEnd("10"));
    await settled();
    expect(server.waiting).toBe(0);
  });

  test("anew and whole when a continue token has expired", async () => {
    const { items } = watch({ streamingLists: false });
    (await server.call()).answer(list("10", [pod("a", "5")], "token"));
    (await server.call()).fail(apiError(410, "Expired"));
    const call = await callAfter(800);
    expect(call.query).toEqual({});
    call.answer(list("12", [pod("b", "6")]));
    await settled();
    expect(types(items)).toEqual(["init", "init-apply", "error: Expired", "init", "init-apply", "init-done"]);
  });

  test("gives items of a list the apiVersion and kind that a watch gives them", async () => {
    const { items } = watch({ streamingLists: false });
    (await server.call()).answer(list("10", [{ metadata: { name: "a" } }]));
    await settled();
    expect(items[1]).toEqual({
      type: "init-apply",
      object: { metadata: { name: "a" }, apiVersion: "v1", kind: "Pod" },
    });
  });
});

describe("watching", () => {
  test("from the list's resourceVersion, for 5 to 10 minutes", async () => {
    const { call } = await synced();
    expect(call.path).toBe("/api/v1/pods");
    expect(call.query).toMatchObject({ watch: "true", resourceVersion: "10", timeoutSeconds: "300" });
    call.open();
    const other = await synced({ random: () => 0.999_999 });
    expect(other.call.query).toMatchObject({ timeoutSeconds: "599" });
  });

  test("resumes a watch that the server ended, at once and without a word", async () => {
    const { call, items } = await synced();
    const stream = call.open().send(modified(pod("a", "11")), bookmark("15"));
    await clock.advance(300_000);
    stream.end();
    expect((await server.call()).query).toMatchObject({ watch: "true", resourceVersion: "15" });
    expect(types(items).slice(3)).toEqual(["apply", "bookmark"]);
    expect(stats).toMatchObject({ restarts: 1, lists: 1, errors: 0 });
  });

  test("resumes a broken connection after a wait, and does not list", async () => {
    const { call, items } = await synced();
    const stream = call.open().send(modified(pod("a", "11")));
    await settled();
    stream.cut();
    const again = await callAfter(800);
    expect(again.query).toMatchObject({ watch: "true", resourceVersion: "11" });
    again.fail(new ConnectionError("connect ECONNREFUSED"));
    expect((await callAfter(1600)).query).toMatchObject({ watch: "true", resourceVersion: "11" });
    expect(types(items).slice(4)).toEqual([
      "error: the watch connection broke: socket hang up",
      "error: connect ECONNREFUSED",
    ]);
    expect(items[4]).toMatchObject({ error: expect.any(ConnectionError), retryIn: 800 });
    expect(stats).toMatchObject({ restarts: 2, lists: 1, errors: 2 });
  });

  test("takes an end in the middle of a line for a broken connection", async () => {
    const { call, items } = await synced();
    call
      .open()
      .send(modified(pod("a", "11")))
      .sendText('{"type":"MODI')
      .end();
    expect((await callAfter(800)).query).toMatchObject({ resourceVersion: "11" });
    expect(items.at(-1)).toMatchObject({ type: "error", error: expect.any(ConnectionError) });
  });

  test.each([
    ["on the start", (call: Call) => call.fail(apiError(410, "Expired"))],
    ["as an event", (call: Call) => call.open().send(errorEvent(410, "Expired"))],
  ])("lists again after a 410 %s", async (_, expire) => {
    const { call, items } = await synced();
    expire(call);
    const again = await callAfter(800);
    expect(again.query).toEqual({ limit: "500" });
    again.answer(list("50", []));
    expect((await server.call()).query).toMatchObject({ resourceVersion: "50" });
    expect(types(items).slice(3)).toEqual(["error: Expired", "init", "init-done"]);
    expect(stats).toMatchObject({ lists: 2, errors: 1 });
  });

  test("lists again when two watches end at once with nothing", async () => {
    const { call } = await synced();
    call.open().end();
    (await callAfter(800)).open().end();
    expect((await callAfter(1600)).query).toEqual({ limit: "500" });
  });

  test("tells of a line that is not JSON, and keeps what came before it", async () => {
    const { call, items } = await synced();
    call
      .open()
      .send(modified(pod("a", "11")))
      .sendText("<html>\n");
    expect((await callAfter(800)).query).toMatchObject({ resourceVersion: "11" });
    expect(items.slice(3)).toMatchObject([{ type: "apply" }, { type: "error", error: expect.any(DecodeError) }]);
  });

  test("obeys Retry-After", async () => {
    const { call, items } = await synced();
    call.fail(apiError(429, "TooManyRequests", 17));
    await callAfter(17_000);
    expect(items.at(-1)).toMatchObject({ type: "error", error: expect.any(ApiError), retryIn: 17_000 });
  });
});

describe("a connection that says nothing", () => {
  test("is dead 5 s after the server should have ended it", async () => {
    const { call, items } = await synced({ timeoutSeconds: 15 });
    const stream = call.open();
    await clock.advance(19_999);
    expect(stream.body.destroyed).toBe(false);
    await clock.advance(1);
    expect(stream.body.destroyed).toBe(true);
    expect(items.at(-1)).toMatchObject({
      type: "error",
      error: { message: expect.stringMatching(/nothing heard for 20 s/) },
    });
    expect((await callAfter(800)).query).toMatchObject({ resourceVersion: "10" });
  });

  test.each([
    ["a bookmark", JSON.stringify(bookmark("20"))],
    ["half an event", '{"type":"ADD'],
  ])("is alive with %s", async (_, text) => {
    const { call } = await synced({ timeoutSeconds: 15 });
    const stream = call.open();
    await clock.advance(19_000);
    stream.sendText(text);
    await clock.advance(19_999);
    expect(stream.body.destroyed).toBe(false);
  });

  test("is dead before its headers, too", async () => {
    const { items } = await synced({ timeoutSeconds: 15 });
    await clock.advance(20_000);
    expect(types(items).at(-1)).toMatch(/nothing heard for 20 s/);
    expect((await callAfter(800)).query).toMatchObject({ resourceVersion: "10" });
  });

  test("is seen from outside by when it was last heard", async () => {
    const { call } = await synced();
    const stream = call.open();
    const before = clock.now();
    await clock.advance(40_000);
    expect(stats.lastHeard).toBe(before);
    stream.send(bookmark("20"));
    await settled();
    expect(stats.lastHeard).toBe(clock.now());
  });
});

describe("a slow consumer", () => {
  test("holds the server back", async () => {
    const line = Buffer.from(`${JSON.stringify(bookmark("20"))}\n`);
    let sent = 0;
    const body = new Readable({
      highWaterMark: 8 * line.length,
      read() {
        sent++;
        this.push(line);
      },
    });
    const batches = watcher(given({ streamingLists: false }));
    const first = batches.next();
    await first;
    const second = batches.next();
    (await server.call()).answer(list("10", []));
    await second;
    const third = batches.next();
    (await server.call()).stream(body);
    await third;
    await settled();
    const held = sent;
    expect(held).toBeLessThan(40);
    await settled();
    expect(sent).toBe(held);
    for (let count = 0; count < 100; count++) await batches.next();
    expect(sent).toBeGreaterThan(100);
  });

  test("is not taken for a dead connection", async () => {
    const batches = watcher(given({ streamingLists: false, timeoutSeconds: 15 }));
    await batches.next();
    const listed = batches.next();
    (await server.call()).answer(list("10", []));
    await listed;
    const event = batches.next();
    const stream = (await server.call()).open().send(bookmark("20"));
    await event;
    await clock.advance(3_600_000);
    expect(stream.body.destroyed).toBe(false);
    const next = batches.next();
    stream.send(bookmark("21"));
    expect(await next).toEqual({ done: false, value: [{ type: "bookmark", resourceVersion: "21" }] });
  });
});

describe("stopping", () => {
  test("by the signal returns and destroys the connection", async () => {
    const { call, running } = await synced();
    const stream = call.open();
    await settled();
    stop.abort();
    await running;
    expect(stream.body.destroyed).toBe(true);
    expect(call.options.signal?.aborted).toBe(true);
  });

  test("by the signal destroys the connection at once while the consumer is busy", async () => {
    const batches = watcher(given());
    await batches.next();
    const listed = batches.next();
    const stream = (await server.call()).open().send(initialEventsEnd("10"));
    await listed;
    stop.abort();
    expect(stream.body.destroyed).toBe(true);
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });

  test.each([
    ["while a page is on its way", async () => void (await server.call())],
    ["while it waits after a failure", async () => (await server.call()).fail(new ConnectionError("refused"))],
  ])("by the signal %s", async (_, begin) => {
    const { running } = watch({ streamingLists: false });
    await begin();
    await settled();
    stop.abort();
    await running;
  });

  test("by the signal before the start does nothing", async () => {
    stop.abort();
    await watch().running;
    expect(server.waiting).toBe(0);
  });

  test("by leaving the loop destroys the connection", async () => {
    let stream: Readable | undefined;
    const answering = server.call().then((call) => {
      const opened = call.open().send(initialEventsEnd("10"));
      stream = opened.body;
    });
    for await (const [first] of watcher(given())) if (first?.type === "init-done") break;
    await answering;
    expect(stream?.destroyed).toBe(true);
  });
});

test("many watchers on one signal make Node warn of nothing", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on("warning", note);
  for (let count = 0; count < 20; count++) {
    watch();
    (await server.call()).open();
  }
  await settled();
  process.off("warning", note);
  expect(warnings).toEqual([]);
});

test("a namespace for a resource that has none is thrown, not retried", async () => {
  const nodes = { ...pods, plural: "nodes", kind: "Node", namespaced: false };
  await expect(watch({ resource: nodes, namespace: "shop" }).running).rejects.toThrow(/nodes are cluster-wide/);
});
