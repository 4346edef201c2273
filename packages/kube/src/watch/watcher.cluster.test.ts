import { type FaultProxy, type KubeApiserver, startKubeApiserver, startProxy } from "@kubecast/testbed";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Api } from "../api/api.ts";
import { Client } from "../client/client.ts";
import type { KubeObject, ObjectList } from "../resource/object.ts";
import type { ConfigMap } from "../types/core/v1.ts";
import { sleep, systemClock } from "./clock.ts";
import type { WatchSettings } from "./configurable.ts";
import { Reflector } from "./reflector.ts";

const path = "/api/v1/namespaces/default/configmaps";
const config = (name: string, value = "1") => ({ metadata: { name }, data: { value } });

let server: KubeApiserver;
let proxy: FaultProxy;
let client: Client;
let stop: AbortController;

beforeAll(async () => {
  server = await startKubeApiserver();
  proxy = await startProxy({ target: { port: server.port } });
  client = clientOf(server, proxy.url("https"));
});
afterAll(async () => {
  await client?.close();
  await proxy?.stop();
  await server?.stop();
});

beforeEach(async () => {
  stop = new AbortController();
  expect((await server.request("DELETE", path)).status).toBe(200);
  for (const name of ["a", "b", "c", "d", "e"]) await create(name);
});
afterEach(() => stop.abort());

function clientOf({ ca, adminToken }: KubeApiserver, url: string): Client {
  return new Client({
    server: url,
    namespace: "default",
    tls: async () => ({ material: { ca }, version: "1" }),
    headers: async () => ({ authorization: `Bearer ${adminToken}` }),
    refresh: async () => false,
  });
}

async function create(name: string): Promise<void> {
  expect((await server.request("POST", path, config(name))).status).toBe(201);
}
async function change(name: string, value: string): Promise<void> {
  expect((await server.request("PUT", `${path}/${name}`, config(name, value))).status).toBe(200);
}
async function remove(name: string): Promise<void> {
  expect((await server.request("DELETE", `${path}/${name}`)).status).toBe(200);
}

/** A reflector that runs and is in sync, with the uids of what it said is deleted. */
async function reflect(settings: WatchSettings = {}) {
  const reflector = Reflector.new(Api.v1ConfigMap(client).within("default"), settings);
  const deleted: (string | undefined)[] = [];
  const errors: Error[] = [];
  const running = reflector.run(stop.signal, (batch) => {
    if (batch.type === "error") errors.push(batch.error);
    else for (const each of batch.changes) if (each.type === "deleted") deleted.push(each.object.metadata.name);
  });
  await reflector.ready(AbortSignal.timeout(30_000));
  return { reflector, deleted, errors, running };
}

/** Waits until the reflector has what the server has. */
async function same(reflector: Reflector<KubeObject>): Promise<void> {
  const { items } = (await server.request("GET", path)).body as ObjectList<KubeObject>;
  await vi.waitFor(() => expect(versions(reflector.state())).toEqual(versions(items)), {
    timeout: 60_000,
    interval: 100,
  });
}

function versions(objects: readonly KubeObject[]): Record<string, string | undefined> {
  return Object.fromEntries(objects.map(({ metadata }) => [metadata.name, metadata.resourceVersion]).sort());
}

test.each<[string, WatchSettings]>([
  ["a streaming list", { checkLists: true }],
  ["pages", { streamingLists: false, pageSize: 2 }],
])("%s and what happens then are told, and a watch that is over is resumed", async (_, settings) => {
  const { reflector, deleted, errors } = await reflect({ ...settings, timeoutSeconds: 2 });
  expect(reflector.get("a")).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { value: "1" } });
  await create("f");
  await change("a", "2");
  await remove("b");
  await same(reflector);
  await vi.waitFor(() => expect(reflector.stats.restarts).toBeGreaterThan(1), { timeout: 20_000 });
  await change("c", "2");
  await same(reflector);
  expect(deleted).toEqual(["b"]);
  expect(errors).toEqual([]);
  expect(reflector.stats.lists).toBe(1);
});

