import { expect, it } from "vitest";
import { conformance } from "../conformance/report.ts";

it("passes the official tests, but those that are skipped for a reason", () => {
  const { failures, totals, files, skips } = conformance();
  expect(failures.map(({ test, why }) => `${test.file}/${test.name}: ${why}`)).toEqual([]);
  expect(totals).toEqual({ passed: 2231, failed: 0, skipped: 534 });
  // Of JSON's and the extensions' own files everything counts.
  const whole = ["basic", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros", "macros2"];
  whole.push("plumbing", "string", "timestamps", "type_deductions", "math_ext", "encoders_ext", "bindings_ext");
  for (const file of whole) expect(files.get(file)?.skipped, file).toBe(0);
  expect([...skips.keys()].filter((why) => !why.includes("protobuf"))).toEqual([
    "cel.block, which optimizers write",
    "cel-go read it without optional syntax and fields in backticks: no tree to compare with",
    "a struct that nothing is declared of is dyn, no mistake",
    "cel-go checked it without comparisons of different kinds of numbers, which Kubernetes has",
  ]);
});
