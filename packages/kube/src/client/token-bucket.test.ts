import fc from "fast-check";
import { expect, test } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

/** What happens to a bucket: time passes, a token is taken, or the one taken last is given back. */
const step = fc.oneof(
  fc.nat(2_000).map((milliseconds) => ({ type: "pass", milliseconds }) as const),
  fc.constant({ type: "reserve" } as const),
  fc.constant({ type: "give back" } as const),
);

test("in no stretch of time go more than were saved up and came in it, whatever is given back", () => {
  fc.assert(
    fc.property(
      fc.array(step),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 500 }),
      (steps, burst, interval) => {
        let now = 1_000;
        const bucket = new TokenBucket({ now: () => now }, { burst, interval });
        const turns: number[] = [];
        for (const each of steps) {
          if (each.type === "pass") now += each.milliseconds;
          else if (each.type === "reserve") turns.push(now + bucket.reserve());
          else if ((turns.at(-1) ?? 0) > now) {
            turns.pop();
            bucket.giveBack();
          }
        }
        turns.forEach((first, i) => {
          for (const [j, last] of turns.slice(i).entries()) {
            // A wait is rounded up to whole milliseconds.
            expect(j + 1).toBeLessThanOrEqual(burst + (last - first + 1) / interval);
          }
        });
      },
    ),
  );
});

test("a full bucket lets the burst through at once, then one an interval; what is given back is there again", () => {
  let now = 0;
  const bucket = new TokenBucket({ now: () => now }, { burst: 2, interval: 100 });
  expect([bucket.reserve(), bucket.reserve(), bucket.reserve(), bucket.reserve()]).toEqual([0, 0, 100, 200]);
  bucket.giveBack();
  expect(bucket.reserve()).toBe(200);
  expect(bucket.take()).toBe(false);
  now = 10_000;
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
});
