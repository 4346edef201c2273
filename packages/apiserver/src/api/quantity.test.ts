import { expect, test } from "vitest";
import { qosClass, quantity } from "./quantity.ts";

test.each([
  ["250m", 0.25],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["2e3", 2_000],
  ["3k", 3_000],
  [4, 4],
  [undefined, 0],
  ["many", 0],
])("the quantity %s is %s", (text, value) => {
  expect(quantity(text)).toBe(value);
});

const both = (cpu: string, memory: string) => ({ cpu, memory });

test.each([
  ["nothing", {}, "BestEffort"],
  ["other resources alone", { requests: { "ephemeral-storage": "1Gi" } }, "BestEffort"],
  ["nothing of each", { requests: both("0", "0") }, "BestEffort"],
  ["requests", { requests: both("1", "1Gi") }, "Burstable"],
  ["a limit of one", { limits: { cpu: "1" } }, "Burstable"],
  ["limits above the requests", { requests: both("1", "1Gi"), limits: both("2", "1Gi") }, "Burstable"],
  ["limits alone", { limits: both("1", "1Gi") }, "Guaranteed"],
  ["equal amounts, written otherwise", { requests: both("1000m", "1Gi"), limits: both("1", "1024Mi") }, "Guaranteed"],
])("a Pod whose container names %s is %3$s", (_, resources, expected) => {
  expect(qosClass({ containers: [{ name: "one", resources }] })).toBe(expected);
});

test("init containers count, and what is no Pod's spec asks for nothing", () => {
  const containers = [{ resources: { limits: both("1", "1Gi") } }];
  expect(qosClass({ containers, initContainers: [{ name: "setup" }] })).toBe("Burstable");
  expect(qosClass({ containers: "none", initContainers: [7, { resources: "x" }] })).toBe("BestEffort");
});
