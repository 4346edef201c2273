import { pipeline, Transform } from "node:stream";
import { type KubeApiserver, startKubeApiserver } from "@kubecast/testbed";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Api } from "../api/api.ts";
import { Client } from "../client/client.ts";
import { diagnostics, type RequestMessage } from "../client/diagnostics.ts";
import { ApiError } from "../client/errors.ts";
import type { StreamedResponse } from "../client/transport.ts";
import { Reflector } from "../watch/reflector.ts";
import { Controller } from "./controller.ts";
import { LeaderElector } from "./leader-election.ts";

let server: KubeApiserver;
let stop: AbortController;
const clients: Client[] = [];

beforeAll(async () => {
  server = await startKubeApiserver();
});
afterAll(async () => {
  for (const each of clients) await each.close();
  await server?.stop();
});
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => stop.abort());

/** Whose watches bring what they bring 20 ms late. */
class LateClient extends Client {
  override async stream(...asked: Parameters<Client["stream"]>): Promise<StreamedResponse> {
    const response = await super.stream(...asked);
    const body = new Transform({
      transform: (chunk, _, done) => void setTimeout(() => done(null, chunk), 20),
    });
    pipeline(response.body, body, () => {});
    return { ...response, body };
  }
}

function clientOf({ url, adminToken, ca }: KubeApiserver, kind = Client): Client {
  const made = new kind({
    server: url,
    namespace: "default",
    tls: async () => ({ material: { ca }, version: "1" }),
    headers: async () => ({ authorization: `Bearer ${adminToken}` }),
    refresh: async () => false,
  });
  clients.push(made);
  return made;
}

/** Adds one to what the copy has, and does so again at once, until there are 200. */
async function countTo200(name: string, catchUpTimeout: number) {
  const maps = Api.v1ConfigMap(clientOf(server, LateClient)).within("default");
  await maps.create({ metadata: { name, annotations: { count: "0" } } });
  const controller = Controller.new(Reflector.new(maps).fields(`metadata.name=${name}`));
  let conflicts = 0;
  let reached: (() => void) | undefined;
  const done = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const running = controller.run(
    async (_, { object, signal }) => {
      const count = Number(object?.metadata.annotations?.count);
      if (count === 200) reached?.();
      if (object === undefined || count === 200) return undefined;
      const metadata = { ...object.metadata, annotations: { count: String(count + 1) } };
      await maps.replace(name, { ...object, metadata }, {}, { signal });
      return { requeueAfter: 0 };
    },
    {
      signal: stop.signal,
      catchUpTimeout,
      // After longer than the watch takes, so that a write is not behind by more than one conflict.
      errorPolicy: (_, error) => {
        if (!(error instanceof ApiError && error.isConflict)) throw error;
        conflicts++;
        return { requeueAfter: 30 };
      },
    },
  );
  await Promise.race([done, running]);
  stop.abort();
  await running;
  const count = (await maps.get(name)).metadata.annotations?.count;
  return { count, conflicts, stats: controller.stats };
}

test("a reconcile that waits for its own writes counts to 200 without a conflict", async () => {
  const { count, conflicts, stats } = await countTo200("patient", 10_000);
  expect(count).toBe("200");
  expect(conflicts).toBe(0);
  expect(stats).toMatchObject({ errors: 0, overdue: 0 });
});

test("and one that does not has conflicts", async () => {
  const { count, conflicts } = await countTo200("hasty", 0);
  expect(count).toBe("200");
  expect(conflicts).toBeGreaterThan(20);
});

