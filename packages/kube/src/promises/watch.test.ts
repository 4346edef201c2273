import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Api } from "../api/api.ts";
import { ConnectionError, DecodeError } from "../client/errors.ts";
import { configOf, connect } from "../client/loopback.test.helper.ts";
import type { Transport } from "../client/transport.ts";
import type { KubeObject, ObjectList, WatchEvent } from "../resource/object.ts";
import type { ApiRequest } from "../resource/request.ts";
import type { ConfigMap } from "../types/core/v1.ts";
import type { WatchSettings } from "../watch/configurable.ts";
import {
  added,
  apiError,
  errorEvent,
  FakeClock,
  FakeTransport,
  initialEventsEnd,
  list,
  modified,
  pod,
  pods,
} from "../watch/fakes.test.helper.ts";
import { Informer } from "../watch/informer.ts";
import { Reflector } from "../watch/reflector.ts";
import { fast, startCluster } from "./cluster.test.helper.ts";

const until = (check: () => void) => vi.waitFor(check, { interval: 5, timeout: 10_000 });
const isWatch = (request: IncomingMessage) => request.url?.includes("watch=true") === true;

/** A reflector that runs until the test is over, and what it has told. */
function reflect(source: ConstructorParameters<typeof Reflector<KubeObject>>[0], settings: WatchSettings = {}) {
  const reflector = new Reflector<KubeObject>(source, settings);
  const told: string[] = [];
  const errors: Error[] = [];
  const stop = new AbortController();
  const running = reflector.run(stop.signal, (batch) => {
    if (batch.type === "error") errors.push(batch.error);
    else told.push(...batch.changes.map(({ type, object }) => `${type} ${object.metadata.name}`));
  });
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return { reflector, told, errors };
}

/** An informer's loop, which does nothing about errors, until the test is over. */
function inform(api: Api<ConfigMap>, settings: WatchSettings = {}) {
  const informer = Informer.new(api, { clock: fast, ...settings });
  const events: WatchEvent<ConfigMap>[] = [];
  const stop = new AbortController();
  const running = (async () => {
    for await (const event of informer.events(stop.signal)) events.push(event);
  })();
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  /** Of the objects, not of the failures. */
  const told = () =>
    events.flatMap(({ type, object }) => (type === "ERROR" ? [] : `${type} ${(object as ConfigMap).metadata.name}`));
  return { informer, events, told };
}

describe("silence", () => {
  // kubernetes-client/javascript#596, #364, #958, #301, #2432; kubernetes-fluent-client#1014:
  // a connection that is dead without having ended stays open for ever, and no error is told.
  test.each([1, 3])(
    "a watch that goes silent is noticed and resumed without losing an event, be %i connections dead",
    async (times) => {
      const { proxy, maps, others } = await startCluster();
      const clock = new FakeClock();
      const { reflector, told, errors } = reflect(maps, { clock, random: () => 0 });
      await reflector.ready();
      await others.create({ metadata: { name: "a" } });
      await until(() => expect(told).toEqual(["added a"]));

      proxy.pause(true);
      await others.create({ metadata: { name: "b" } });
      await others.delete("a");
      for (let time = 0; time < times; time++) await clock.advance(305_000 + 16_000);
      expect(errors.map(({ message }) => message)).toEqual(
        Array(times).fill("nothing heard for 305 s: the connection is taken for dead"),
      );
      proxy.pause(false);
      await until(() => expect(told).toEqual(["added a", "added b", "deleted a"]));
      expect(reflector.stats).toMatchObject({ lists: 1, restarts: times });
    },
  );

  // kubernetes-client/javascript#3020: version 2.0.0 cut every watch on which nothing happened for 30 s.
  test("a quiet watch is left alone as long as its server keeps it", async () => {
    const { proxy, maps, others } = await startCluster();
    const clock = new FakeClock();
    const { reflector, told } = reflect(maps, { clock });
    await reflector.ready();
    const { accepted } = proxy;
    await clock.advance(299_000);
    expect(reflector.stats).toMatchObject({ restarts: 0, errors: 0 });
    expect(proxy.accepted).toBe(accepted);
    await others.create({ metadata: { name: "a" } });
    await until(() => expect(told).toEqual(["added a"]));
  });

  // fabric8io/kubernetes-client#8111: how long a watch lasts cannot be chosen.
  test("how long a watch lasts is chosen by the user, and obeyed by both ends", async () => {
    const clock = new FakeClock();
    const server = new FakeTransport();
    const { errors } = reflect({ transport: server, resource: pods }, { clock, timeoutSeconds: 15 });
    const call = await server.call();
    expect(call.query).toMatchObject({ timeoutSeconds: "15" });
    call.open().send(initialEventsEnd("10"));
    await clock.advance(19_999);
    expect(errors).toEqual([]);
    await clock.advance(1);
    expect(errors).toHaveLength(1);
  });
});

