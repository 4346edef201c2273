import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeClock, settled } from "../watch/fakes.test.helper.ts";
import { type LeaderElectionOptions, LeaderElector, LeadershipLostError } from "./leader-election.ts";
import { LeaseServer, Process } from "./lease-server.test.helper.ts";
import { StuckError } from "./reconcile.ts";

let clock: FakeClock;
let server: LeaseServer;
let candidates: Candidate[];

beforeEach(() => {
  clock = new FakeClock();
  server = new LeaseServer();
  candidates = [];
});
afterEach(end);

async function end(): Promise<void> {
  for (const { process, stop } of candidates) {
    process.line = "good";
    stop.abort();
    await process.resume();
  }
  await clock.advance(60_000);
  await Promise.all(candidates.map(({ running }) => running));
}

class Candidate {
  readonly process = new Process(server, clock);
  readonly stop = new AbortController();
  readonly elector: LeaderElector;
  readonly errors: unknown[] = [];
  readonly leaders: string[] = [];
  /** Terms that were begun. */
  terms = 0;
  /** The work of the term that is going on. */
  work: { signal: AbortSignal; end: (error?: unknown) => void } | undefined;
  /** Milliseconds that the work takes to end once it is told to. */
  slow = 0;
  readonly running: Promise<void>;

  constructor(identity: string, options: Partial<LeaderElectionOptions> = {}) {
    this.elector = new LeaderElector({
      client: this.process,
      clock: this.process,
      wallClock: () => clock.now(),
      random: () => 0,
      namespace: "shop",
      name: "lead",
      identity,
      onError: (error) => this.errors.push(error),
      onNewLeader: (leader) => this.leaders.push(leader),
      ...options,
    });
    this.running = this.elector.run((signal) => this.#lead(signal), { signal: this.stop.signal });
    candidates.push(this);
  }

  #lead(signal: AbortSignal): Promise<void> {
    this.terms++;
    return new Promise<void>((resolve, reject) => {
      this.work = { signal, end: (error) => (error === undefined ? resolve() : reject(error)) };
      const onAbort = (): void => {
        if (this.slow === 0) reject(signal.reason);
        else clock.setTimeout(resolve, this.slow);
      };
      signal.addEventListener("abort", onAbort);
      if (signal.aborted) onAbort();
    }).finally(() => {
      this.work = undefined;
    });
  }
}

