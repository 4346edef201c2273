import { expect, expectTypeOf, test } from "vitest";
import { Api } from "../api/api.ts";
import { ConnectionError } from "../client/errors.ts";
import type { KubeObject } from "../resource/object.ts";
import { RawApi } from "../resource/raw-api.ts";
import {
  added,
  apiError,
  bookmark,
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
import { Reflector, type ReflectorBatch } from "./reflector.ts";

fakesForEachTest();

function reflector(namespace?: string): Reflector<KubeObject> {
  return Reflector.new({ transport: server, resource: pods, namespace, clock, random: () => 0 });
}

test("keeps the state of the server, readable by name once the list is whole", async () => {
  const shop = reflector("shop");
  const running = shop.run(stop.signal);
  const stream = (await server.call()).open().send(added(pod("a", "1")));
  await settled();
  expect(shop.state()).toEqual([]);
  expect(shop.synced).toBe(false);

  stream.send(added(pod("b", "2")), initialEventsEnd("3"), modified(pod("b", "4")), deleted(pod("a", "5")));
  await shop.ready(stop.signal);
  expect(shop.state()).toEqual([pod("b", "4")]);
  expect(shop.get("b")).toEqual(pod("b", "4"));
  expect(shop.getWithin("b", "shop")).toEqual(pod("b", "4"));
  expect(shop.get("a")).toBeUndefined();
  stop.abort();
  await running;
});

test("tells changes, and failures between them, and what a gap has hidden", async () => {
  const batches: ReflectorBatch<KubeObject>[] = [];
  const all = reflector();
  const running = all.run(stop.signal, (batch) => {
    batches.push(batch);
  });
  const stream = (await server.call()).open().send(added(pod("a", "1")), added(pod("b", "2")));
  stream.send(initialEventsEnd("3"));
  await settled();
  stream.send(modified(pod("a", "4")));
  await settled();
  stream.send({ type: "ERROR", object: { code: 410, reason: "Expired", message: "too old" } });
  await clock.advance(800);
  (await server.call()).open().send(added(pod("b", "2")), added(pod("c", "6")), initialEventsEnd("7"));
  await settled();

  expect(batches).toEqual([
    {
      type: "changes",
      changes: [
        { type: "added", object: pod("a", "1") },
        { type: "added", object: pod("b", "2") },
      ],
      synced: true,
    },
    { type: "changes", changes: [{ type: "modified", object: pod("a", "4"), old: pod("a", "1") }], synced: true },
    { type: "error", error: expect.objectContaining({ message: "too old" }), retryIn: 800 },
    {
      type: "changes",
      changes: [
        { type: "deleted", object: pod("a", "4"), old: pod("a", "4") },
        { type: "added", object: pod("c", "6") },
      ],
      synced: true,
    },
  ]);
  expect(all.stats).toMatchObject({ lists: 2, errors: 1, restarts: 1, lastHeard: clock.now() });
  stop.abort();
  await running;
});

test("says that it is in sync even when there is nothing", async () => {
  const [batch] = await Promise.all([
    reflector().changes(stop.signal).next(),
    server.call().then((call) => call.open().send(initialEventsEnd("3"))),
  ]);
  expect(batch.value).toEqual({ type: "changes", changes: [], synced: true });
});

test("is not ready while the list fails, and ready() gives up with its signal", async () => {
  const all = reflector();
  const running = all.run(stop.signal);
  (await server.call()).fail(new ConnectionError("refused"));
  const impatient = new AbortController();
  const ready = all.ready(impatient.signal);
  await settled();
  impatient.abort(new Error("waited long enough"));
  await expect(ready).rejects.toThrow("waited long enough");
  await expect(all.ready(impatient.signal)).rejects.toThrow("waited long enough");
  stop.abort();
  await running;
});

test("ends with what the handler throws, and closes the connection", async () => {
  const running = reflector().run(stop.signal, () => {
    throw new Error("no room");
  });
  const [stream] = [(await server.call()).open().send(initialEventsEnd("3"))];
  await expect(running).rejects.toThrow("no room");
  expect(stream?.body.destroyed).toBe(true);
});

test("runs once at a time; run again, it tells only what is new", async () => {
  const all = reflector();
  const first = new AbortController();
  const running = all.run(first.signal);
  await expect(all.run(stop.signal)).rejects.toThrow("running already");
  (await server.call()).open().send(added(pod("a", "1")), initialEventsEnd("3"));
  await all.ready();
  first.abort();
  await running;

  const next = all.changes(stop.signal).next();
  (await server.call()).open().send(added(pod("a", "1")), added(pod("b", "5")), initialEventsEnd("6"));
  expect((await next).value).toMatchObject({ changes: [{ type: "added", object: pod("b", "5") }] });
});

test("takes kube's builder methods", async () => {
  const all = reflector().timeout(15).labels("app=a").fields("spec.nodeName=n");
  const running = all.run(stop.signal);
  (await server.call()).fail(Object.assign(new ConnectionError("refused")));
  await clock.advance(800);
  const { query } = await server.call();
  expect(query).toMatchObject({ timeoutSeconds: "15", labelSelector: "app=a", fieldSelector: "spec.nodeName=n" });
  stop.abort();
  await running;
});

test("can be read as a stream that one leaves by break", async () => {
  const answering = server.call().then((call) => call.open().send(initialEventsEnd("3")));
  for await (const batch of reflector()) if (batch.type === "changes" && batch.synced) break;
  expect((await answering).body.destroyed).toBe(true);
});

test("pages and streams lead to the same", async () => {
  const all = Reflector.new({ transport: server, resource: pods, clock, random: () => 0, streamingLists: false });
  const running = all.run(stop.signal);
  (await server.call()).answer(list("3", [pod("a", "1")], "token"));
  (await server.call()).answer(list("3", [pod("b", "2")]));
  await all.ready();
  expect(all.state()).toEqual([pod("a", "1"), pod("b", "2")]);
  stop.abort();
  await running;
});

test("watches what an Api names", async () => {
  const reflected = Reflector.new(Api.v1Pod(server).within("shop"), { clock });
  const running = reflected.run(stop.signal);
  const call = await server.call();
  expect(call.path).toBe("/api/v1/namespaces/shop/pods");
  call.open().send(added(pod("a", "1")), initialEventsEnd("3"));
  await reflected.ready();
  expect(reflected.get("a")?.spec?.nodeName).toBeUndefined();
  expect(reflected.get("a")).toEqual(pod("a", "1"));
  stop.abort();
  await running;
});

test("step by step: init() lists, each poll() is one watch, applied as it comes", async () => {
  const shop = Reflector.raw<KubeObject>(server, RawApi.v1Pod().within("shop"), { clock, streamingLists: false });
  const init = shop.init();
  (await server.call()).answer(list("10", [pod("a", "5")]));
  expect(await init).toBe(shop);
  expect(shop.state()).toEqual([pod("a", "5")]);

  const poll = shop.poll();
  const call = await server.call();
  expect(call.query).toMatchObject({ watch: "true", resourceVersion: "10", timeoutSeconds: "10" });
  const stream = call.open().send(modified(pod("a", "11")), added(pod("b", "12")));
  await settled();
  expect(shop.state()).toEqual([pod("a", "11"), pod("b", "12")]);
  await clock.advance(10_000);
  stream.end();
  await poll;

  const running = shop.run(stop.signal);
  const { query } = await server.call();
  expect(query).toMatchObject({ watch: "true", resourceVersion: "12" });
  expect(Number(query.timeoutSeconds)).toBeGreaterThanOrEqual(300);
  stop.abort();
  await running;
});

test("poll() by a streaming list takes another connection for its watch, which lasts as long as timeout() says", async () => {
  const all = Reflector.new<KubeObject>({ transport: server, resource: pods, clock, random: () => 0 });
  const polling = all.timeout(20).poll(stop.signal);
  const listing = await server.call();
  expect(listing.query).toMatchObject({ sendInitialEvents: "true" });
  listing.open().send(added(pod("a", "5")), initialEventsEnd("10"));
  const watching = await server.call();
  expect(watching.query).toMatchObject({ resourceVersion: "10", timeoutSeconds: "20" });
  expect(all.state()).toEqual([pod("a", "5")]);
  const stream = watching.open();
  await clock.advance(20_000);
  stream.end();
  await polling;
  all.timeout(30);
  const again = all.poll(stop.signal);
  expect((await server.call()).query).toMatchObject({ resourceVersion: "10", timeoutSeconds: "30" });
  stop.abort();
  await again;
});

test("what is selected is said before it begins, or after a reset()", async () => {
  const shop = Reflector.raw<KubeObject>(server, RawApi.v1Pod().within("shop"), { clock, streamingLists: false });
  const init = shop.labels("app=a").init();
  (await server.call()).answer(list("10", [pod("a", "5")]));
  await init;
  expect(() => shop.labels("app=b")).toThrow("this reflector has begun: say what it selects before that, or after a");
  expect(() => shop.fields("metadata.name=b")).toThrow("has begun");
  const again = shop.reset().labels("app=b").init();
  const call = await server.call();
  expect(call.query).toMatchObject({ labelSelector: "app=b" });
  call.answer(list("20", [pod("b", "15")]));
  await again;
  expect(shop.state()).toEqual([pod("b", "15")]);
});

test("poll() lists where that is due, and rejects with a failure once it has waited", async () => {
  const all = Reflector.new<KubeObject>({
    transport: server,
    resource: pods,
    clock,
    random: () => 0,
    streamingLists: false,
  });
  const failing = all.poll();
  const failed = expect(failing).rejects.toThrow("Expired");
  (await server.call()).answer(list("10", [pod("a", "5")]));
  (await server.call()).fail(apiError(410, "Expired"));
  await settled();
  expect(clock.pending).toBe(1);
  await clock.advance(800);
  await failed;

  const polling = all.poll(stop.signal);
  (await server.call()).answer(list("20", [pod("b", "15")]));
  await server.call();
  expect(all.state()).toEqual([pod("b", "15")]);
  expect(() => all.reset()).toThrow("running");
  stop.abort();
  await polling;
});

test("init() throws what the list fails with, and reset() has it list again", async () => {
  const all = Reflector.new<KubeObject>({ transport: server, resource: pods, clock, streamingLists: false });
  const first = all.init();
  (await server.call()).fail(apiError(403, "Forbidden"));
  await expect(first).rejects.toThrow("Forbidden");
  for (const [version, object] of [
    ["10", pod("a", "5")],
    ["20", pod("b", "15")],
  ] as const) {
    const init = all.reset().init();
    (await server.call()).answer(list(version, [object]));
    await init;
    expect(all.state()).toEqual([object]);
  }
});

test("keeps partial objects where fields are named, however they come", async () => {
  const fields = ["status.phase", "spec.containers.image"] as const;
  const reflected = Reflector.new(Api.v1Pod(server).within("shop"), { fields, clock, streamingLists: false });
  expectTypeOf(reflected.state()[0]?.status).toEqualTypeOf<{ phase?: string } | undefined>();
  const running = reflected.run(stop.signal);
  const whole = (name: string, version: string) => ({
    ...pod(name, version),
    spec: { nodeName: "n", containers: [{ name: "main", image: "i" }] },
    status: { phase: "Running", podIP: "1.2.3.4" },
  });
  const part = (name: string, version: string) => ({
    ...pod(name, version),
    spec: { containers: [{ image: "i" }] },
    status: { phase: "Running" },
  });
  (await server.call()).answer(list("10", [whole("a", "5")]));
  (await server.call()).open().send(added(whole("b", "11")), bookmark("12"));
  await settled();
  expect(reflected.state()).toEqual([part("a", "5"), part("b", "11")]);
  // @ts-expect-error a Pod's status has no such field.
  Reflector.new(Api.v1Pod(server), { fields: ["status.phse"] });
  stop.abort();
  await running;
});

test("tells many subscribers of one watch, each at its pace, and those after a run too", async () => {
  const all = reflector();
  const run = new AbortController();
  const running = all.run(run.signal);
  const quick = all.subscribe({ signal: stop.signal });
  const slow = all.subscribe({ signal: stop.signal });
  const first = Promise.all([quick.next(), slow.next()]);
  const stream = (await server.call()).open().send(added(pod("a", "1")), initialEventsEnd("3"));
  const begin = [{ type: "added", object: pod("a", "1") }];
  expect((await first).map(({ value }) => value)).toEqual([begin, begin]);
  stream.send(modified(pod("a", "4")));
  expect((await quick.next()).value).toEqual([{ type: "modified", object: pod("a", "4"), old: pod("a", "1") }]);
  run.abort();
  await running;
  expect(server.waiting).toBe(0);

  void all.run(stop.signal);
  (await server.call()).open().send(added(pod("b", "5")), initialEventsEnd("6"));
  expect((await quick.next()).value).toEqual([
    { type: "deleted", object: pod("a", "4"), old: pod("a", "4") },
    { type: "added", object: pod("b", "5") },
  ]);
  expect((await slow.next()).value).toEqual([
    { type: "deleted", object: pod("a", "4"), old: pod("a", "1") },
    { type: "added", object: pod("b", "5") },
  ]);
});

test("reads nothing more from the server while a subscriber that waits has enough before it", async () => {
  const all = reflector();
  const running = all.run(stop.signal);
  const slow = all.subscribe({ signal: stop.signal, whenSlow: "wait", buffer: 0 });
  const first = slow.next();
  const stream = (await server.call()).open().send(added(pod("a", "1")), initialEventsEnd("3"));
  await first;
  for (const version of ["4", "5", "6"]) {
    stream.send(modified(pod("a", version)));
    await settled();
  }
  expect(all.state()).toEqual([pod("a", "4")]);
  expect((await slow.next()).value).toMatchObject([{ object: pod("a", "4") }]);
  await settled();
  expect(all.state()[0]?.metadata.resourceVersion).not.toBe("4");
  await slow.return();
  await settled();
  expect(all.state()).toEqual([pod("a", "6")]);
  stop.abort();
  await running;
});

test("is read by its indexes, which may be added while it runs", async () => {
  const all = Reflector.new(Api.v1Pod(server), { clock }).indexBy("node", (pod) => pod.spec?.nodeName);
  const running = all.run(stop.signal);
  const on = (nodeName: string) => ({ ...pod(nodeName, "1"), spec: { nodeName } });
  const stream = (await server.call()).open().send(added(on("n1")), added(on("n2")), initialEventsEnd("3"));
  await all.ready();
  expect(all.byIndex("node", "n1")).toEqual([on("n1")]);
  const both = all.indexBy("phase", (pod) => pod.status?.phase);
  expect(both.indexValues("phase")).toEqual([]);
  stream.send(deleted(on("n1")));
  await settled();
  expect(both.indexValues("node")).toEqual(["n2"]);
  // @ts-expect-error there is no such index.
  expect(() => both.byIndex("nodes", "n1")).toThrow("there is no index");
  stop.abort();
  await running;
});
