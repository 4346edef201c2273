import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Api } from "../api/api.ts";
import * as named from "../resource/named.ts";
import type { KubeObject } from "../resource/object.ts";
import { FakeClock } from "../watch/fakes.test.helper.ts";
import { Reflector } from "../watch/reflector.ts";
import { Controller } from "./controller.ts";
import type { Context, Reconcile, RunOptions } from "./reconcile.ts";
import { SlowServer } from "./slow-server.test.helper.ts";

let clock: FakeClock;
let server: SlowServer;
let stop: AbortController;
let running: Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  server = new SlowServer(clock);
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await clock.advance(60_000);
  await running;
});

const copyOf = (resource: typeof named.v1Pod) =>
  Reflector.new<KubeObject>({ transport: server, resource, clock, random: () => 0 });
const sets = () => Api.of<KubeObject>(server, named.v1ReplicaSet).within("shop");
const pods = () => Api.of<KubeObject>(server, named.v1Pod).within("shop");

function run(reconcile: Reconcile<KubeObject>, options: Partial<RunOptions> = {}, copy = copyOf(named.v1Pod)) {
  const controller = Controller.new(copyOf(named.v1ReplicaSet), { clock }).watches(copy, () => []);
  running = controller.run(reconcile, { signal: stop.signal, errorPolicy: () => "backoff", ...options });
  return { controller, pods: copy };
}

const countOf = (object: KubeObject | undefined) => Number(object?.metadata.annotations?.count ?? 0);
const counted = (object: KubeObject, count: number): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { count: String(count) } },
});

/** Adds one to what the copy says, at once again, so many times; what it saw at the beginning of each. */
function counting(times: number): { seen: number[]; reconcile: Reconcile<KubeObject> } {
  const seen: number[] = [];
  const reconcile = async (_: unknown, { object }: Context<KubeObject>) => {
    if (object === undefined) return undefined;
    seen.push(countOf(object));
    if (seen.length > times) return undefined;
    await sets().replace("a", counted(object, countOf(object) + 1));
    return { requeueAfter: 0 };
  };
  return { seen, reconcile };
}

test("an object is not reconciled from a copy that is older than what its reconcile wrote", async () => {
  server.write("replicasets", "a");
  server.delay = () => 300;
  const { seen, reconcile } = counting(5);
  const { controller } = run(reconcile);
  await clock.advance(1);
  expect(controller.stats).toMatchObject({ reconciles: 1, held: 1, depth: 0 });
  await clock.advance(10_000);
  expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  expect(controller.stats).toMatchObject({ errors: 0, held: 0, overdue: 0 });
});

test("without that there are conflicts", async () => {
  server.write("replicasets", "a");
  server.delay = () => 300;
  const { seen, reconcile } = counting(5);
  const { controller } = run(reconcile, { catchUpTimeout: 0 });
  await clock.advance(10_000);
  expect(seen.slice(0, 3)).toEqual([0, 0, 0]);
  expect(controller.stats.errors).toBeGreaterThan(0);
});

test("what a reconcile writes of other kinds that are watched, creates and deletes, is waited for", async () => {
  server.write("replicasets", "a");
  server.write("pods", "old");
  server.delay = () => 300;
  const seen: string[][] = [];
  const { pods: copy } = run(async () => {
    seen.push(copy.state().map(({ metadata }) => metadata.name ?? ""));
    if (seen.length === 1) await pods().create({ metadata: { name: "new" } });
    else if (seen.length === 2) await pods().delete("old");
    else if (seen.length === 3) {
      await pods().create({ metadata: { name: "brief" } });
      await pods().delete("brief");
    }
    return seen.length < 4 ? { requeueAfter: 0 } : undefined;
  });
  await clock.advance(10_000);
  expect(seen).toEqual([["old"], ["old", "new"], ["new"], ["new"]]);
});

test("by which client of the cluster it is written does not matter", async () => {
  server.write("replicasets", "a");
  server.delay = () => 300;
  const other = Api.of<KubeObject>(server.otherClient(), named.v1Pod).within("shop");
  const { controller } = run(async () => void (await other.create({ metadata: { name: "x" } })));
  await clock.advance(1);
  expect(controller.stats).toMatchObject({ reconciles: 1, errors: 0, held: 1 });
});

test("one that another reconcile has written is held as well, and no others", async () => {
  for (const name of ["a", "b", "c"]) server.write("replicasets", name);
  const seen: [string, number][] = [];
  const { controller } = run(async ({ name }, { object }) => {
    seen.push([name, countOf(object)]);
    if (name !== "a" || seen.length > 1) return;
    server.delay = () => 300;
    await sets().patch("b", { metadata: { annotations: { count: "1" } } });
  });
  await clock.advance(299);
  expect(seen).toEqual([
    ["a", 0],
    ["c", 0],
  ]);
  expect(controller.stats.held).toBe(2);
  await clock.advance(1);
  expect(seen.at(-1)).toEqual(["b", 1]);
});

