import { expect, test } from "vitest";
import { Api } from "../api/api.ts";
import type { KubeObject, WatchEvent } from "../resource/object.ts";
import { RawApi } from "../resource/raw-api.ts";
import {
  added,
  apiError,
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
import { Informer } from "./informer.ts";

fakesForEachTest();

function informer(streamingLists = false): Informer<KubeObject> {
  const options = { transport: server, resource: pods, clock, random: () => 0, streamingLists };
  return Informer.new<KubeObject>(options).timeout(15);
}

/** An informer that knows pod a at resourceVersion 10. */
async function initialised(): Promise<Informer<KubeObject>> {
  const init = informer().init();
  (await server.call()).answer(list("10", [pod("a", "5")]));
  return init;
}

function collect(events: AsyncIterable<WatchEvent<KubeObject>>) {
  const seen: WatchEvent<KubeObject>[] = [];
  const running = (async () => {
    for await (const event of events) seen.push(event);
  })();
  return { seen, running };
}

test("after init() tells what changes from then on; poll() ends with its watch", async () => {
  const informed = await initialised();
  const { seen, running } = collect(informed.poll());
  const call = await server.call();
  expect(call.query).toMatchObject({ watch: "true", resourceVersion: "10", timeoutSeconds: "15" });
  const stream = call.open().send(added(pod("b", "11")), modified(pod("a", "12")), deleted(pod("b", "13")));
  await clock.advance(15_000);
  stream.end();
  await running;
  expect(seen).toEqual([added(pod("b", "11")), modified(pod("a", "12")), deleted(pod("b", "13"))]);

  collect(informed.poll(stop.signal));
  expect((await server.call()).query).toMatchObject({ resourceVersion: "13" });
});

test("a watch of poll() lasts ten seconds unless timeout() says otherwise, one of the endless loop minutes", async () => {
  const informed = Informer.new<KubeObject>({ transport: server, resource: pods, clock, random: () => 0 });
  const { running } = collect(informed.initFrom("10").poll());
  const call = await server.call();
  expect(call.query).toMatchObject({ timeoutSeconds: "10" });
  const stream = call.open();
  await clock.advance(10_000);
  stream.end();
  await running;
  const polling = collect(informed.timeout(15).poll(stop.signal)).running;
  expect((await server.call()).query).toMatchObject({ resourceVersion: "10", timeoutSeconds: "15" });
  stop.abort();
  await polling;

  const endless = Informer.new<KubeObject>({ transport: server, resource: pods, clock, random: () => 0 });
  const leaving = new AbortController();
  const loop = collect(endless.initFrom("10").events(leaving.signal)).running;
  expect((await server.call()).query).toMatchObject({ timeoutSeconds: "300" });
  leaving.abort();
  await loop;
});

test("poll() without init(), by a streaming list, takes another connection for its watch", async () => {
  const informed = Informer.new<KubeObject>({ transport: server, resource: pods, clock, random: () => 0 });
  const { seen } = collect(informed.poll(stop.signal));
  const listing = await server.call();
  listing.open().send(added(pod("a", "5")), initialEventsEnd("10"));
  const watching = await server.call();
  expect(watching.query).toMatchObject({ resourceVersion: "10", timeoutSeconds: "10" });
  watching.open().send(modified(pod("a", "11")));
  await settled();
  expect(seen).toEqual([added(pod("a", "5")), modified(pod("a", "11"))]);
});

test("without init() begins with an ADDED for each object", async () => {
  const { seen } = collect(informer().poll(stop.signal));
  (await server.call()).answer(list("10", [pod("a", "5")]));
  expect((await server.call()).query).toMatchObject({ resourceVersion: "10" });
  expect(seen).toEqual([added(pod("a", "5"))]);
});

test("goes on for ever, tells failures, and tells what a gap has hidden", async () => {
  const informed = await initialised();
  const { seen, running } = collect(informed.events(stop.signal));
  (await server.call()).fail(apiError(410, "Expired"));
  await clock.advance(800);
  (await server.call()).answer(list("20", [pod("b", "15")]));
  (await server.call()).open().send(modified(pod("b", "21")));
  await settled();
  expect(seen).toEqual([
    { type: "ERROR", object: expect.objectContaining({ code: 410 }) },
    deleted(pod("a", "5")),
    added(pod("b", "15")),
    modified(pod("b", "21")),
  ]);
  stop.abort();
  await running;
});

test("a broken connection is an ERROR with a Status, too", async () => {
  const informed = await initialised();
  const { seen } = collect(informed.events(stop.signal));
  const stream = (await server.call()).open();
  await settled();
  stream.cut();
  await settled();
  expect(seen).toEqual([
    {
      type: "ERROR",
      object: {
        apiVersion: "v1",
        kind: "Status",
        status: "Failure",
        reason: "ConnectionError",
        message: "the watch connection broke: socket hang up",
      },
    },
  ]);
});

test("init() throws what the list fails with, and can be called again", async () => {
  const informed = informer();
  const first = informed.init();
  (await server.call()).fail(apiError(403, "Forbidden"));
  await expect(first).rejects.toThrow("Forbidden");
  const second = informed.init();
  (await server.call()).answer(list("10", []));
  expect(await second).toBe(informed);
});

test("init() stops with its signal's reason", async () => {
  const init = informer().init(stop.signal);
  await settled();
  stop.abort(new Error("enough"));
  await expect(init).rejects.toThrow("enough");
});

test("init() by a streaming list leaves no connection open", async () => {
  const init = informer(true).init();
  const stream = (await server.call()).open().send(added(pod("a", "5")), initialEventsEnd("10"));
  const informed = await init;
  expect(stream.body.destroyed).toBe(true);
  collect(informed.poll(stop.signal));
  expect((await server.call()).query).toMatchObject({ resourceVersion: "10" });
});

test("leaving the loop closes the connection; two loops at a time are refused", async () => {
  const informed = await initialised();
  const answering = server.call().then((call) => call.open().send(added(pod("b", "11"))));
  for await (const event of informed) {
    expect(event.type).toBe("ADDED");
    await expect(informed.poll().next()).rejects.toThrow("running already");
    break;
  }
  expect((await answering).body.destroyed).toBe(true);
});

test("initFrom() begins after a version without a list, and tells what it has not heard of before", async () => {
  const informed = informer().initFrom("10");
  expect(informed.version).toBe("10");
  const { seen, running } = collect(informed.poll());
  const call = await server.call();
  expect(call.query).toMatchObject({ watch: "true", resourceVersion: "10" });
  const stream = call.open().send(modified(pod("a", "11")), modified(pod("a", "12")), deleted(pod("b", "13")));
  await clock.advance(15_000);
  stream.end();
  await running;
  expect(seen).toEqual([added(pod("a", "11")), modified(pod("a", "12")), deleted(pod("b", "13"))]);
  expect(informed.version).toBe("13");
  expect(await informed.init()).toBe(informed);
  expect(server.waiting).toBe(0);
});

test("reset() has it list again and tell what that brings; not while it runs", async () => {
  const informed = await initialised();
  expect(informed.version).toBe("10");
  expect(informed.reset().version).toBeUndefined();
  const { seen } = collect(informed.poll(stop.signal));
  (await server.call()).answer(list("20", [pod("a", "5"), pod("b", "15")]));
  await settled();
  expect(seen).toEqual([added(pod("b", "15"))]);
  expect(() => informed.reset()).toThrow("running already");
  expect(() => informed.initFrom("1")).toThrow("running already");
});

test("raw() informs of what a RawApi requests", async () => {
  const foos = RawApi.customResource("foos").group("clux.dev").within("shop");
  const { seen } = collect(
    Informer.raw(server, foos, { clock, streamingLists: false }).labels("a=b").poll(stop.signal),
  );
  const call = await server.call();
  expect(call.path).toBe("/apis/clux.dev/v1/namespaces/shop/foos");
  expect(call.query).toMatchObject({ labelSelector: "a=b" });
  call.answer(list("10", [pod("baz", "5")]));
  await settled();
  expect(seen).toEqual([added(pod("baz", "5"))]);
});

test("tells partial objects where fields are named", async () => {
  const source = Api.v1Pod(server).within("shop");
  const informed = Informer.new(source, { fields: ["status.phase"], clock, streamingLists: false });
  const events = informed.poll(stop.signal);
  const first = events.next();
  const whole = { ...pod("a", "5"), spec: { nodeName: "n" }, status: { phase: "Running", podIP: "1.2.3.4" } };
  (await server.call()).answer(list("10", [whole]));
  const { value } = await first;
  expect(value).toEqual(added({ ...pod("a", "5"), status: { phase: "Running" } } as KubeObject));
});
