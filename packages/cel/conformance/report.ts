import { allCases, type Case } from "./cases.ts";
import { type Outcome, run } from "./run.ts";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** What came of the whole suite. */
export interface Report {
  readonly files: ReadonlyMap<string, Counts>;
  readonly totals: Counts;
  /** How many tests each reason leaves out. */
  readonly skips: ReadonlyMap<string, number>;
  readonly failures: readonly { readonly test: Case; readonly why: string }[];
}

/** Runs all tests of these files; of none, all. */
export function conformance(only: readonly string[] = []): Report {
  const files = new Map<string, Counts>();
  const totals: Counts = { passed: 0, failed: 0, skipped: 0 };
  const skips = new Map<string, number>();
  const failures: { test: Case; why: string }[] = [];
  for (const test of allCases()) {
    if (only.length > 0 && !only.includes(test.file)) continue;
    const outcome: Outcome = run(test);
    const counts = files.get(test.file) ?? { passed: 0, failed: 0, skipped: 0 };
    files.set(test.file, counts);
    counts[outcome.status]++;
    totals[outcome.status]++;
    if (outcome.status === "skipped") skips.set(outcome.why, (skips.get(outcome.why) ?? 0) + 1);
    if (outcome.status === "failed") failures.push({ test, why: outcome.why });
  }
  return { files, totals, skips, failures };
}

/** The report as text: failures, the table by file, reasons, and the totals last. */
export function* lines({ files, totals, skips, failures }: Report): Generator<string> {
  for (const { test, why } of failures) yield `${test.file}/${test.name}: ${JSON.stringify(test.test.expr)}: ${why}`;
  yield row("file", "tests", "passed", "failed", "skipped");
  for (const [file, counts] of files) yield countsRow(file, counts);
  yield "";
  yield "skipped, each after what could be compared of it was:";
  for (const [why, count] of [...skips].sort(([, one], [, other]) => other - one))
    yield `${String(count).padStart(5)}  ${why}`;
  yield "";
  yield countsRow("all", totals);
}

function countsRow(name: string, { passed, failed, skipped }: Counts): string {
  return row(name, passed + failed + skipped, passed, failed, skipped);
}

function row(name: string, ...cells: readonly (string | number)[]): string {
  return name.padEnd(16) + cells.map((cell) => String(cell).padStart(9)).join("");
}