describe("broken connections", () => {
  // kubernetes-client/javascript#1496, #795: ECONNRESET ends the informer, and the user has to start it again.
  // kubernetes-fluent-client: resourceVersion is never updated, so that each reconnect lists everything again.
  test("a reset connection never ends a watch, which goes on after the last event that it heard", async () => {
    const asked: string[] = [];
    const { proxy, maps, others } = await startCluster({
      intercept(request) {
        if (!request.url?.includes("fieldManager=others")) asked.push(request.url ?? "");
        return false;
      },
    });
    const { informer, events, told } = inform(maps);
    const heard: (string | undefined)[] = [];
    const names = Array.from({ length: 20 }, (_, index) => `map-${index}`);
    for (const name of names) {
      await others.create({ metadata: { name } }, { fieldManager: "others" });
      await until(() => expect(told()).toContain(`ADDED ${name}`));
      const last = events.findLast(({ type }) => type === "ADDED");
      heard.push((last?.object as ConfigMap | undefined)?.metadata.resourceVersion);
      proxy.cut();
    }
    expect(told()).toEqual(names.map((name) => `ADDED ${name}`));
    expect(events.some(({ type }) => type === "ERROR")).toBe(true);
    expect(informer.stats.lists).toBe(1);
    const [first = "", ...resumed] = asked;
    expect(first).toContain("sendInitialEvents=true");
    const from = resumed.map((path) => new URL(path, "http://test").searchParams.get("resourceVersion"));
    expect(heard).toEqual(expect.arrayContaining(from));
    expect(new Set(from).size).toBeGreaterThan(10);
    expect(resumed.some((path) => path.includes("sendInitialEvents"))).toBe(false);
  });

  // kubernetes-client/javascript#228: an expired credential goes on being sent.
  test("a watch goes on when its token has expired, with the next one", async () => {
    const { server, proxy, others } = await startCluster({
      intercept(request, response) {
        const { authorization } = request.headers;
        if (authorization === `Bearer ${current}` || authorization === `Bearer ${server.token}`) {
          request.headers.authorization = `Bearer ${server.token}`;
          return false;
        }
        response.writeHead(401, { "content-type": "application/json" });
        response.end(JSON.stringify({ kind: "Status", status: "Failure", code: 401, reason: "Unauthorized" }));
        return true;
      },
    });
    let current = "one";
    let known = "one";
    const config = configOf(proxy.url("http"), {
      headers: async () => ({ authorization: `Bearer ${known}` }),
      refresh: async () => {
        known = current;
        return true;
      },
    });
    const { informer, told } = inform(Api.v1ConfigMap(connect(config).client).within("default"));
    for (const token of ["two", "three"]) {
      await others.create({ metadata: { name: token } });
      await until(() => expect(told()).toContain(`ADDED ${token}`));
      current = token;
      proxy.cut();
    }
    await others.create({ metadata: { name: "four" } });
    await until(() => expect(told()).toEqual(["ADDED two", "ADDED three", "ADDED four"]));
    expect(known).toBe("three");
    expect(informer.stats.lists).toBe(1);
  });

  // kubernetes-client/javascript#1933: tens of watches a second when a server or a proxy turns them away.
  test.each<[string, () => Promise<Readable>]>([
    ["ends every watch at once", async () => body()],
    ["refuses connections", () => Promise.reject(new ConnectionError("connection refused", { sent: false }))],
    ["fails", () => Promise.reject(apiError(500, "InternalError"))],
    ["has too much to do", () => Promise.reject(apiError(429, "TooManyRequests"))],
    ["has forgotten every version", () => Promise.reject(apiError(410, "Expired"))],
    ["has forgotten every version, as an event", async () => body(line(errorEvent(410, "Expired")))],
    ["says garbage", async () => body(Buffer.from("<html>\n"))],
  ])(
    "a server that %s is asked less than once in five seconds, and by many users not at the same time",
    async (_, watch) => {
      const clock = new FakeClock();
      const begin = clock.now();
      const asked: number[] = [];
      const transport = transportOf({
        list: async () => {
          asked.push(clock.now());
          return list("10", [pod("a", "5")]);
        },
        watch: () => {
          asked.push(clock.now());
          return watch();
        },
      });
      const chances = [0, 0.3, 0.6, 0.9];
      for (const chance of chances) reflect({ transport, resource: pods }, { clock, random: () => chance });
      await clock.advance(600_000);
      const early = asked.filter((at) => at > begin && at < begin + 2_000);
      expect(asked.length / chances.length).toBeLessThan(600 / 5);
      expect(asked.length).toBeGreaterThan(chances.length * 10);
      expect(new Set(early).size).toBeGreaterThanOrEqual(chances.length);
    },
  );

  // kubernetes-fluent-client#979: lists are refused with 429 Too Many Requests, and events missed.
  test.each([true, false])(
    "no event is missed while lists and watches are refused with 429 (streaming lists: %s)",
    async (streamingLists) => {
      let refused = 0;
      const { server, maps, others } = await startCluster({
        intercept(request, response) {
          const ours = request.url?.includes("/configmaps?") && request.method === "GET";
          if (!ours || refused === 0) return false;
          refused--;
          response.writeHead(429, { "Retry-After": "1" }).end();
          return true;
        },
      });
      refused = 12;
      await others.create({ metadata: { name: "a" } });
      const { informer, told } = inform(maps, { streamingLists });
      await until(() => expect(told()).toEqual(["ADDED a"]));
      expect(informer.stats.errors).toBeGreaterThan(0);
      const { lists } = informer.stats;

      refused = 12;
      server.cutConnections();
      await others.create({ metadata: { name: "b" } });
      await others.delete("a");
      await until(() => expect(told()).toEqual(["ADDED a", "ADDED b", "DELETED a"]));
      expect(refused).toBe(0);
      expect(informer.stats.lists).toBe(lists);
    },
  );
});