test("what a reconcile deletes is gone when it comes again, or on its way, however the API answers", async () => {
  const client = clientOf(server, LateClient);
  const [maps, pods] = [Api.v1ConfigMap(client).within("default"), Api.v1Pod(client).within("default")];
  const spec = { containers: [{ name: "c", image: "i" }], automountServiceAccountToken: false };
  await maps.create({ metadata: { name: "deleter" } });
  await maps.create({ metadata: { name: "plain" } });
  await maps.create({ metadata: { name: "final", finalizers: ["example.com/keep"] } });
  for (const name of ["unscheduled", "bound"]) await pods.create({ metadata: { name }, spec });
  const binding = { metadata: { name: "bound" }, target: { kind: "Node", name: "nowhere" } };
  await server.request("POST", "/api/v1/namespaces/default/pods/bound/binding", binding);
  const copies = { maps: Reflector.new(maps), pods: Reflector.new(pods) };
  const seen: string[][] = [];
  let done: (() => void) | undefined;
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  const ofThese = ["plain", "final", "unscheduled", "bound"];
  const controller = Controller.new(copies.maps, { predicate: ({ object }) => object.metadata.name === "deleter" });
  const running = controller
    .watches(copies.pods, () => [])
    .run(
      async () => {
        const known = [...copies.maps.state(), ...copies.pods.state()].map(({ metadata }) => metadata);
        const there = known.filter(({ name = "", deletionTimestamp }) => ofThese.includes(name) && !deletionTimestamp);
        seen.push(there.map(({ name = "" }) => name));
        const [name] = seen.at(-1) ?? [];
        if (name === undefined) done?.();
        else await (copies.maps.get(name) ? maps : pods).delete(name);
        return name === undefined ? undefined : { requeueAfter: 0 };
      },
      { signal: stop.signal, errorPolicy: () => expect.fail() },
    );
  await Promise.race([finished, running]);
  expect(seen.map((names) => names.length)).toEqual([4, 3, 2, 1, 0]);
  expect(controller.stats.overdue).toBe(0);
  stop.abort();
  await running;
});

test("of two that are warm one reconciles, and the other takes over without a list, knowing all that has changed", async () => {
  const times = { leaseDuration: 3_000, renewDeadline: 2_000, retryPeriod: 200 };
  const standby = (identity: string) => {
    const client = clientOf(server);
    const maps = Api.v1ConfigMap(client).within("default");
    const controller = Controller.new(Reflector.new(maps).labels("app=warm"));
    const elector = new LeaderElector({ client, namespace: "default", name: "warm", identity, ...times });
    const own = new AbortController();
    const seen: string[] = [];
    const warm = controller.warmUp({ signal: own.signal });
    const running = elector.run(
      (signal) =>
        controller.run(
          async ({ name }, { object }) => {
            seen.push(`${name} ${object?.data?.value}`);
          },
          { signal, errorPolicy: () => "backoff" },
        ),
      { signal: own.signal },
    );
    const end = async (): Promise<void> => {
      own.abort();
      await Promise.all([warm, running]);
    };
    return { controller, elector, seen, end };
  };
  const maps = Api.v1ConfigMap(clientOf(server)).within("default");
  const labels = { app: "warm" };
  const write = (name: string, value: string) => maps.patch(name, { data: { value } });
  for (const name of ["a", "b"]) await maps.create({ metadata: { name, labels }, data: { value: "1" } });

  const first = standby("first");
  await vi.waitFor(() => expect(first.seen.sort()).toEqual(["a 1", "b 1"]), 30_000);
  const second = standby("second");
  await second.controller.untilReady();
  await write("a", "2");
  await vi.waitFor(() => expect(first.seen).toContain("a 2"), 30_000);
  await vi.waitFor(() => expect(second.controller.store.get("a")?.data?.value).toBe("2"), 30_000);
  expect(second.seen).toEqual([]);

  const asked: string[] = [];
  const note = (message: unknown): void => {
    const { verb, resource } = message as RequestMessage;
    if (resource === "configmaps") asked.push(verb);
  };
  diagnostics.request.start.subscribe(note);
  await first.end();
  await vi.waitFor(() => expect(second.seen.sort()).toEqual(["a 2", "b 1"]), 30_000);
  diagnostics.request.start.unsubscribe(note);
  expect(asked).toEqual([]);
  await write("b", "3");
  await vi.waitFor(() => expect(second.seen.sort()).toEqual(["a 2", "b 1", "b 3"]), 30_000);
  await second.end();
});
