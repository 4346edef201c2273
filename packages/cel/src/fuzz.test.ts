import { expect, test } from "vitest";
import { allCases } from "../conformance/cases.ts";
import { fuzz } from "../fuzz/fuzz.ts";

test("of 20 000 mutations of the official tests none brings the parser down, nor what it takes the rest", () => {
  const corpus = [...new Set(allCases().map(({ test }) => test.expr))];
  const counts = fuzz({ inputs: 20_000, seed: 42, corpus, every: 8, patience: 5000 });
  expect(counts.inputs).toBe(20_000);
  // Some of each, else it would show nothing.
  expect(counts.parsed).toBeGreaterThan(2000);
  expect(counts.parsed).toBeLessThan(18_000);
  expect(counts.compiled).toBeGreaterThan(100);
  expect(counts.compiled).toBeLessThan(counts.evaluated);
});