describe("forgotten versions", () => {
  // kube-rs/kube#1615: a watch "exits" on 410, as an error is the stream's end to a loop that does not expect it.
  // kubernetes-client/javascript#494, #570: after it deletes are told again, and the cache grows.
  test("a 410 ends no loop; what was deleted meanwhile is told once, and nothing that is there is told again", async () => {
    const { server, maps, others } = await startCluster();
    const { informer, events, told } = inform(maps);
    const expected: string[] = [];
    await others.create({ metadata: { name: "map-0" } });
    expected.push("ADDED map-0");
    for (let round = 1; round <= 10; round++) {
      await until(() => expect(told().toSorted()).toEqual(expected.toSorted()));
      server.cutConnections();
      await others.create({ metadata: { name: `map-${round}` } });
      await others.delete(`map-${round - 1}`);
      server.store.compact();
      expected.push(`ADDED map-${round}`, `DELETED map-${round - 1}`);
    }
    await until(() => expect(told().toSorted()).toEqual(expected.toSorted()));
    expect(events).toContainEqual({ type: "ERROR", object: expect.objectContaining({ code: 410 }) });
    expect(informer.stats.lists).toBeGreaterThan(1);
  });

  // fabric8io/kubernetes-client#7896: a server that closes such a watch without a word is asked the same for ever.
  test("a watch that is closed without a word because its version is forgotten is listed again", async () => {
    let closing = false;
    const { server, maps, others } = await startCluster({
      intercept(request, response) {
        if (!closing || !isWatch(request) || request.url?.includes("sendInitialEvents")) return false;
        response.writeHead(200, { "content-type": "application/json" }).end();
        return true;
      },
    });
    const { reflector, told } = reflect(maps, { clock: fast });
    await reflector.ready();
    closing = true;
    server.cutConnections();
    await others.create({ metadata: { name: "a" } });
    await until(() => expect(told).toEqual(["added a"]));
    expect(reflector.stats.lists).toBe(2);
  });

  // kube-rs: a watch that is answered with the status 410 at its start is asked for again with the same version.
  test("a watch that is answered with HTTP 410 at its start is listed again", async () => {
    const server = new FakeTransport();
    const clock = new FakeClock();
    const { reflector, told } = reflect({ transport: server, resource: pods }, { clock, streamingLists: false });
    (await server.call()).answer(list("10", []));
    const start = await server.call();
    expect(start.query).toMatchObject({ watch: "true", resourceVersion: "10" });
    start.fail(apiError(410, "Expired"));
    await clock.advance(1_600);
    const again = await server.call();
    expect(again.query).toEqual({ limit: "500" });
    again.answer(list("20", [pod("a", "15")]));
    expect((await server.call()).query).toMatchObject({ watch: "true", resourceVersion: "20" });
    expect(told).toEqual(["added a"]);
    expect(reflector.stats.lists).toBe(2);
  });
});

