import { type FaultProxy, type KubeApiserver, startKubeApiserver, startProxy } from "@kubecast/testbed";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Api } from "../api/api.ts";
import { isCrdEstablished, isDeleted } from "../api/conditions.ts";
import { waitFor } from "../api/wait.ts";
import { Client } from "../client/client.ts";
import { ApiError } from "../client/errors.ts";
import type { ObjectList } from "../resource/object.ts";
import type { CustomResourceDefinition } from "../types/apiextensions/v1.ts";
import type { Lease } from "../types/coordination/v1.ts";
import type { ConfigMap } from "../types/core/v1.ts";
import type { Event } from "../types/events/v1.ts";
import { Controller } from "./controller.ts";
import { Recorder } from "./events.ts";
import { finalizer } from "./finalizer.ts";
import { LeaderElector } from "./leader-election.ts";

let server: KubeApiserver;
let client: Client;
let maps: Api<ConfigMap>;
let stop: AbortController;
const clients: Client[] = [];
const proxies: FaultProxy[] = [];

beforeAll(async () => {
  server = await startKubeApiserver();
  client = clientOf(server.url, server.adminToken);
  maps = Api.v1ConfigMap(client).within("default");
});
afterAll(async () => {
  for (const each of clients) await each.close();
  for (const each of proxies) await each.stop();
  await server?.stop();
});
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => stop.abort());

function clientOf(url: string, token: string): Client {
  const made = new Client({
    server: url,
    namespace: "default",
    tls: async () => ({ material: { ca: server.ca }, version: "1" }),
    headers: async () => ({ authorization: `Bearer ${token}` }),
    refresh: async () => false,
  });
  clients.push(made);
  return made;
}

/** Keeps a copy of each source until the source is gone, with a finalizer on it. */
function copier() {
  const copy = (name = "") => `${name}-copy`;
  const cleaned: string[] = [];
  const controller = Controller.new(maps, { predicate: ({ object }) => object.metadata.labels?.role === "source" });
  controller.owns(maps);
  const running = controller.run(
    async (_, { object, signal }) => {
      if (object === undefined) return;
      await finalizer(
        maps,
        "example.com/copy",
        object,
        {
          apply: async ({ metadata, data }) => {
            const { name = "", uid = "" } = metadata;
            const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name, uid }];
            const wanted = { metadata: { name: copy(name), ownerReferences }, data: data ?? {} };
            const object = { apiVersion: "v1", kind: "ConfigMap", ...wanted };
            await maps.patch(
              copy(name),
              object,
              { strategy: "Apply", fieldManager: "copier", force: true },
              { signal },
            );
          },
          cleanup: async ({ metadata }) => {
            await maps.delete(copy(metadata.name), {}, { signal }).catch((error: unknown) => {
              if (!(error instanceof ApiError && error.isNotFound)) throw error;
            });
            cleaned.push(metadata.name ?? "");
          },
        },
        { signal },
      );
    },
    { signal: stop.signal, concurrency: 4, errorPolicy: () => "backoff" },
  );
  return { controller, running, cleaned };
}

const dataOf = async (name: string) => (await maps.get(name)).data;

test("a controller copies what is there and what comes, repairs, cleans up, and stops", async () => {
  const source = { labels: { role: "source" } };
  await maps.create({ metadata: { name: "a", ...source }, data: { value: "1" } });
  const { controller, running, cleaned } = copier();
  const { uid = "" } = await maps
    .create({ metadata: { name: "b", ...source }, data: { value: "1" } })
    .then((b) => b.metadata);
  await waitFor(maps, "a-copy", (copy) => copy?.data?.value === "1", { timeout: 30_000 });
  await waitFor(maps, "b-copy", (copy) => copy?.data?.value === "1", { timeout: 30_000 });

  await maps.patch("a", { data: { value: "2" } });
  await waitFor(maps, "a-copy", (copy) => copy?.data?.value === "2", { timeout: 30_000 });
  await maps.patch("a-copy", { data: { value: "wrong" } });
  await vi.waitFor(async () => expect(await dataOf("a-copy")).toEqual({ value: "2" }), 30_000);
  await maps.delete("a-copy");
  await vi.waitFor(async () => expect(await dataOf("a-copy")).toEqual({ value: "2" }), 30_000);

  await maps.delete("b");
  expect(await waitFor(maps, "b", isDeleted(uid), { timeout: 30_000 })).toBeUndefined();
  expect(cleaned).toEqual(["b"]);
  await expect(maps.get("b-copy")).rejects.toMatchObject({ isNotFound: true });
  stop.abort();
  await running;
  expect(controller.stats).toMatchObject({ active: 0, watchErrors: 0, mappingErrors: 0 });
});

