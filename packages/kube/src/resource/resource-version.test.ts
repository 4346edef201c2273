import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compareResourceVersions } from "./resource-version.ts";

test("orders resourceVersions as the numbers that they are, however long", () => {
  const version = fc.bigInt({ min: 1n, max: 2n ** 100n });
  fc.assert(
    fc.property(version, version, (a, b) => {
      const order = Math.sign(compareResourceVersions(String(a), String(b)) ?? Number.NaN);
      expect(order).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
  expect(compareResourceVersions("7", "7")).toBe(0);
});

test.each(["", "0", "01", "-1", "1a", " 1", "1.5"])("says nothing of %j, which is none", (text) => {
  expect(compareResourceVersions(text, "1")).toBeUndefined();
  expect(compareResourceVersions("1", text)).toBeUndefined();
});
