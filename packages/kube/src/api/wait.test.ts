import { beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../resource/object.ts";
import {
  added,
  apiError,
  deleted,
  FakeClock,
  FakeTransport,
  initialEventsEnd,
  modified,
  pod,
  settled,
} from "../watch/fakes.test.helper.ts";
import { Api } from "./api.ts";
import { isDeleted } from "./conditions.ts";
import { waitFor } from "./wait.ts";

let clock: FakeClock;
let server: FakeTransport;
let pods: Api<KubeObject>;

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeTransport();
  pods = (Api.v1Pod(server) as Api<KubeObject>).within("shop");
});

const has =
  (version: string) =>
  (object: KubeObject | undefined): boolean =>
    object?.metadata.resourceVersion === version;

test("resolves with the object as it met the condition, be it for a moment", async () => {
  const waiting = waitFor(pods, "a", has("3"), { clock });
  const call = await server.call();
  expect(call.path).toBe("/api/v1/namespaces/shop/pods");
  expect(call.query).toMatchObject({ fieldSelector: "metadata.name=a" });
  const stream = call.open().send(added(pod("a", "1")), initialEventsEnd("1"));
  await settled();
  stream.send(modified(pod("a", "2")), modified(pod("a", "3")), modified(pod("a", "4")));
  expect(await waiting).toEqual(pod("a", "3"));
  await settled();
  expect(stream.body.destroyed).toBe(true);
  expect(clock.pending).toBe(0);
});

test("nothing is known before the list is whole; then what is not there is gone", async () => {
  let over = false;
  const waiting = waitFor(pods, "a", isDeleted("uid-of-a"), { clock }).finally(() => {
    over = true;
  });
  const stream = (await server.call()).open().send(added(pod("a", "1")));
  await settled();
  expect(over).toBe(false);
  stream.send(deleted(pod("a", "2")), initialEventsEnd("2"));
  expect(await waiting).toBeUndefined();
});

test("rejects when the time is up, and says why it did not get to know", async () => {
  const waiting = expect(waitFor(pods, "a", has("2"), { timeout: 5_000, clock })).rejects.toMatchObject({
    name: "WaitTimeoutError",
    message: 'pods "a" did not meet the condition within 5000 ms',
    cause: apiError(503, "ServiceUnavailable"),
  });
  (await server.call()).fail(apiError(503, "ServiceUnavailable"));
  await clock.advance(5_000);
  await waiting;
  expect(clock.pending).toBe(0);
});

test("rejects when the signal aborts, before and while it waits", async () => {
  const stop = new AbortController();
  const waiting = expect(waitFor(pods, "a", has("2"), { clock, signal: stop.signal })).rejects.toThrow("enough");
  (await server.call()).open();
  stop.abort(new Error("enough"));
  await waiting;
  await expect(waitFor(pods, "a", has("2"), { clock, signal: stop.signal })).rejects.toThrow("enough");
  expect(server.waiting).toBe(0);
});

test("rejects where there is no such resource, or it may not be watched", async () => {
  for (const error of [apiError(404, "NotFound"), apiError(403, "Forbidden")]) {
    const waiting = expect(waitFor(pods, "a", has("2"), { clock })).rejects.toBe(error);
    (await server.call()).fail(error);
    await waiting;
  }
});

test("rejects where a server cannot answer with metadata alone, neither by a stream nor by a list", async () => {
  const refused = apiError(406, "NotAcceptable");
  const waiting = expect(waitFor(pods.metadata(), "a", () => true, { clock })).rejects.toBe(refused);
  for (const _ of ["stream", "list"]) (await server.call()).fail(refused);
  await waiting;
});

test("rejects what names no object", async () => {
  await expect(waitFor(Api.v1Pod(server), "a", isDeleted("1"), { clock })).rejects.toThrow(/namespace/);
  await expect(waitFor(pods, "", isDeleted("1"), { clock })).rejects.toThrow(/name/);
  expect([server.waiting, clock.pending]).toEqual([0, 0]);
});

test("a condition that throws ends the wait", async () => {
  const fails = (): boolean => {
    throw new Error("a mistake");
  };
  const waiting = expect(waitFor(pods, "a", fails, { clock })).rejects.toThrow("a mistake");
  const stream = (await server.call()).open().send(initialEventsEnd("1"));
  await waiting;
  expect(stream.body.destroyed).toBe(true);
});
