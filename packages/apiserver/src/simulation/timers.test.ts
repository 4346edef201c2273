import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "./clock.test.helper.ts";
import { Timers } from "./timers.ts";

test("timers run in the order of their moments, those of one moment as they were set", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ at: fc.nat(20), cancelled: fc.boolean() }), { maxLength: 60 }), (plans) => {
      const clock = new ManualClock(0);
      const timers = new Timers(clock);
      const ran: [number, number][] = [];
      plans.forEach(({ at, cancelled }, index) => {
        const cancel = timers.at(at, () => ran.push([clock.now(), index]));
        if (cancelled) cancel();
      });
      clock.advance(20);
      const kept = plans.flatMap(({ at, cancelled }, index) => (cancelled ? [] : [[at, index] as const]));
      expect(ran).toEqual(kept.sort(([a, i], [b, j]) => a - b || i - j));
    }),
  );
});

test("a moment beyond the longest timer of Node is reached all the same", () => {
  const clock = new ManualClock(0);
  const ran: number[] = [];
  const month = 30 * 24 * 3_600_000;
  new Timers(clock).at(month, () => ran.push(clock.now()));
  clock.advance(2 ** 31);
  expect(ran).toEqual([]);
  clock.advance(month);
  expect(ran).toEqual([month]);
});

test("a timer may set another, and clear forgets all", () => {
  const clock = new ManualClock(0);
  const timers = new Timers(clock);
  const ran: number[] = [];
  timers.at(5, () => timers.at(7, () => ran.push(clock.now())));
  timers.at(9, () => ran.push(clock.now()));
  clock.advance(8);
  timers.clear();
  clock.advance(100);
  expect(ran).toEqual([7]);
  expect(clock.pending).toBe(0);
});
