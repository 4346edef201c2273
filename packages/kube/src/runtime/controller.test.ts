import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { or } from "../api/logic.ts";
import * as named from "../resource/named.ts";
import type { KubeObject } from "../resource/object.ts";
import {
  added,
  apiError,
  deleted,
  FakeClock,
  type FakeStream,
  FakeTransport,
  initialEventsEnd,
  modified,
  pod,
  settled,
} from "../watch/fakes.test.helper.ts";
import { Reflector } from "../watch/reflector.ts";
import { Controller } from "./controller.ts";
import { LeadershipLostError } from "./leader-election.ts";
import { annotationsChanged, generationChanged, labelsChanged } from "./predicates.ts";
import { type Context, type Reconcile, type RunOptions, StuckError } from "./reconcile.ts";
import type { Request } from "./request.ts";

let clock: FakeClock;
let server: FakeTransport;
let stop: AbortController;
let running: Promise<void> | undefined;

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeTransport();
  stop = new AbortController();
  running = undefined;
});
afterEach(async () => {
  stop.abort();
  await clock.advance(60_000);
  await running;
});

const replicaSets = () => Reflector.new({ transport: server, resource: named.v1ReplicaSet, clock, random: () => 0 });
const pods = () => Reflector.new({ transport: server, resource: named.v1Pod, clock, random: () => 0 });

function set(name: string, resourceVersion: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  const own = { name, namespace: "shop", uid: `uid-of-${name}`, resourceVersion, ...metadata };
  return { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: own };
}

function ownedPod(name: string, resourceVersion: string, owner: string, kind = "ReplicaSet"): KubeObject {
  const object = pod(name, resourceVersion);
  object.metadata.ownerReferences = [{ apiVersion: "apps/v1", kind, name: owner, uid: `uid-of-${owner}` }];
  return object;
}

/** What the controller has asked for: a call of it ends when the test says so, or at once. */
class Calls {
  readonly names: string[] = [];
  readonly contexts: Context<KubeObject>[] = [];
  readonly open = new Map<string, (error?: unknown) => void>();
  most = 0;
  hold = false;
  answer: (request: Request) => { requeueAfter: number } | undefined = () => undefined;

  readonly reconcile: Reconcile<KubeObject> = async (request, context) => {
    const name = request.namespace === undefined ? request.name : `${request.namespace}/${request.name}`;
    this.names.push(name);
    this.contexts.push(context);
    if (this.hold) {
      await new Promise<void>((resolve, reject) => {
        this.open.set(name, (error) => (error === undefined ? resolve() : reject(error)));
        this.most = Math.max(this.most, this.open.size);
      }).finally(() => this.open.delete(name));
    }
    return this.answer(request);
  };

  taken(): string[] {
    return this.names.splice(0);
  }
  async end(name: string, error?: unknown): Promise<void> {
    this.open.get(name)?.(error);
    await settled();
  }
}

function run(controller: Controller<KubeObject>, calls: Calls, options: Partial<RunOptions> = {}): Promise<void> {
  running = controller.run(calls.reconcile, { signal: stop.signal, errorPolicy: () => "backoff", ...options });
  return running;
}

async function listed(...objects: KubeObject[]): Promise<FakeStream> {
  const stream = (await server.call()).open();
  stream.send(...objects.map(added), initialEventsEnd("9"));
  await settled();
  return stream;
}

test("reconciles each object there is, and those that come, change and go", async () => {
  const calls = new Calls();
  const controller = Controller.new(replicaSets(), { clock });
  run(controller, calls);
  const stream = await listed(set("a", "1"), set("b", "2"));
  await controller.untilReady();
  expect(calls.taken()).toEqual(["shop/a", "shop/b"]);
  stream.send(modified(set("b", "10")), added(set("c", "11")), deleted(set("a", "12")));
  await settled();
  expect(calls.taken()).toEqual(["shop/b", "shop/c", "shop/a"]);
  expect(calls.contexts.at(-3)?.object).toEqual(set("b", "10"));
  expect(calls.contexts.at(-1)?.object).toBeUndefined();
  expect(controller.store.getWithin("c", "shop")).toEqual(set("c", "11"));
  expect(controller.stats).toMatchObject({ reconciles: 5, errors: 0, active: 0, depth: 0 });
});

