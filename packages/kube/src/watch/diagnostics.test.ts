import { afterEach, beforeEach, expect, test } from "vitest";
import { diagnostics, type WatchMessage } from "../client/diagnostics.ts";
import {
  added,
  apiError,
  clock,
  errorEvent,
  fakesForEachTest,
  initialEventsEnd,
  list,
  pod,
  pods,
  server,
  settled,
  stop,
} from "./fakes.test.helper.ts";
import { type WatchOptions, watcher } from "./watcher.ts";

fakesForEachTest();
let told: WatchMessage[];
const listener = (message: WatchMessage) => told.push(message);

beforeEach(() => {
  told = [];
  diagnostics.watch.subscribe(listener);
});
afterEach(() => {
  diagnostics.watch.unsubscribe(listener);
});

/** Runs until the test is over. */
async function watch(options: Partial<WatchOptions>): Promise<void> {
  const given = { transport: server, resource: pods, clock, random: () => 0, signal: stop.signal, ...options };
  for await (const _ of watcher(given)) {
    // What it brings is nothing to this test.
  }
}

const types = () => told.map(({ type }) => type);

test("a watch tells when it is listed, opened, resumed, ended, and of its errors without their words", async () => {
  const running = watch({ streamingLists: false, namespace: "shop", labelSelector: "s3cr3t" });
  (await server.call()).answer(list("10", [pod("a", "5")]));
  const first = (await server.call()).open();
  await clock.advance(5_000);
  first.end();
  (await server.call()).fail(apiError(503, "Busy"));
  await settled();
  expect(types()).toEqual(["listed", "opened", "ended", "resumed", "error"]);
  await clock.advance(1_000);
  (await server.call()).open().send(errorEvent(410, "Expired", "s3cr3t"));
  await settled();
  await clock.advance(2_000);
  (await server.call()).answer(list("20", []));
  await server.call();
  expect(types().slice(5)).toEqual(["resumed", "error", "listed", "opened"]);
  const resource = { group: "", version: "v1", plural: "pods" };
  expect(told[4]).toEqual({
    ...{ resource, namespace: "shop", type: "error" },
    ...{ error: { name: "ApiError", code: 503, reason: "Busy" }, retryIn: 800 },
  });
  expect(JSON.stringify(told)).not.toContain("s3cr3t");
  stop.abort();
  await running;
});

test("a streaming list is opened, then listed", async () => {
  const running = watch({});
  (await server.call()).open().send(added(pod("a", "5")), initialEventsEnd("10"));
  await settled();
  expect(types()).toEqual(["opened", "listed"]);
  expect(told[0]?.namespace).toBeUndefined();
  stop.abort();
  await running;
});