test("a watch that does not bring it is not waited for longer than 10 s, and counted", async () => {
  server.write("replicasets", "a");
  server.delay = () => 20_000;
  const { seen, reconcile } = counting(1);
  const { controller } = run(reconcile);
  await clock.advance(9_999);
  expect([seen, controller.stats.overdue]).toEqual([[0], 0]);
  await clock.advance(1);
  expect([seen, controller.stats.overdue]).toEqual([[0, 0], 1]);
});

test("what a copy of selected objects may never have is waited for for a second", async () => {
  server.write("replicasets", "a");
  server.write("replicasets", "a");
  server.delay = () => 20_000;
  const { controller } = run(
    async () => void (await pods().create({ metadata: { name: "x" } })),
    {},
    copyOf(named.v1Pod).labels("app=shop"),
  );
  await clock.advance(999);
  expect(controller.stats.held).toBe(1);
  await clock.advance(1);
  expect(controller.stats).toMatchObject({ held: 0, overdue: 0 });
});

test.each<[string, (written: Api<KubeObject>) => Promise<unknown>]>([
  ["in a namespace that is not watched", (api) => api.within("other").create({ metadata: { name: "x" } })],
  ["as a trial", (api) => api.create({ metadata: { name: "x" } }, { dryRun: true })],
  [
    "of a kind that is not watched",
    () =>
      Api.v1Secret(server)
        .within("shop")
        .create({ metadata: { name: "x" } }),
  ],
  [
    "in another cluster",
    () => {
      const elsewhere = new SlowServer(clock, () => 0, "https://elsewhere");
      return Api.of<KubeObject>(elsewhere, named.v1Pod)
        .within("shop")
        .create({ metadata: { name: "x" } });
    },
  ],
])("what is written %s is not waited for", async (_, write) => {
  server.write("replicasets", "a");
  server.delay = () => 300;
  const copy = Reflector.new<KubeObject>({ transport: server, resource: named.v1Pod, namespace: "shop", clock });
  const { controller } = run(async () => void (await write(pods())), {}, copy);
  await clock.advance(1);
  expect(controller.stats).toMatchObject({ reconciles: 1, errors: 0, held: 0 });
});

test("however late the watches are, no reconcile sees what was before its own writes, and all come to rest", async () => {
  const name = fc.constantFrom("a", "b", "c");
  const write = fc.record({ resource: fc.constantFrom("replicasets", "pods"), name, erase: fc.boolean() });
  const delays = fc.infiniteStream(fc.nat(400));
  const works = fc.infiniteStream(fc.array(write, { maxLength: 2 }));
  await fc.assert(
    fc.asyncProperty(works, delays, fc.integer({ min: 1, max: 3 }), async (work, delay, concurrency) => {
      clock = new FakeClock();
      server = new SlowServer(clock, () => delay.next().value);
      stop = new AbortController();
      for (const each of ["a", "b", "c"]) server.write("replicasets", each);
      let left = 25;
      let stale = 0;
      /** By the object whose reconcile is to see it: whether a copy has what was written. */
      const due = new Map<string, (() => boolean)[]>();
      const { controller, pods: copy } = run(
        async (request) => {
          stale += (due.get(request.name) ?? []).filter((isSeen) => !isSeen()).length;
          if (left-- <= 0) return undefined;
          for (const { resource, name, erase } of work.next().value) {
            const isSet = resource === "replicasets";
            const api = isSet ? sets() : pods();
            const old = server.get(resource, name);
            if (erase && old === undefined) continue;
            const uidBefore = old?.metadata.uid ?? "";
            const found = () => (isSet ? controller.store : copy).getWithin(name, "shop");
            // What no copy knew need not be known to be gone.
            if (erase && found()?.metadata.uid !== uidBefore) continue;
            const answer = erase ? await api.delete(name) : await api.patch(name, {});
            const { uid = "", resourceVersion } = (answer.metadata ?? {}) as KubeObject["metadata"];
            const isSeen = (): boolean => {
              const now = found();
              if (erase) return now?.metadata.uid !== uidBefore;
              if (now?.metadata.uid !== uid) return server.gone.has(uid);
              return Number(now.metadata.resourceVersion) >= Number(resourceVersion);
            };
            for (const each of isSet ? [request.name, name] : [request.name]) {
              due.set(each, [...(due.get(each) ?? []), isSeen]);
            }
            await new Promise<void>((resolve) => clock.setTimeout(resolve, 5));
          }
          return { requeueAfter: 0 };
        },
        { concurrency },
      );
      await clock.advance(200_000);
      expect(stale).toBe(0);
      expect(controller.stats).toMatchObject({ errors: 0, held: 0, overdue: 0, active: 0, depth: 0 });
      expect(left).toBeLessThanOrEqual(0);
      stop.abort();
      await running;
    }),
    { numRuns: 60 },
  );
});
