import { describe, expect, test } from "vitest";
import { parseRetryAfter } from "./retry.ts";

describe("Retry-After", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");

  test.each([
    ["3", 3],
    [["5", "7"], 5],
    [" 0 ", 0],
    ["Sun, 22 Nov 2026 12:01:30 GMT", 90],
    ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    ["", undefined],
    ["-1", undefined],
    [undefined, undefined],
  ])("%j is %s seconds", (value, seconds) => {
    expect(parseRetryAfter(value, now)).toBe(seconds);
  });
});
