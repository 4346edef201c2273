import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as named from "../resource/named.ts";
import type { KubeObject } from "../resource/object.ts";
import { FakeClock, settled } from "../watch/fakes.test.helper.ts";
import { Reflector } from "../watch/reflector.ts";
import { Controller } from "./controller.ts";
import { LeadershipLostError } from "./leader-election.ts";
import type { RunOptions } from "./reconcile.ts";
import { SlowServer } from "./slow-server.test.helper.ts";

let clock: FakeClock;
let server: SlowServer;
let controller: Controller<KubeObject>;
let stop: AbortController;
let warm: Promise<void>;
/** Names, with the resourceVersion that was seen. */
let reconciled: string[];

const copyOf = (resource: typeof named.v1Pod, namespace = "shop") =>
  Reflector.new<KubeObject>({ transport: server, resource, namespace, clock, random: () => 0 });

beforeEach(() => {
  clock = new FakeClock();
  server = new SlowServer(clock);
  stop = new AbortController();
  reconciled = [];
  controller = Controller.new(copyOf(named.v1ReplicaSet), { clock }).watches(copyOf(named.v1Pod), ({ metadata }) => [
    { name: metadata.name ?? "", namespace: "shop" },
  ]);
});
afterEach(async () => {
  stop.abort();
  await clock.advance(60_000);
  await warm?.catch(() => {});
});

function begin(options: Partial<RunOptions> = {}): { end(reason?: Error): Promise<void>; running: Promise<void> } {
  const leading = new AbortController();
  const running = controller.run(
    async ({ name }, { object }) => {
      reconciled.push(`${name}@${object?.metadata.resourceVersion}`);
    },
    { signal: leading.signal, errorPolicy: () => "backoff", ...options },
  );
  const end = async (reason?: Error): Promise<void> => {
    leading.abort(reason);
    await running;
  };
  return { end, running };
}

test("what is warm reconciles nothing, and when it is run all at once, without another request", async () => {
  server.write("replicasets", "a");
  warm = controller.warmUp({ signal: stop.signal });
  await controller.untilReady();
  server.write("replicasets", "b");
  server.write("replicasets", "a");
  await clock.advance(60_000);
  expect([reconciled, server.lists]).toEqual([[], 2]);
  const { end } = begin();
  await settled();
  expect(reconciled).toEqual(["a@13", "b@12"]);
  server.write("replicasets", "b");
  server.write("pods", "a");
  await clock.advance(0);
  expect(reconciled.slice(2)).toEqual(["b@14", "a@13"]);
  expect(server.lists).toBe(2);
  await end();
});

test("it stays warm when leadership is lost, and is run again with what has changed since", async () => {
  server.write("replicasets", "a");
  warm = controller.warmUp({ signal: stop.signal });
  await controller.untilReady();
  for (const version of [11, 12, 13]) {
    const { end } = begin();
    await settled();
    expect(reconciled.splice(0)).toEqual([`a@${version}`]);
    await end(new LeadershipLostError("lost"));
    server.write("replicasets", "a");
    await clock.advance(0);
    expect(reconciled).toEqual([]);
    expect(controller.store.get("a")?.metadata.resourceVersion).toBe(String(version + 1));
  }
  expect(server.lists).toBe(2);
  stop.abort();
  await warm;
  expect(clock.pending).toBe(0);
});

test("one that leads before it is warm begins when the lists are whole", async () => {
  server.write("replicasets", "a");
  warm = controller.warmUp({ signal: stop.signal });
  const { end } = begin();
  await settled();
  expect([reconciled, server.lists]).toEqual([["a@11"], 2]);
  await end();
});

test("a run that outlives its warm-up watches by itself", async () => {
  server.write("replicasets", "a");
  warm = controller.warmUp({ signal: stop.signal });
  const { end } = begin();
  await settled();
  stop.abort();
  await warm;
  server.write("replicasets", "b");
  await clock.advance(0);
  expect(reconciled).toEqual(["a@11", "b@12"]);
  expect(server.lists).toBe(4);
  await end();
});

test("what watches already is not warmed up, and what cannot be watched is an error", async () => {
  warm = controller.warmUp({ signal: stop.signal });
  await expect(controller.warmUp({ signal: stop.signal })).rejects.toThrow("this controller is watching already");
  stop.abort();
  await warm;
  const { end } = begin();
  await expect(controller.warmUp({ signal: stop.signal })).rejects.toThrow("this controller is watching already");
  await end();

  const nowhere = Controller.new(copyOf(named.v1Pod, "no/where"), { clock });
  const failed = nowhere.warmUp({ signal: new AbortController().signal });
  const ran = nowhere.run(async () => {}, { signal: new AbortController().signal, errorPolicy: () => "backoff" });
  await expect(failed).rejects.toThrow(/no\/where/);
  await expect(ran).rejects.toThrow(/no\/where/);
});

test("whoever began the watches is told how they fare, and who reconciles what its mapper throws", async () => {
  const told: string[] = [];
  controller.watches(copyOf(named.v1Pod), () => {
    throw new Error("which?");
  });
  server.write("pods", "p");
  const tell = (whom: string) => (error: unknown) => void told.push(`${whom}: ${(error as Error).message}`);
  warm = controller.warmUp({ signal: stop.signal, onWatchError: tell("warm-up") });
  await controller.untilReady();
  expect(told).toEqual([]);
  const { end } = begin({ onWatchError: tell("run") });
  server.cut();
  await settled();
  const broke = "warm-up: the watch connection broke: socket hang up";
  expect(told.sort()).toEqual(["run: which?", broke, broke]);
  await end();
  const { running } = begin({
    onWatchError: () => {
      throw new Error("enough");
    },
  });
  await expect(running).rejects.toThrow("enough");
});

test("whenever it leads, every object is reconciled as it is then, at the first once", async () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant("write" as const), name: fc.constantFrom("a", "b", "c") }),
    fc.record({ type: fc.constant("delete" as const), name: fc.constantFrom("a", "b", "c") }),
    fc.record({ type: fc.constantFrom("lead" as const, "lose" as const, "wait" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      clock = new FakeClock();
      server = new SlowServer(clock);
      stop = new AbortController();
      controller = Controller.new(copyOf(named.v1ReplicaSet), { clock });
      warm = controller.warmUp({ signal: stop.signal });
      await controller.untilReady();
      let run: ReturnType<typeof begin> | undefined;
      const all = () => controller.store.state().map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`);
      for (const each of [...steps, { type: "lose" as const }, { type: "lead" as const }]) {
        if (each.type === "write") server.write("replicasets", each.name);
        if (each.type === "delete" && server.get("replicasets", each.name)) server.delete("replicasets", each.name);
        if (each.type === "wait") await clock.advance(0);
        if (each.type === "lose") {
          await clock.advance(0);
          await run?.end(new LeadershipLostError("lost"));
          run = undefined;
        }
        if (each.type === "lead" && run === undefined) {
          await clock.advance(0);
          reconciled = [];
          run = begin();
          await settled();
          expect(reconciled.sort()).toEqual(all().sort());
        }
      }
      expect(server.lists).toBe(1);
      await run?.end();
      stop.abort();
      await warm;
    }),
    { numRuns: 50 },
  );
});
