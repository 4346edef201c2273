import { expect, onTestFinished, test, vi } from "vitest";
import { diagnostics, type LeaderMessage, type QueueMessage, type ReconcileMessage } from "../client/diagnostics.ts";
import * as named from "../resource/named.ts";
import { added, FakeClock, FakeTransport, initialEventsEnd, pod, settled } from "../watch/fakes.test.helper.ts";
import { Reflector } from "../watch/reflector.ts";
import { Controller } from "./controller.ts";
import { LeaderElector } from "./leader-election.ts";
import { LeaseServer, Process } from "./lease-server.test.helper.ts";
import { WorkQueue } from "./queue.ts";

test("a reconcile tells of its end, its wish and its failure, and the queue of its depth", async () => {
  const clock = new FakeClock();
  const server = new FakeTransport();
  const stop = new AbortController();
  const told: [string, ReconcileMessage][] = [];
  const note = (name: string) => (message: ReconcileMessage) => void told.push([name, { ...message }]);
  const listeners = { start: note("start"), error: note("error"), asyncEnd: note("end") };
  diagnostics.reconcile.subscribe(listeners);
  const depths: QueueMessage[] = [];
  const depth = (message: QueueMessage) => depths.push(message);
  diagnostics.queue.subscribe(depth);
  onTestFinished(() => {
    diagnostics.reconcile.unsubscribe(listeners);
    diagnostics.queue.unsubscribe(depth);
  });

  const pods = Reflector.new({ transport: server, resource: named.v1Pod, clock, random: () => 0 });
  const running = Controller.new(pods, { clock }).run(
    async ({ name }) => {
      if (name === "bad") throw new TypeError("s3cr3t");
      return { requeueAfter: 5_000 };
    },
    { signal: stop.signal, errorPolicy: () => "done" },
  );
  (await server.call()).open().send(added(pod("good", "1")), added(pod("bad", "2")), initialEventsEnd("10"));
  await vi.waitFor(() => expect(told.filter(([name]) => name === "end")).toHaveLength(2));
  const good = { controller: "pods", namespace: "shop", name: "good" };
  const bad = { ...good, name: "bad" };
  const error = { name: "TypeError" };
  expect(told).toMatchObject([
    ["start", { ...good, duration: undefined }],
    ["end", { ...good, duration: expect.any(Number), requeueAfter: 5_000, error: undefined }],
    ["start", bad],
    ["error", { ...bad, error }],
    ["end", { ...bad, requeueAfter: undefined, error }],
  ]);
  expect(depths.map((message) => message.depth)).toEqual([1, 2, 1, 0]);
  expect(depths[0]?.queue).toBe("pods");
  expect(JSON.stringify(told)).not.toContain("s3cr3t");
  stop.abort();
  await clock.advance(60_000);
  await running;
});

test("a queue that has a name tells its depth whenever it changes, be it that a key is held back", () => {
  const told: QueueMessage[] = [];
  const note = (message: QueueMessage) => told.push(message);
  diagnostics.queue.subscribe(note);
  onTestFinished(() => void diagnostics.queue.unsubscribe(note));
  new WorkQueue().add("a");
  const queue = new WorkQueue({ name: "pods" });
  queue.add("a");
  queue.add("b", "low");
  queue.hold("b");
  queue.release("b");
  queue.close();
  expect(told).toEqual([1, 2, 1, 2, 0].map((depth) => ({ queue: "pods", depth })));
});

test("a leader tells when it begins, when it has lost and when it leaves", async () => {
  const clock = new FakeClock();
  const line = new Process(new LeaseServer(), clock);
  const told: LeaderMessage[] = [];
  const note = (message: LeaderMessage) => told.push(message);
  diagnostics.leader.subscribe(note);
  onTestFinished(() => void diagnostics.leader.unsubscribe(note));
  const stop = new AbortController();
  const common = { client: line, clock: line, wallClock: () => clock.now(), random: () => 0 };
  const elector = new LeaderElector({ ...common, namespace: "shop", name: "lead", identity: "a" });
  const lead = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const running = elector.run(lead, { signal: stop.signal });
  await settled();
  expect(told).toEqual([{ type: "acquired", namespace: "shop", name: "lead", identity: "a" }]);
  line.line = "lost";
  await clock.advance(15_000);
  line.line = "good";
  await clock.advance(20_000);
  stop.abort();
  await clock.advance(1_000);
  await running;
  expect(told.map(({ type }) => type)).toEqual(["acquired", "lost", "acquired", "released"]);
});
