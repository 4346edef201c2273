import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

describe("durations", () => {
  it.each([
    ["0", 0],
    ["0s", 0],
    ["500ms", 500],
    ["30s", 30_000],
    ["10m", 600_000],
    ["1h30m", 5_400_000],
    ["7d", 604_800_000],
    ["1d2h3m4s5ms", 93_784_005],
  ])("%s is %i ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(["", " ", "5", "-5s", "+5s", "1.5s", "5 s", "5S", "s", "5s ", "5sec", "1h-30m", "5s\n", "٣s", "1e3s", "00"])(
    "%j is none",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it("are none when they are longer than can be counted in milliseconds", () => {
    expect(parseDuration("99999999999999d")).toBeUndefined();
    expect(parseDuration(`${"9".repeat(400)}d`)).toBeUndefined();
  });

  it("come back from their notation as they were", () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });

  it("are shown in their largest units", () => {
    expect([0, 90_000, 86_400_000, 61_001].map(formatDuration)).toEqual(["0s", "1m30s", "1d", "1m1s1ms"]);
  });
});
