import { afterEach, expect, test, vi } from "vitest";
import { ConnectionError } from "../client/errors.ts";
import type { KubeObject } from "../resource/object.ts";
import {
  added,
  type Call,
  clock,
  deleted,
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
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A streaming list of a and b, of which c came and went; then the call that checks it, and what the watch tells from there on. */
async function streamed(options: Partial<WatchOptions> = { checkLists: true }) {
  const stats = watchStats();
  const given = { transport: server, resource: pods, clock, random: () => 0, stats, ...options, signal: stop.signal };
  const items: WatchItem<KubeObject>[] = [];
  void (async () => {
    for await (const batch of watcher<KubeObject>(given)) items.push(...batch);
  })();
  const stream = (await server.call()).open();
  stream.send(added(pod("a", "1")), added(pod("b", "2")), added(pod("c", "3")), deleted(pod("c", "4")));
  stream.send(initialEventsEnd("10"), modified(pod("a", "11")));
  await settled();
  return { stream, stats, items };
}
async function told(call: Call, ...objects: KubeObject[]): Promise<void> {
  call.answer(list("10", objects));
  await settled();
}
const errors = (items: WatchItem<KubeObject>[]) =>
  items.flatMap((item) => (item.type === "error" ? [`${item.error.message} (${item.retryIn} ms)`] : []));

test("a streaming list that is what the server lists at its version is no news, and is compared once", async () => {
  const { stream, stats, items } = await streamed({ checkLists: true, labelSelector: "app=a" });
  const call = await server.call();
  expect(call.path).toBe("/api/v1/pods");
  expect(call.query).toEqual({ labelSelector: "app=a", resourceVersion: "10", resourceVersionMatch: "Exact" });
  await told(call, pod("b", "2"), pod("a", "1"));
  stream.send(modified(pod("a", "12")));
  await settled();
  expect(items.at(-1)).toEqual({ type: "apply", object: pod("a", "12") });
  expect(errors(items)).toEqual([]);
  expect(stats.errors).toBe(0);
  expect(server.waiting).toBe(0);
});

const is = "the streaming list at 10, of 2 objects, is not the list of";
test.each<[string, KubeObject[], string]>([
  [
    "lacks an object",
    [pod("a", "1"), pod("b", "2"), pod("c", "3")],
    `${is} 3 objects that the server has there: 1 are missing or in another state, 0 should not be there, such as shop/c`,
  ],
  [
    "has one too many",
    [pod("a", "1")],
    `${is} 1 objects that the server has there: 0 are missing or in another state, 1 should not be there, such as shop/b`,
  ],
  [
    "has an old state of one",
    [pod("a", "1"), pod("b", "9")],
    `${is} 2 objects that the server has there: 1 are missing or in another state, 0 should not be there, such as shop/b`,
  ],
])("one that %s is an error, and the watch goes on", async (_, objects, message) => {
  const { stream, stats, items } = await streamed();
  await told(await server.call(), ...objects);
  expect(errors(items)).toEqual([`${message} (0 ms)`]);
  expect(stats).toMatchObject({ errors: 1, lists: 1 });
  stream.send(modified(pod("a", "12")));
  await settled();
  expect(items.at(-1)).toEqual({ type: "apply", object: pod("a", "12") });
});

test("one that cannot be compared is an error, too", async () => {
  const { items } = await streamed();
  (await server.call()).fail(new ConnectionError("refused"));
  await settled();
  expect(errors(items)).toEqual(["the streaming list at 10 could not be checked: refused (0 ms)"]);
});

test("nothing is compared unless one asks, or the environment does", async () => {
  vi.stubEnv("KUBE_WATCHLIST_INCONSISTENCY_DETECTOR", undefined);
  await streamed({});
  expect(server.waiting).toBe(0);
  vi.stubEnv("KUBE_WATCHLIST_INCONSISTENCY_DETECTOR", "true");
  await streamed({ checkLists: false });
  expect(server.waiting).toBe(0);
  await streamed({});
  await told(await server.call(), pod("a", "1"), pod("b", "2"));
});

test("a list that came in pages is what the server lists", async () => {
  vi.stubEnv("KUBE_WATCHLIST_INCONSISTENCY_DETECTOR", "true");
  const given = { transport: server, resource: pods, clock, streamingLists: false, signal: stop.signal };
  void (async () => {
    for await (const _ of watcher(given)) {
      // What it brings is nothing to this test.
    }
  })();
  (await server.call()).answer(list("10", [pod("a", "1")]));
  expect((await server.call()).query).toMatchObject({ watch: "true" });
  expect(server.waiting).toBe(0);
});
