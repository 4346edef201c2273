import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";
import { FakeClock } from "./fakes.test.helper.ts";

function waits(random: number, count: number): number[] {
  const backoff = new Backoff(new FakeClock(), () => random);
  return Array.from({ length: count }, () => backoff.next());
}

test("doubles from 0.8 s to 30 s, spread over a factor of two at most", () => {
  expect(waits(0, 8)).toEqual([800, 1600, 3200, 6400, 12_800, 15_000, 15_000, 15_000]);
  expect(waits(0.5, 3)).toEqual([1200, 2400, 4800]);
  expect(Math.max(...waits(0.999_999, 20))).toBe(30_000);
});

test("begins anew after two minutes without a failure, counted from the end of the wait", async () => {
  const clock = new FakeClock();
  const backoff = new Backoff(clock, () => 0);
  expect([backoff.next(), backoff.next()]).toEqual([800, 1600]);
  await clock.advance(1600 + 119_999);
  expect(backoff.next()).toBe(3200);
  await clock.advance(3200 + 120_000);
  expect(backoff.next()).toBe(800);
});

test("waits as long as the server asks, never shorter than by itself", () => {
  const backoff = new Backoff(new FakeClock(), () => 0);
  expect(backoff.next(7)).toBe(7000);
  expect(backoff.next(1)).toBe(1600);
});

test("a Retry-After beyond an hour, which a timer may not hold, is an hour", () => {
  expect(new Backoff(new FakeClock(), () => 0).next(1e9)).toBe(3_600_000);
});