test("begins when all lists are whole, with what changed meanwhile before what was there", async () => {
  const calls = new Calls();
  const controller = Controller.new(replicaSets(), { clock }).owns(pods());
  run(controller, calls);
  const stream = await listed(set("a", "1"), set("b", "2"));
  stream.send(modified(set("b", "10")));
  await settled();
  expect(calls.names).toEqual([]);
  await listed();
  expect(calls.taken()).toEqual(["shop/b", "shop/a"]);
});

test("a change of what an object owns, or of what a mapper links to it, is one of the object", async () => {
  const calls = new Calls();
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "n", resourceVersion: "1" } };
  const nodes = Reflector.new({ transport: server, resource: named.v1Node, clock });
  const controller = Controller.new(replicaSets(), { clock })
    .owns(pods())
    .watches(nodes, ({ metadata }) => [{ name: `on-${metadata.name}`, namespace: "shop" }]);
  run(controller, calls);
  await listed();
  const podStream = await listed();
  const nodeStream = await listed();
  podStream.send(added(ownedPod("p", "1", "a")), added(ownedPod("q", "2", "j", "Job")), added(pod("r", "3")));
  await settled();
  expect(calls.taken()).toEqual(["shop/a"]);
  podStream.send(modified(ownedPod("p", "4", "b")));
  await settled();
  expect(calls.taken()).toEqual(["shop/a", "shop/b"]);
  podStream.send(deleted(ownedPod("p", "5", "b")));
  nodeStream.send(added(node));
  await settled();
  expect(calls.taken().sort()).toEqual(["shop/b", "shop/on-n"]);
});

test("predicates say which changes count", async () => {
  const calls = new Calls();
  const controller = Controller.new(replicaSets(), { clock, predicate: or(generationChanged, labelsChanged) }).owns(
    pods(),
    { predicate: annotationsChanged },
  );
  run(controller, calls);
  const sets = await listed(set("a", "1", { generation: 1 }));
  const podStream = await listed();
  expect(calls.taken()).toEqual(["shop/a"]);
  sets.send(modified(set("a", "10", { generation: 1, annotations: { x: "y" } })));
  podStream.send(added(ownedPod("p", "1", "b")), modified(ownedPod("p", "2", "b")));
  await settled();
  expect(calls.taken()).toEqual(["shop/b"]);
  sets.send(modified(set("a", "11", { generation: 2 })));
  await settled();
  sets.send(modified(set("a", "12", { generation: 2, labels: { x: "y" } })));
  await settled();
  expect(calls.taken()).toEqual(["shop/a", "shop/a"]);
});

test("all changes of what has no generation count, as it cannot say which are about its spec", async () => {
  const calls = new Calls();
  run(Controller.new(replicaSets(), { clock, predicate: generationChanged }), calls);
  const sets = await listed(set("a", "1"));
  sets.send(modified(set("a", "10")));
  await settled();
  expect(calls.taken()).toEqual(["shop/a", "shop/a"]);
});

test("runs so many at a time, and what changes meanwhile once more", async () => {
  const calls = new Calls();
  calls.hold = true;
  const controller = Controller.new(replicaSets(), { clock });
  run(controller, calls, { concurrency: 2 });
  const stream = await listed(set("a", "1"), set("b", "2"), set("c", "3"));
  expect(calls.taken()).toEqual(["shop/a", "shop/b"]);
  expect(controller.stats).toMatchObject({ active: 2, depth: 1 });
  for (const version of ["10", "11", "12"]) stream.send(modified(set("a", version)));
  await settled();
  await calls.end("shop/b");
  await calls.end("shop/c");
  expect(calls.taken()).toEqual(["shop/c"]);
  await calls.end("shop/a");
  expect(calls.taken()).toEqual(["shop/a"]);
  expect(calls.contexts.at(-1)?.object?.metadata.resourceVersion).toBe("12");
  await calls.end("shop/a");
  expect(calls.most).toBe(2);
  expect(controller.stats).toMatchObject({ reconciles: 4, active: 0, depth: 0 });
});

