import { parseArgs } from "node:util";
import { allCases } from "../conformance/cases.ts";
import { Crash, fuzz } from "./fuzz.ts";

// npm run fuzz -w @kubecast/cel -- --inputs 10000000 --seed 1: mutations of all expressions of the
// official tests, to the parser; one in so many of what parses to the checker and the evaluator too.

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    every: { type: "string", default: "8" },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed);
const start = performance.now();
const corpus = [...new Set(allCases().map(({ test }) => test.expr))];
const write = (line: string): boolean => process.stdout.write(`${line}\n`);
const rate = (count: number): string => {
  const seconds = (performance.now() - start) / 1000;
  return `${count} inputs in ${seconds.toFixed(1)} s (${Math.round(count / seconds)} a second)`;
};

write(`seed ${seed}, ${corpus.length} expressions to start from`);
try {
  let told = start;
  const counts = fuzz({
    inputs,
    seed,
    corpus,
    every: Number(values.every),
    patience: 5000,
    progress: (counts) => {
      if (performance.now() - told < 10_000) return;
      told = performance.now();
      write(`${rate(counts.inputs)}, slowest ${counts.slowest.toFixed(1)} ms`);
    },
  });
  write(rate(counts.inputs));
  write(
    `${counts.parsed} parsed; of these ${counts.evaluated} unparsed, and ${counts.compiled} compiled and evaluated`,
  );
  write(`the slowest took ${counts.slowest.toFixed(1)} ms: ${JSON.stringify(counts.slowestInput.slice(0, 200))}`);
  write("no crash, no hang");
} catch (error) {
  if (!(error instanceof Crash)) throw error;
  write(`seed ${seed}: ${error.message}`);
  if (error.cause instanceof Error) write(error.cause.stack ?? "");
  process.exitCode = 1;
}
