import * as fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { FakeClock, settled } from "../watch/fakes.test.helper.ts";
import { WorkQueue } from "./queue.ts";

let clock: FakeClock;
let queue: WorkQueue;

beforeEach(() => {
  clock = new FakeClock();
  queue = new WorkQueue({ clock });
});

/** The key that can be taken now, if any. */
async function taken(): Promise<string | undefined> {
  const stop = new AbortController();
  const next = queue.next(stop.signal);
  stop.abort();
  return next;
}

test("a key that is added twice is taken once", async () => {
  queue.add("a");
  queue.add("b");
  queue.add("a");
  expect(queue.size).toBe(2);
  expect([await taken(), await taken(), await taken()]).toEqual(["a", "b", undefined]);
});

test("one who waits gets what is added", async () => {
  const next = queue.next();
  queue.add("a");
  expect(await next).toBe("a");
});

test("a key that is added while it is worked on comes again when that is done, and not before", async () => {
  queue.add("a");
  await taken();
  queue.add("a");
  queue.add("a");
  expect(await taken()).toBeUndefined();
  queue.done("a");
  expect(await taken()).toBe("a");
  queue.done("a");
  expect(await taken()).toBeUndefined();
});

test("low priority waits for all others, and gives way to normal", async () => {
  queue.add("a", "low");
  queue.add("b", "low");
  queue.add("c");
  queue.add("b");
  expect([await taken(), await taken(), await taken()]).toEqual(["c", "b", "a"]);
  queue.add("c");
  queue.add("d", "low");
  queue.add("c", "low");
  queue.add("a", "low");
  queue.add("a");
  queue.add("b");
  for (const key of ["c", "b", "a"]) queue.done(key);
  expect([await taken(), await taken(), await taken(), await taken()]).toEqual(["c", "b", "a", "d"]);
});

test("of several times the earliest counts", async () => {
  queue.addAfter("a", 100);
  queue.addAfter("a", 50);
  queue.addAfter("a", 70);
  await clock.advance(49);
  expect(await taken()).toBeUndefined();
  await clock.advance(1);
  expect(await taken()).toBe("a");
  queue.done("a");
  queue.addAfter("a", 50);
  queue.add("a");
  expect(await taken()).toBe("a");
  queue.done("a");
  await clock.advance(1_000);
  expect(await taken()).toBeUndefined();
});

test("a delay may be longer than a timer can be", async () => {
  const month = 30 * 24 * 3_600_000;
  queue.addAfter("a", month);
  await clock.advance(month - 1);
  expect(await taken()).toBeUndefined();
  await clock.advance(1);
  expect(await taken()).toBe("a");
  expect(() => queue.addAfter("a", Number.NaN)).toThrow("a delay must be at least 0 ms, not NaN");
});

test("retries wait from 5 ms doubling to 1000 s, a key for itself, until it is forgotten", async () => {
  const delays: number[] = [];
  for (let tries = 0; tries < 20; tries++) {
    delays.push(queue.addRateLimited("a"));
    await clock.advance(1_000_000);
    expect(await taken()).toBe("a");
    queue.done("a");
  }
  expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
  expect(delays.slice(-3)).toEqual([655_360, 1_000_000, 1_000_000]);
  expect(queue.addRateLimited("b")).toBe(5);
  expect(queue.failures("a")).toBe(20);
  queue.forget("a");
  expect(queue.addRateLimited("a")).toBe(5);
});

test("retries of all keys together are ten a second after the first hundred", () => {
  const delays = Array.from({ length: 120 }, (_, index) => queue.addRateLimited(`key-${index}`));
  expect(new Set(delays.slice(0, 100))).toEqual(new Set([5]));
  expect(delays.slice(100, 103)).toEqual([100, 200, 300]);
  expect(delays.at(-1)).toBe(2_000);
});

test("a closed queue gives and takes nothing, and leaves no timer", async () => {
  queue.add("a");
  await taken();
  queue.add("a");
  queue.add("b");
  queue.addAfter("c", 10);
  const waiting = [queue.next(), queue.next()];
  expect(await waiting[0]).toBe("b");
  queue.close();
  expect(await waiting[1]).toBeUndefined();
  queue.done("a");
  queue.add("d");
  queue.addAfter("e", 1);
  expect(queue.size).toBe(0);
  expect(clock.pending).toBe(0);
  expect(await queue.next()).toBeUndefined();
});

test("a key that is held is given to nobody until it is released as often, and comes with its priority", async () => {
  queue.add("a");
  queue.add("b", "low");
  queue.hold("a");
  queue.hold("a");
  queue.hold("c");
  queue.add("c", "low");
  expect([queue.size, queue.held, await taken()]).toEqual([1, 2, "b"]);
  queue.release("a");
  expect(await taken()).toBeUndefined();
  queue.release("c");
  queue.release("a");
  expect(queue.held).toBe(0);
  expect([await taken(), await taken(), await taken()]).toEqual(["a", "c", undefined]);
  queue.hold("a");
  queue.add("a");
  queue.done("a");
  expect(await taken()).toBeUndefined();
  queue.release("a");
  expect(await taken()).toBe("a");
});

test("whatever happens, no key is worked on twice at a time, and what is added is worked on afterwards", async () => {
  const key = fc.constantFrom("a", "b", "c");
  const action = fc.oneof(
    fc.record({ type: fc.constant("add" as const), key, priority: fc.constantFrom("normal" as const, "low" as const) }),
    fc.record({ type: fc.constant("after" as const), key, delay: fc.nat(50) }),
    fc.record({ type: fc.constant("retry" as const), key }),
    fc.record({ type: fc.constant("take" as const) }),
    fc.record({ type: fc.constant("done" as const), key }),
    fc.record({ type: fc.constant("pass" as const), time: fc.nat(60) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      clock = new FakeClock();
      queue = new WorkQueue({ clock });
      const working = new Set<string>();
      const owed = new Set<string>();
      const take = async (): Promise<boolean> => {
        const got = await taken();
        if (got === undefined) return false;
        expect(working).not.toContain(got);
        working.add(got);
        owed.delete(got);
        return true;
      };
      for (const step of actions) {
        if (step.type === "add") queue.add(step.key, step.priority);
        if (step.type === "after") queue.addAfter(step.key, step.delay);
        if (step.type === "retry") queue.addRateLimited(step.key);
        if (step.type === "add" || step.type === "after" || step.type === "retry") owed.add(step.key);
        if (step.type === "take") await take();
        if (step.type === "done" && working.delete(step.key)) queue.done(step.key);
        if (step.type === "pass") await clock.advance(step.time);
      }
      for (const each of working) queue.done(each);
      working.clear();
      await clock.advance(1_000_000);
      while (await take());
      expect(owed).toEqual(new Set());
    }),
    { numRuns: 200 },
  );
  await settled();
});