describe("lists", () => {
  // kube-rs/kube#1844: with streaming lists, everything was sent anew every 290 s.
  test("a streaming list comes once: the watch after it goes on from where it was", async () => {
    const server = new FakeTransport();
    const clock = new FakeClock();
    const { told, reflector } = reflect({ transport: server, resource: pods }, { clock });
    const first = await server.call();
    expect(first.query).toMatchObject({ sendInitialEvents: "true" });
    const stream = first.open().send(added(pod("a", "5")), initialEventsEnd("10"));
    await clock.advance(300_000);
    stream.end();
    for (const version of ["10", "11", "12"]) {
      const next = await server.call();
      expect(next.query).toMatchObject({ watch: "true", resourceVersion: version });
      expect(next.query).not.toHaveProperty("sendInitialEvents");
      const stream = next.open().send(modified(pod("a", String(Number(version) + 1))));
      await clock.advance(300_000);
      stream.end();
    }
    expect(told).toEqual(["added a", "modified a", "modified a", "modified a"]);
    expect(reflector.stats.lists).toBe(1);
  });

  // kubernetes-client/javascript#586: pages are the user's to ask for. kubernetes-fluent-client: after ten pages it gives up.
  test("a list of many pages comes by itself, however many they are", async () => {
    const asked: string[] = [];
    const { maps, others } = await startCluster({
      intercept(request) {
        if (request.method === "GET") asked.push(request.url ?? "");
        return false;
      },
    });
    const names = Array.from({ length: 60 }, (_, index) => `map-${index}`);
    await Promise.all(names.map((name) => others.create({ metadata: { name } })));
    const { reflector, told } = reflect(maps, { streamingLists: false, pageSize: 2 });
    await until(() => expect(told).toHaveLength(60));
    expect(reflector.stats.lists).toBe(1);
    expect(asked.filter((path) => path.includes("limit=2"))).toHaveLength(30);

    const pages: ObjectList<ConfigMap>[] = [];
    for await (const page of maps.listAll({ limit: 3 })) pages.push(page);
    expect(pages.flatMap(({ items }) => items)).toHaveLength(60);
    expect(pages).toHaveLength(20);
  });

  // fabric8io/kubernetes-client#7435: one exception ended the resync, and nobody was told.
  test.each<[string, () => Promise<unknown>]>([
    ["a broken connection", () => Promise.reject(new ConnectionError("connection refused"))],
    ["500", () => Promise.reject(apiError(500, "InternalError"))],
    ["403", () => Promise.reject(apiError(403, "Forbidden"))],
    ["no JSON", () => Promise.reject(new DecodeError("the answer is not JSON"))],
    ["no list", async () => ({ kind: "Status" })],
    ["null", async () => null],
    ["an item that is none", async () => list("10", [null as unknown as KubeObject])],
    ["what nobody has thought of", () => Promise.reject(new TypeError("cannot read properties of undefined"))],
  ])("a list that fails with %s is told and tried again until it is there", async (_, fail) => {
    const clock = new FakeClock();
    let failures = 5;
    const transport = transportOf({
      list: () =>
        failures-- > 0 ? (fail() as Promise<ObjectList<KubeObject>>) : Promise.resolve(list("10", [pod("a", "5")])),
      watch: async () => new Readable({ read() {} }),
    });
    const { reflector, told, errors } = reflect({ transport, resource: pods }, { clock, streamingLists: false });
    await clock.advance(120_000);
    expect(errors).toHaveLength(5);
    expect(told).toEqual(["added a"]);
    expect(reflector.synced).toBe(true);
  });
});