test("comes again when asked to, unless there was a change before", async () => {
  const calls = new Calls();
  calls.answer = () => ({ requeueAfter: 60_000 });
  run(Controller.new(replicaSets(), { clock }), calls);
  const stream = await listed(set("a", "1"));
  await clock.advance(50_000);
  stream.send(modified(set("a", "10")));
  await clock.advance(50_000);
  expect(calls.taken()).toEqual(["shop/a", "shop/a"]);
  await clock.advance(10_000);
  expect(calls.taken()).toEqual(["shop/a"]);
});

test("a failure is tried again as the error policy says", async () => {
  const calls = new Calls();
  const seen: [string, unknown, number][] = [];
  const failure = new Error("no");
  let fails = true;
  calls.answer = () => {
    if (fails) throw failure;
    return undefined;
  };
  const controller = Controller.new(replicaSets(), { clock });
  run(controller, calls, {
    errorPolicy: ({ name }, error, failures) => {
      seen.push([name, error, failures]);
      if (name === "b") return "done";
      return failures === 3 ? { requeueAfter: 500 } : "backoff";
    },
  });
  const stream = await listed(set("a", "1"), set("b", "2"));
  await clock.advance(14);
  expect(calls.taken()).toEqual(["shop/a", "shop/b", "shop/a"]);
  await clock.advance(1);
  expect(calls.taken()).toEqual(["shop/a"]);
  await clock.advance(499);
  expect(calls.taken()).toEqual([]);
  fails = false;
  await clock.advance(1);
  expect(calls.taken()).toEqual(["shop/a"]);
  expect(seen).toEqual([
    ["a", failure, 1],
    ["b", failure, 1],
    ["a", failure, 2],
    ["a", failure, 3],
  ]);
  expect(controller.stats).toMatchObject({ reconciles: 5, errors: 4, retries: 3 });
  fails = true;
  stream.send(modified(set("a", "10")));
  await settled();
  expect(seen.at(-1)).toEqual(["a", failure, 1]);
});

test("one that takes too long is told so, and runs alone until it ends", async () => {
  const calls = new Calls();
  calls.hold = true;
  const controller = Controller.new(replicaSets(), { clock });
  run(controller, calls, { timeout: 1_000 });
  const stream = await listed(set("a", "1"));
  await clock.advance(999);
  const { signal } = calls.contexts[0]!;
  expect(signal.aborted).toBe(false);
  await clock.advance(1);
  expect(signal.reason).toMatchObject({ name: "TimeoutError", message: "the reconcile took longer than 1000 ms" });
  stream.send(modified(set("a", "10")));
  await settled();
  expect(calls.taken()).toEqual(["shop/a"]);
  await calls.end("shop/a", signal.reason);
  expect(calls.taken()).toEqual(["shop/a"]);
  expect(controller.stats).toMatchObject({ timeouts: 1, errors: 1, milliseconds: 1_000 });
  await calls.end("shop/a");
});

