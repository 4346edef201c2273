import { beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../resource/object.ts";
import type { Event } from "../types/events/v1.ts";
import { apiError, type Call, FakeClock, FakeTransport, pod } from "../watch/fakes.test.helper.ts";
import { type NewEvent, Recorder } from "./events.ts";

let clock: FakeClock;
let server: FakeTransport;
let recorder: Recorder;

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeTransport();
  // 2026-01-01T00:00:00.000123Z when the clock is at its start.
  const wallClock = () => Date.UTC(2026, 0, 1) - 1_000_000 + 0.1235 + clock.now();
  recorder = new Recorder({ client: server, controller: "hider", instance: "hider-0", clock, wallClock });
});

const hiding: NewEvent = { type: "Normal", reason: "HideRequested", action: "Hiding", note: "Hiding `a`" };

/** Publishes, answers the request, and tells which it was. */
async function publish(event: NewEvent = hiding, object: KubeObject = pod("a", "1")) {
  const publishing = recorder.publish(event, object);
  const call = await server.call();
  answer(call);
  return { result: await publishing, method: call.method, path: call.path, body: call.body as Event };
}

function answer(call: Call, name = "a-12345"): void {
  call.answer({ metadata: { name } });
}

test("creates an event as the API wants it", async () => {
  const object = { ...pod("a", "1") };
  const related = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
  const { result, method, path, body } = await publish({ ...hiding, related }, object);
  expect([result, method, path]).toEqual(["created", "POST", "/apis/events.k8s.io/v1/namespaces/shop/events"]);
  expect(body).toMatchObject({
    metadata: { generateName: "a-" },
    type: "Normal",
    reason: "HideRequested",
    action: "Hiding",
    note: "Hiding `a`",
    regarding: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "a", uid: "uid-of-a" },
    related: { apiVersion: "v1", kind: "Node", name: "n" },
    eventTime: "2026-01-01T00:00:00.000123Z",
    reportingController: "hider",
    reportingInstance: "hider-0",
  });
  expect(body).not.toHaveProperty("series");
});

test("an object without a namespace, and one whose name an event may not have", async () => {
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "system:x" } };
  const { path, body } = await publish(hiding, role);
  expect(path).toBe("/apis/events.k8s.io/v1/namespaces/default/events");
  expect(body.metadata.generateName).toBe("event-");
  await expect(recorder.publish(hiding, { metadata: { name: "a" } })).rejects.toThrow(TypeError);
});

test("the same within six minutes is a repetition, from the last time on", async () => {
  await publish();
  await clock.advance(359_000);
  const second = await publish(hiding, pod("a", "2"));
  expect([second.result, second.method, second.path]).toEqual([
    "repeated",
    "PATCH",
    "/apis/events.k8s.io/v1/namespaces/shop/events/a-12345",
  ]);
  expect(second.body).toEqual({ series: { count: 2, lastObservedTime: "2026-01-01T00:05:59.000123Z" } });
  await clock.advance(359_000);
  expect((await publish()).body).toMatchObject({ series: { count: 3 } });
  await clock.advance(360_000);
  expect((await publish()).result).toBe("created");
});

test("what differs in anything is another event", async () => {
  await publish();
  for (const other of [{ type: "Warning" as const }, { reason: "X" }, { action: "X" }, { note: "X" }]) {
    expect((await publish({ ...hiding, ...other })).result).toBe("created");
  }
  expect((await publish(hiding, pod("b", "1"))).result).toBe("created");
  expect((await publish(hiding, pod("a", "1", "another"))).result).toBe("created");
});

test("of several at once the first creates what the others repeat", async () => {
  const publishing = [recorder.publish(hiding, pod("a", "1")), recorder.publish(hiding, pod("a", "1"))];
  answer(await server.call());
  const repetition = await server.call();
  expect(repetition.method).toBe("PATCH");
  answer(repetition);
  expect(await Promise.all(publishing)).toEqual(["created", "repeated"]);
});

test.each([
  ["refused", apiError(403, "Forbidden")],
  ["about an event that is gone", apiError(404, "NotFound")],
])("a repetition that is %s is another event", async (_, error) => {
  await publish();
  const publishing = recorder.publish(hiding, pod("a", "1"));
  (await server.call()).fail(error);
  const call = await server.call();
  expect(call.method).toBe("POST");
  expect(call.body).not.toHaveProperty("series");
  answer(call);
  expect(await publishing).toBe("created");
});

test("a failure is the caller's, and does not stop the next", async () => {
  const failed = expect(recorder.publish(hiding, pod("a", "1"))).rejects.toMatchObject({ code: 500 });
  (await server.call()).fail(apiError(500, "InternalError"));
  await failed;
  const next = await publish();
  expect([next.result, next.body.series?.count]).toEqual(["created", 2]);
});

test("too many about one object are dropped but counted, and others are not", async () => {
  for (let count = 1; count <= 25; count++) await publish();
  expect(await recorder.publish(hiding, pod("a", "1"))).toBe("dropped");
  expect(await recorder.publish({ ...hiding, reason: "X" }, pod("a", "1"))).toBe("dropped");
  expect((await publish(hiding, pod("b", "1"))).result).toBe("created");
  await clock.advance(299_999);
  expect(await recorder.publish(hiding, pod("a", "1"))).toBe("dropped");
  await clock.advance(1);
  expect((await publish()).body.series?.count).toBe(28);
  expect(await recorder.publish(hiding, pod("a", "1"))).toBe("dropped");
  expect(server.waiting).toBe(0);
});

test("a note is cut to what the API takes, at the end of a character", async () => {
  const note = "ü".repeat(600);
  const { body } = await publish({ ...hiding, note });
  expect(body.note).toBe(`${"ü".repeat(510)}…`);
  expect(Buffer.byteLength(String(body.note))).toBeLessThanOrEqual(1024);
  expect((await publish({ ...hiding, note: "ü".repeat(512) })).body.note).toBe("ü".repeat(512));
});