test("a finalizer touches no others, even where what it knows is old", async () => {
  const steps = { apply: async () => "applied", cleanup: async () => "cleaned" };
  const first = await maps.create({ metadata: { name: "shared" } });
  const { metadata } = await maps.patch("shared", { metadata: { finalizers: ["example.com/b"] } });
  await expect(finalizer(maps, "example.com/a", first, steps)).rejects.toMatchObject({ isInvalid: true });
  await finalizer(maps, "example.com/a", { metadata }, steps);
  await maps.delete("shared");
  const deleting = await maps.get("shared");
  expect(deleting.metadata.finalizers).toEqual(["example.com/b", "example.com/a"]);
  expect(await finalizer(maps, "example.com/b", deleting, steps)).toBe("cleaned");
  await expect(finalizer(maps, "example.com/a", deleting, steps)).rejects.toMatchObject({ isInvalid: true });
  expect(await finalizer(maps, "example.com/a", await maps.get("shared"), steps)).toBe("cleaned");
  await expect(maps.get("shared")).rejects.toMatchObject({ isNotFound: true });
});

test("waits for a custom resource to be established, and says when it is not in time", async () => {
  const crds = Api.v1CustomResourceDefinition(client);
  const schema = { openAPIV3Schema: { type: "object" } };
  const crd: CustomResourceDefinition = {
    metadata: { name: "foos.clux.dev" },
    spec: {
      group: "clux.dev",
      names: { kind: "Foo", plural: "foos" },
      scope: "Namespaced",
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
  const established = waitFor(crds, "foos.clux.dev", isCrdEstablished, { timeout: 30_000 });
  await crds.create(crd);
  expect((await established)?.status?.acceptedNames?.kind).toBe("Foo");
  await expect(waitFor(crds, "bars.clux.dev", isCrdEstablished, { timeout: 300 })).rejects.toMatchObject({
    name: "WaitTimeoutError",
  });
  const nothing = Api.customResource(client, "nothings").group("clux.dev").version("v1").within("default");
  await expect(waitFor(nothing, "x", isDeleted("x"))).rejects.toMatchObject({ isNotFound: true });
});

const eventsPath = "/apis/events.k8s.io/v1/namespaces/default/events";

test("events of all kinds of objects are taken, and repetitions are a series", async () => {
  const recorder = new Recorder({ client, controller: "example.com/hider", instance: "hider-0" });
  const hiding = { type: "Normal", reason: "HideRequested", action: "Hiding", note: "ü".repeat(600) } as const;
  const map = { apiVersion: "v1", kind: "ConfigMap", ...(await maps.create({ metadata: { name: "told" } })) };
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "system:x" } };
  expect(await recorder.publish({ ...hiding, related: role }, map)).toBe("created");
  expect(await recorder.publish({ ...hiding, related: role }, map)).toBe("repeated");
  expect(await recorder.publish({ ...hiding, related: role }, map)).toBe("repeated");
  expect(await recorder.publish({ ...hiding, type: "Warning" }, role)).toBe("created");
  const { items } = (await server.request("GET", eventsPath)).body as ObjectList<Event>;
  const told = items.find(({ regarding }) => regarding?.name === "told");
  expect(told).toMatchObject({ series: { count: 3 }, regarding: { uid: map.metadata.uid } });
  expect(items.filter(({ reason }) => reason === "HideRequested")).toHaveLength(2);
});

/** A recorder of a user who may do this with events, and nothing else. */
async function recorderWith(name: string, verbs: string[]): Promise<Recorder> {
  const { token } = await server.user(name);
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
  const rules = [{ apiGroups: ["events.k8s.io"], resources: ["events"], verbs }];
  await server.request("POST", `${rbac}/roles`, { metadata: { name }, rules });
  await server.request("POST", `${rbac}/rolebindings`, {
    metadata: { name },
    subjects: [{ kind: "User", name }],
    roleRef: { kind: "Role", name, apiGroup: "rbac.authorization.k8s.io" },
  });
  const recorder = new Recorder({ client: clientOf(server.url, token), controller: name });
  // Until RBAC has heard of the role.
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `${name}-first`, namespace: "default" } };
  const first = { type: "Normal", reason: "Begun", action: "Telling" } as const;
  await vi.waitFor(() => recorder.publish(first, map), { timeout: 10_000, interval: 1_000 });
  return recorder;
}