test("the first to come leads, and keeps the lease", async () => {
  const a = new Candidate("a");
  const b = new Candidate("b");
  await clock.advance(0);
  expect([a.work, b.work]).toEqual([expect.anything(), undefined]);
  const { acquireTime } = server.lease!.spec!;
  expect(server.lease?.spec).toEqual({
    holderIdentity: "a",
    leaseDurationSeconds: 15,
    acquireTime,
    renewTime: acquireTime,
    leaseTransitions: 0,
  });
  expect(acquireTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  await clock.advance(120_000);
  expect([a.terms, b.terms]).toEqual([1, 0]);
  expect([a.elector.isLeader, b.elector.isLeader, b.elector.leader]).toEqual([true, false, "a"]);
  expect(server.lease?.spec).toMatchObject({ acquireTime, leaseTransitions: 0 });
  expect(server.lease?.spec?.renewTime).not.toBe(acquireTime);
  expect([a.leaders, b.leaders]).toEqual([["a"], ["a"]]);
});

test("a leader that is stopped ends its work, and then leaves the lease to the next at once", async () => {
  const a = new Candidate("a");
  const b = new Candidate("b");
  await clock.advance(0);
  a.slow = 29_500;
  a.stop.abort();
  await clock.advance(29_499);
  expect([a.elector.isLeader, b.terms]).toEqual([true, 0]);
  await clock.advance(1);
  await a.running;
  expect(server.lease?.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  await clock.advance(2_000);
  expect(b.work).toBeDefined();
  expect(server.lease?.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1, leaseDurationSeconds: 15 });
});

test("each leader has a greater term than those before, and only while it leads", async () => {
  const a = new Candidate("a");
  const b = new Candidate("b");
  await clock.advance(0);
  expect([a.elector.term, b.elector.term]).toEqual([0, undefined]);
  a.process.line = "lost";
  await clock.advance(10_000);
  expect([a.elector.term, b.elector.term]).toEqual([undefined, undefined]);
  await clock.advance(20_000);
  expect([a.elector.term, b.elector.term]).toEqual([undefined, 1]);
});

test("a leader whose work does not end leaves the lease to run out", async () => {
  const a = new Candidate("a");
  const failed = expect(a.running).rejects.toThrow(StuckError);
  candidates.pop();
  await clock.advance(0);
  a.work!.end(new StuckError([{ name: "x" }]));
  await failed;
  expect([server.lease?.spec?.holderIdentity, a.elector.isLeader]).toEqual(["a", false]);
});

test("a leader whose work ends by itself, or fails, is done", async () => {
  const a = new Candidate("a");
  await clock.advance(0);
  a.work!.end();
  await a.running;
  expect(server.lease?.spec?.holderIdentity).toBe("");
  const b = new Candidate("b");
  const failed = expect(b.running).rejects.toThrow("no");
  candidates.pop();
  await clock.advance(0);
  b.work!.end(new Error("no"));
  await failed;
  expect(server.lease?.spec?.holderIdentity).toBe("");
});

test("without release the next one waits for the lease to run out", async () => {
  const a = new Candidate("a", { release: false });
  const b = new Candidate("b");
  await clock.advance(0);
  a.stop.abort();
  await a.running;
  await clock.advance(14_999);
  expect(b.terms).toBe(0);
  await clock.advance(4_000);
  expect(b.terms).toBe(1);
});

test.each(["lost", "mute"] as const)("a leader whose line is %s gives up before another begins", async (line) => {
  const a = new Candidate("a");
  const b = new Candidate("b");
  await clock.advance(4_000);
  const { signal } = a.work!;
  a.process.line = line;
  await clock.advance(9_999);
  expect([signal.aborted, b.terms]).toEqual([false, 0]);
  await clock.advance(1);
  expect(signal.reason).toBeInstanceOf(LeadershipLostError);
  expect([a.work, a.elector.isLeader, b.terms]).toEqual([undefined, false, 0]);
  expect(a.errors.length).toBeGreaterThan(0);
  await clock.advance(17_000);
  expect([a.terms, b.terms]).toEqual([1, 1]);
  a.process.line = "good";
  await clock.advance(60_000);
  expect([a.terms, b.terms, a.elector.leader]).toEqual([1, 1, "b"]);
});

test("a leader that loses touch for a while keeps the lease", async () => {
  const a = new Candidate("a");
  await clock.advance(4_000);
  a.process.line = "mute";
  await clock.advance(9_000);
  a.process.line = "good";
  await clock.advance(30_000);
  expect(a.terms).toBe(2);
  a.process.line = "lost";
  await clock.advance(1_000);
  a.process.line = "good";
  await clock.advance(30_000);
  expect([a.terms, a.elector.isLeader]).toEqual([2, true]);
});

test("a process that was stopped does not lead when it goes on, and learns it before its next renewal", async () => {
  const a = new Candidate("a");
  const b = new Candidate("b");
  await clock.advance(4_000);
  const { signal } = a.work!;
  a.process.stop();
  await clock.advance(9_999);
  expect(a.elector.isLeader).toBe(true);
  await clock.advance(1);
  expect(a.elector.isLeader).toBe(false);
  await clock.advance(9_000);
  expect(b.work).toBeDefined();
  const resumed = a.process.resume();
  expect(a.elector.isLeader).toBe(false);
  await resumed;
  expect(signal.aborted).toBe(true);
  await clock.advance(30_000);
  expect([a.terms, b.terms]).toEqual([1, 1]);
  expect(server.lease?.spec?.holderIdentity).toBe("b");
});

test("a renewal counts from when it was asked for, however late its answer is seen", async () => {
  const a = new Candidate("a");
  const b = new Candidate("b");
  await clock.advance(0);
  a.process.latency = 1_000;
  await clock.advance(2_500);
  const asked = server.requests.length;
  a.process.stop();
  await clock.advance(1_000);
  expect(server.requests.length).toBeGreaterThan(asked);
  await clock.advance(20_000);
  expect(b.work).toBeDefined();
  const leads: boolean[] = [];
  a.work!.signal.addEventListener("abort", () => leads.push(a.elector.isLeader));
  await a.process.resume();
  await settled();
  expect([leads, a.elector.isLeader, b.elector.isLeader]).toEqual([[false], false, true]);
});

test("a machine that slept, whose monotonic clock slept with it, does not lead when it wakes", async () => {
  let wall = 0;
  const a = new Candidate("a", { wallClock: () => clock.now() + wall });
  await clock.advance(4_000);
  const { signal } = a.work!;
  wall = 3_600_000;
  expect(a.elector.isLeader).toBe(false);
  await clock.advance(2_000);
  expect(signal.aborted).toBe(true);
  // Nobody else has taken it.
  await clock.advance(2_000);
  expect([a.terms, a.elector.isLeader]).toEqual([2, true]);
});

test("a candidate believes no clock but its own, and what the holder was promised", async () => {
  server.write({
    metadata: { name: "lead" },
    spec: { holderIdentity: "x", leaseDurationSeconds: 40, renewTime: "1999-01-01T00:00:00.000000Z", strategy: "S" },
  });
  const a = new Candidate("a");
  await clock.advance(39_999);
  expect([a.terms, a.elector.leader]).toEqual([0, "x"]);
  await clock.advance(2_001);
  expect(a.terms).toBe(1);
  expect(server.lease?.spec).toMatchObject({ holderIdentity: "a", leaseTransitions: 1, strategy: "S" });
});

test("a leader steps down when it sees that another was given the lease", async () => {
  const a = new Candidate("a");
  await clock.advance(0);
  server.write({ ...server.lease!, spec: { ...server.lease?.spec, holderIdentity: "x" } });
  await clock.advance(4_000);
  expect([a.work, a.elector.leader]).toEqual([undefined, "x"]);
  expect(a.leaders).toEqual(["a", "x"]);
});

test("a lease that somebody labels or deletes stays with its leader", async () => {
  const a = new Candidate("a");
  await clock.advance(0);
  server.write({ ...server.lease!, metadata: { ...server.lease!.metadata, labels: { x: "y" } } });
  await clock.advance(4_000);
  expect(server.lease?.metadata.labels).toEqual({ x: "y" });
  server.lease = undefined;
  await clock.advance(6_000);
  expect(server.lease).toMatchObject({ spec: { holderIdentity: "a" } });
  expect([a.terms, a.errors]).toEqual([1, []]);
});

test("times that do not fit each other are refused", () => {
  const options = { client: new Process(server, clock), namespace: "shop", name: "lead" };
  expect(() => new LeaderElector({ ...options, leaseDuration: 10_000 })).toThrow(RangeError);
  expect(() => new LeaderElector({ ...options, leaseDuration: 15_500 })).toThrow(/15500.*whole seconds/);
  expect(() => new LeaderElector({ ...options, retryPeriod: 10_000 })).toThrow(RangeError);
});

test("whatever happens to processes and lines, no two lead, and in the end one does", async () => {
  const who = fc.nat(2);
  const pass = fc.record({ type: fc.constant("pass" as const), time: fc.nat(15) });
  const action = fc.oneof(
    { arbitrary: pass, weight: 3 },
    fc.record({ type: fc.constant("stop" as const), who }),
    fc.record({ type: fc.constant("resume" as const), who }),
    fc.record({ type: fc.constant("line" as const), who, line: fc.constantFrom("good", "lost", "mute") }),
    fc.record({ type: fc.constant("latency" as const), who, latency: fc.constantFrom(0, 300, 3_000, 12_000) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40, size: "max" }), async (actions) => {
      clock = new FakeClock();
      server = new LeaseServer();
      candidates = [];
      for (const identity of ["a", "b", "c"]) new Candidate(identity);
      const leading = () => candidates.filter(({ work, elector }) => work !== undefined && elector.isLeader);
      for (const step of [...actions, { type: "pass" as const, time: 1 }]) {
        if (step.type === "stop") candidates[step.who]!.process.stop();
        if (step.type === "resume") await candidates[step.who]!.process.resume();
        if (step.type === "line") candidates[step.who]!.process.line = step.line as "good";
        if (step.type === "latency") candidates[step.who]!.process.latency = step.latency;
        for (let second = 0; step.type === "pass" && second < step.time; second++) {
          await clock.advance(1_000);
          expect(leading().length).toBeLessThan(2);
          // Where nothing is stopped, those whose signal has not aborted are the same.
          const working = candidates.filter(({ work, process }) => work?.signal.aborted === false && !process.stopped);
          expect(working.length).toBeLessThan(2);
        }
      }
      for (const { process } of candidates) {
        process.line = "good";
        process.latency = 0;
        await process.resume();
      }
      await clock.advance(40_000);
      expect(leading()).toHaveLength(1);
      await end();
      expect(server.lease?.spec?.holderIdentity).toBe("");
      candidates = [];
    }),
    { numRuns: 100 },
  );
}, 60_000);