describe("what is told", () => {
  // kubernetes-fluent-client: versions are compared with parseInt, although they are opaque.
  test("versions are passed on as they came, and never compared", async () => {
    const server = new FakeTransport();
    const clock = new FakeClock();
    const { reflector, told } = reflect({ transport: server, resource: pods }, { clock, streamingLists: false });
    (await server.call()).answer(list("rv:a/é", [pod("a", "zz")]));
    let call = await server.call();
    expect(call.query.resourceVersion).toBe("rv:a/é");
    for (const version of ["9007199254740993", "9007199254740992", "18446744073709551617", "9", "-1", "0x10"]) {
      const stream = call.open().send(modified(pod("a", version)));
      await clock.advance(60_000);
      stream.end();
      call = await server.call();
      expect(call.query.resourceVersion).toBe(version);
      expect(reflector.get("a")).toBeUndefined();
      expect(reflector.getWithin("a", "shop")?.metadata.resourceVersion).toBe(version);
    }
    expect(told).toEqual(["added a", ...Array(6).fill("modified a")]);
  });

  // kubernetes-fluent-client: events of different chunks overtake each other in handlers that wait.
  test("a handler that takes its time gets all changes in order, never two at a time", async () => {
    const { maps, others } = await startCluster();
    const reflector = Reflector.new(maps);
    const stop = new AbortController();
    const seen: number[] = [];
    let atOnce = 0;
    const running = reflector.run(stop.signal, async (batch) => {
      if (batch.type === "error") return;
      expect(++atOnce).toBe(1);
      for (const { object } of batch.changes) {
        for (let turn = Math.random() * 5; turn > 0; turn--) await setImmediate();
        seen.push(Number(object.data?.count));
      }
      atOnce--;
      if (seen.at(-1) === 200) stop.abort();
    });
    await reflector.ready();
    await others.create({ metadata: { name: "a" }, data: { count: "0" } });
    for (let count = 1; count <= 200; count++) await others.patch("a", { data: { count: String(count) } });
    await running;
    expect(seen).toEqual(Array.from({ length: 201 }, (_, count) => count));
  });
});

function line(event: WatchEvent<KubeObject>): Buffer {
  return Buffer.from(`${JSON.stringify(event)}\n`);
}

/** The body of a watch that brings this and ends. */
function body(...chunks: Buffer[]): Readable {
  return new Readable({
    read() {
      this.push(chunks.shift() ?? null);
    },
  });
}

/** A server that answers each list and each watch the same way; it has no streaming lists. */
function transportOf({
  list,
  watch,
}: {
  list: () => Promise<ObjectList<KubeObject>>;
  watch: () => Promise<Readable>;
}): Transport {
  return {
    request: <T>() => list() as Promise<T>,
    requestText: () => Promise.reject(new Error("a watcher reads no text")),
    async stream({ path }: ApiRequest) {
      if (path.includes("sendInitialEvents")) throw apiError(422, "Invalid");
      return { status: 200, headers: {}, body: await watch() };
    },
  };
}