async function eventsOf(name: string): Promise<Event[]> {
  const { items } = (await server.request("GET", eventsPath)).body as ObjectList<Event>;
  return items.filter(({ regarding }) => regarding?.name === name);
}

test("the rights to create and patch events of events.k8s.io are enough for a series, in times of six digits", async () => {
  const recorder = await recorderWith("series-teller", ["create", "patch"]);
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x", namespace: "default" } };
  const event = { type: "Normal", reason: "Repeated", action: "Telling" } as const;
  const told = [1, 2, 3].map(() => recorder.publish(event, map));
  expect(await Promise.all(told)).toEqual(["created", "repeated", "repeated"]);
  const [{ eventTime, series } = {}, ...others] = await eventsOf("x");
  expect(others).toEqual([]);
  expect(series?.count).toBe(3);
  for (const time of [eventTime, series?.lastObservedTime]) {
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  }
});

test("a flood about one object is cut to 25, and one about another is not", async () => {
  const recorder = new Recorder({ client, controller: "example.com/flood" });
  const about = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } });
  const publish = (reason: string, name: string) =>
    recorder.publish({ type: "Warning", reason, action: "Flooding" }, about(name));
  const results = await Promise.all(Array.from({ length: 40 }, (_, index) => publish(`Flood${index}`, "flooded")));
  expect(results.filter((result) => result === "created")).toHaveLength(25);
  expect(results.filter((result) => result === "dropped")).toHaveLength(15);
  expect(await publish("Flood", "dry")).toBe("created");
  expect(await eventsOf("flooded")).toHaveLength(25);
});

test("one who may only create events tells a repetition as another event", async () => {
  const recorder = await recorderWith("teller", ["create"]);
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "y", namespace: "default" } };
  const event = { type: "Normal", reason: "Refused", action: "Telling" } as const;
  expect([await recorder.publish(event, map), await recorder.publish(event, map)]).toEqual(["created", "created"]);
  expect(await eventsOf("y")).toHaveLength(2);
});

test("of three electors one leads, another when it stops or its line is dead, and never two", async () => {
  const leading = new Set<string>();
  const terms: string[] = [];
  let most = 0;
  const candidate = async (identity: string) => {
    const proxy = await startProxy({ target: { port: server.port } });
    proxies.push(proxy);
    const times = { leaseDuration: 3_000, renewDeadline: 2_000, retryPeriod: 200 };
    const own = clientOf(proxy.url("https"), server.adminToken);
    const elector = new LeaderElector({ client: own, namespace: "default", name: "lead", identity, ...times });
    const stop = new AbortController();
    const lead = async (signal: AbortSignal) => {
      leading.add(identity);
      terms.push(identity);
      most = Math.max(most, leading.size);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      leading.delete(identity);
    };
    return { identity, proxy, stop, elector, running: elector.run(lead, { signal: stop.signal }) };
  };
  const candidates = await Promise.all(["a", "b", "c"].map(candidate));
  const leader = async (not?: string) => {
    const [identity] = await vi.waitFor(
      () => {
        const found = [...leading].filter((each) => each !== not);
        expect(found).toHaveLength(1);
        return found;
      },
      { timeout: 30_000, interval: 20 },
    );
    const found = candidates.find((each) => each.identity === identity);
    if (found === undefined) throw new Error("nobody leads");
    return found;
  };

  const first = await leader();
  first.stop.abort();
  await first.running;
  const second = await leader(first.identity);
  second.proxy.pause(true);
  const third = await leader(second.identity);
  second.proxy.pause(false);
  await vi.waitFor(() => expect(second.elector.leader).toBe(third.identity), { timeout: 30_000, interval: 100 });
  expect(terms).toEqual([first.identity, second.identity, third.identity]);
  expect(third.elector.isLeader).toBe(true);
  expect(most).toBe(1);

  for (const each of candidates) each.stop.abort();
  await Promise.all(candidates.map(({ running }) => running));
  const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/lead";
  const { spec } = (await server.request("GET", path)).body as Lease;
  expect(spec).toMatchObject({ leaseTransitions: 2, leaseDurationSeconds: 1 });
  expect(spec?.holderIdentity ?? "").toBe("");
});