test("connections that are cut, refused and dead are got over without a list", async () => {
  const { reflector, deleted, errors } = await reflect({ timeoutSeconds: 3 });
  const cut = proxy.cutAfterBytes(700);
  for (const value of ["2", "3", "4", "5"]) await change("a", value);
  await cut;
  await remove("b");
  await same(reflector);

  await proxy.refuse(true);
  proxy.cut();
  await change("c", "2");
  await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1), { timeout: 60_000 });
  await proxy.refuse(false);
  await same(reflector);

  proxy.pause(true);
  await remove("d");
  await vi.waitFor(() => expect(errors.at(-1)?.message).toMatch(/nothing heard for 8 s/), { timeout: 30_000 });
  proxy.pause(false);
  await same(reflector);
  expect(reflector.stats.lists).toBe(1);
  expect(deleted.sort()).toEqual(["b", "d"]);
});

test("what was forgotten while the server was away is listed again, and what is gone is told", async () => {
  const { reflector, deleted, errors } = await reflect();
  await proxy.refuse(true);
  proxy.cut();
  await remove("a");
  await change("b", "2");
  await create("f");
  await server.compact();
  await server.restart();
  await proxy.refuse(false);
  await same(reflector);
  expect(deleted).toEqual(["a"]);
  expect(errors.at(-1)).toMatchObject({ code: 410 });
  expect(reflector.stats.lists).toBe(2);
});

test("an index and subscribers, quick and slow, have what the server has, of objects that a transform has cut down", async () => {
  const transform = ({ metadata, data }: ConfigMap) => ({ metadata, value: data?.value ?? "" });
  const reflector = Reflector.new(Api.v1ConfigMap(client).within("default"), { transform, timeoutSeconds: 2 }).indexBy(
    "value",
    ({ value }) => value,
  );
  void reflector.run(stop.signal);
  const told = { quick: 0, slow: 0 };
  const views = Object.entries({ quick: 0, slow: 1500 }).map(([name, wait]) => {
    const view = new Map<string | undefined, string>();
    void (async () => {
      for await (const changes of reflector.subscribe({ signal: stop.signal })) {
        for (const { type, object } of changes) {
          if (type === "deleted") view.delete(object.metadata.name);
          else view.set(object.metadata.name, object.value);
        }
        told[name as keyof typeof told] += changes.length;
        await sleep(systemClock, wait, stop.signal);
      }
    })();
    return view;
  });
  await reflector.ready(AbortSignal.timeout(30_000));
  for (let round = 2; round < 12; round++) {
    await Promise.all(["a", "b", "c"].map((name) => change(name, String(round))));
    if (round === 6) proxy.cut();
  }
  await remove("d");
  const now = [
    ["a", "11"],
    ["b", "11"],
    ["c", "11"],
    ["e", "1"],
  ];
  for (const view of views) {
    await vi.waitFor(() => expect([...view].sort()).toEqual(now), { timeout: 30_000, interval: 100 });
  }
  expect(reflector.byIndex("value", "11")).toHaveLength(3);
  expect(reflector.indexValues("value").sort()).toEqual(["1", "11"]);
  expect(told.slow).toBeLessThan(told.quick);
});

test("a server without streaming lists gives the same by pages", async () => {
  const old = await startKubeApiserver({ featureGates: { WatchList: false } });
  try {
    const direct = clientOf(old, old.url);
    await old.request("POST", path, config("a"));
    const reflector = Reflector.new(Api.v1ConfigMap(direct).within("default"));
    const running = reflector.run(stop.signal);
    await reflector.ready(AbortSignal.timeout(30_000));
    expect(reflector.get("a")).toMatchObject({ data: { value: "1" } });
    expect(reflector.stats).toMatchObject({ lists: 2, errors: 0 });
    stop.abort();
    await running;
    await direct.close();
  } finally {
    await old.stop();
  }
});