test("a stop begins nothing and waits for what runs, whose signal aborts when its time is up", async () => {
  const calls = new Calls();
  calls.hold = true;
  let over = false;
  const run1 = run(Controller.new(replicaSets(), { clock }), calls, {
    gracePeriod: 5_000,
    errorPolicy: () => expect.fail(),
  });
  run1.then(() => {
    over = true;
  });
  const stream = await listed(set("a", "1"), set("b", "2"));
  stop.abort(new Error("stop"));
  await clock.advance(4_999);
  expect(calls.taken()).toEqual(["shop/a"]);
  expect(calls.contexts[0]?.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(calls.contexts[0]?.signal.reason).toEqual(new Error("stop"));
  expect(over).toBe(false);
  await calls.end("shop/a", new Error("called off"));
  await run1;
  expect(calls.taken()).toEqual([]);
  expect(stream.body.destroyed).toBe(true);
  expect(clock.pending).toBe(0);
});

test("a reconcile that never ends holds up no stop for longer than a second, and is named", async () => {
  const calls = new Calls();
  calls.hold = true;
  const controller = Controller.new(replicaSets(), { clock });
  const running1 = run(controller, calls, { gracePeriod: 5_000, timeout: 1_000, concurrency: 3 });
  const failed = running1.catch((error: unknown) => error);
  running = undefined;
  await listed(set("a", "1"), set("b", "2"), set("c", "3"));
  await clock.advance(999);
  expect(controller.stats).toMatchObject({ active: 3, stuck: 0 });
  await clock.advance(1);
  expect(controller.stats).toMatchObject({ active: 3, stuck: 3, timeouts: 3 });
  stop.abort();
  await clock.advance(5_000);
  await calls.end("shop/b", new Error("called off"));
  expect(controller.stats).toMatchObject({ active: 2, stuck: 2 });
  let over = false;
  failed.then(() => {
    over = true;
  });
  await clock.advance(999);
  expect(over).toBe(false);
  await clock.advance(1);
  const error = await failed;
  expect(error).toBeInstanceOf(StuckError);
  expect(error).toMatchObject({
    message: "not ended, although told to: the reconciles of shop/a, shop/c",
    requests: [
      { name: "a", namespace: "shop" },
      { name: "c", namespace: "shop" },
    ],
  });
  expect(clock.pending).toBe(0);
  await calls.end("shop/a");
  await calls.end("shop/c", new Error("at last"));
  expect(controller.stats).toMatchObject({ active: 0, stuck: 0 });
});

test("an object whose reconcile was left behind is reconciled again when that has ended, and others at once", async () => {
  const calls = new Calls();
  calls.hold = true;
  const controller = Controller.new(replicaSets(), { clock });
  const run1 = run(controller, calls);
  await listed(set("a", "1"));
  stop.abort(new LeadershipLostError("lost"));
  const left = expect(run1).rejects.toThrow("the reconcile of shop/a");
  await clock.advance(1_000);
  await left;
  stop = new AbortController();
  calls.hold = false;
  run(controller, calls);
  await listed(set("a", "1"), set("b", "2"));
  expect(calls.taken()).toEqual(["shop/a", "shop/b"]);
  expect(controller.stats).toMatchObject({ active: 1, held: 1 });
  await calls.end("shop/a");
  expect(calls.taken()).toEqual(["shop/a"]);
  expect(controller.stats).toMatchObject({ active: 0, held: 0, reconciles: 3 });
});

test("lost leadership aborts what runs at once", async () => {
  const calls = new Calls();
  calls.hold = true;
  run(Controller.new(replicaSets(), { clock }), calls);
  await listed(set("a", "1"));
  stop.abort(new LeadershipLostError("lost"));
  expect(calls.contexts[0]?.signal.aborted).toBe(true);
  await calls.end("shop/a");
});

test("may be stopped before it is ready, and run again, when all is reconciled again", async () => {
  const calls = new Calls();
  const controller = Controller.new(replicaSets(), { clock });
  for (const expected of [[], ["shop/a"], ["shop/a", "shop/b"]]) {
    stop = new AbortController();
    const run1 = run(controller, calls);
    await expect(
      controller.run(calls.reconcile, { signal: stop.signal, errorPolicy: () => expect.fail() }),
    ).rejects.toThrow("this controller is running already");
    if (expected.length > 0) await listed(...expected.map((name) => set(name.slice(5), "1")));
    else await server.call();
    stop.abort();
    await run1;
    expect(calls.taken()).toEqual(expected);
  }
});

test("begins a second time with what there is then, not with what it knew", async () => {
  const calls = new Calls();
  const controller = Controller.new(replicaSets(), { clock });
  const run1 = run(controller, calls);
  await listed(set("a", "1"), set("b", "2"));
  stop.abort();
  await run1;
  calls.taken();
  stop = new AbortController();
  run(controller, calls);
  await clock.advance(5_000);
  expect(calls.taken()).toEqual([]);
  await listed(set("a", "3"), set("b", "2"));
  expect(calls.taken()).toEqual(["shop/a", "shop/b"]);
  expect(calls.contexts.at(-2)?.object).toEqual(set("a", "3"));
});

test("a watch that fails and a mapper that throws are told, and nothing ends", async () => {
  const calls = new Calls();
  const told: [unknown, string][] = [];
  const controller = Controller.new(replicaSets(), { clock }).watches(pods(), ({ metadata }) => {
    if (metadata.name === "p") throw new Error("p?");
    return [{ name: "a" }];
  });
  run(controller, calls, { onWatchError: (error, { plural }) => told.push([error, plural]) });
  (await server.call()).fail(apiError(403, "Forbidden"));
  await listed(pod("p", "1"), pod("q", "2"));
  expect(calls.names).toEqual([]);
  await clock.advance(800);
  await listed();
  expect(calls.taken()).toEqual(["a"]);
  expect(told).toEqual([
    [apiError(403, "Forbidden"), "replicasets"],
    [new Error("p?"), "pods"],
  ]);
  expect(controller.stats).toMatchObject({ watchErrors: 1, mappingErrors: 1 });
});

test("an error policy that throws, and a namespace that cannot be, end the run", async () => {
  const calls = new Calls();
  calls.answer = () => {
    throw new Error("no");
  };
  const mistaken = run(Controller.new(replicaSets(), { clock }), calls, {
    concurrency: 2,
    errorPolicy: () => {
      throw new Error("a mistake");
    },
  });
  running = undefined;
  const failed = expect(mistaken).rejects.toThrow("a mistake");
  await listed(set("a", "1"), set("b", "2"));
  await failed;
  expect(clock.pending).toBe(0);

  const settings = { transport: server, resource: named.v1Pod, namespace: "no/where", clock };
  const nowhere = Controller.new(Reflector.new(settings), { clock }).owns(pods());
  const refused = nowhere.run(calls.reconcile, { signal: stop.signal, errorPolicy: () => expect.fail() });
  await expect(refused).rejects.toThrow(/no\/where/);
  await expect(run(nowhere, calls, { concurrency: 0 })).rejects.toThrow(RangeError);
  running = undefined;
});

test("whatever comes in between, the last reconcile of each object succeeds, and has seen its last change", async () => {
  const action = fc.oneof(
    { arbitrary: fc.record({ type: fc.constant("change" as const), name: fc.constantFrom("a", "b", "c") }), weight: 3 },
    fc.record({ type: fc.constant("delete" as const), name: fc.constantFrom("a", "b", "c") }),
    fc.record({ type: fc.constant("pass" as const), time: fc.nat(30) }),
    fc.record({ type: fc.constant("restart" as const) }),
  );
  /** Milliseconds of each reconcile in turn, and whether it fails. */
  const works = fc.infiniteStream(fc.tuple(fc.nat(20), fc.boolean()));
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 30 }),
      works,
      fc.integer({ min: 1, max: 3 }),
      async (actions, work, concurrency) => {
        clock = new FakeClock();
        server = new FakeTransport();
        const there = new Map<string, KubeObject>();
        const done = new Map<string, string | undefined>();
        const active = new Set<string>();
        let calm = false;
        let twice = false;
        const restarted = actions.some(({ type }) => type === "restart");
        let version = 10;
        const reconcile: Reconcile<KubeObject> = async ({ name }, { object }) => {
          twice ||= active.has(name);
          active.add(name);
          const [time, fails] = work.next().value;
          await new Promise<void>((resolve) => clock.setTimeout(resolve, time));
          active.delete(name);
          if (fails && !calm) throw new Error("no");
          done.set(name, object?.metadata.resourceVersion);
        };
        const controller = Controller.new(replicaSets(), { clock });
        const start = async () => {
          stop = new AbortController();
          running = controller.run(reconcile, { signal: stop.signal, concurrency, errorPolicy: () => "backoff" });
          return listed(...there.values());
        };
        let stream = await start();
        for (const step of actions) {
          if (step.type === "change") {
            const object = set(step.name, String(++version));
            stream.send(there.has(step.name) ? modified(object) : added(object));
            there.set(step.name, object);
          }
          if (step.type === "delete" && there.has(step.name)) {
            stream.send(deleted(set(step.name, String(++version))));
            there.delete(step.name);
          }
          if (step.type === "pass") await clock.advance(step.time);
          if (step.type === "restart") {
            stop.abort();
            await clock.advance(1_000);
            await running;
            stream = await start();
          }
        }
        calm = true;
        await clock.advance(2_000_000);
        expect(twice).toBe(false);
        for (const [name, { metadata }] of there) expect(done.get(name)).toBe(metadata.resourceVersion);
        // As with another process, what went before a restart may not be known after it.
        const gone = restarted ? [] : [...done.keys()].filter((name) => !there.has(name));
        for (const name of gone) expect(done.get(name)).toBeUndefined();
        stop.abort();
        await running;
        running = undefined;
      },
    ),
    { numRuns: 50 },
  );
});
