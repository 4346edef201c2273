import { readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { celEnv, parse as parseBuf, plan } from "@bufbuild/cel";
import { compile } from "@kubecast/cel";
import { Environment } from "@marcbachmann/cel-js";
import { evaluate as evaluateCelJs, parse as parseCelJs } from "cel-js";
import { pods } from "./pods.ts";
import { rules } from "./rules.ts";

// Eight Pod rules on 64 Pods, by each evaluator in turn, round after round in one process; the
// best round of each counts. Every evaluator must find what the JavaScript written by hand finds.

type Run = (object: Record<string, unknown>) => unknown;

interface Contestant {
  readonly name: string;
  readonly compile: (cel: string) => Run;
  /** What it needs of other packages. */
  readonly dependencies: readonly string[];
}

const rounds = 80;
const passes = 12;
const objects = pods(64);

const buf = celEnv();
const marc = new Environment({ unlistedVariablesAreDyn: true });

const contestants: readonly Contestant[] = [
  {
    name: "@kubecast/cel",
    compile: (cel) => {
      const program = compile(cel, { variables: { object: "dyn" } });
      return (object) => program.evaluate({ object });
    },
    dependencies: ["re2js", "fastest-levenshtein"],
  },
  {
    name: "@marcbachmann/cel-js",
    compile: (cel) => {
      const program = marc.parse(cel);
      return (object) => program({ object });
    },
    dependencies: [],
  },
  {
    name: "@bufbuild/cel",
    compile: (cel) => {
      const program = plan(buf, parseBuf(cel));
      return (object) => program({ object: object as never });
    },
    dependencies: ["@bufbuild/cel-spec", "@bufbuild/re2", "@bufbuild/protobuf"],
  },
  {
    name: "cel-js",
    compile: (cel) => {
      const parsed = parseCelJs(cel);
      if (!parsed.isSuccess) throw new Error(parsed.errors.join("; "));
      return (object) => {
        try {
          return evaluateCelJs(parsed.cst, { object });
        } catch {
          return false; // it evaluates both sides of &&, and so reads fields that are not there
        }
      };
    },
    dependencies: ["chevrotain", "ramda"],
  },
];

/** Milliseconds. */
function timed(run: () => void): number {
  const begin = performance.now();
  run();
  return performance.now() - begin;
}

function least<K>(times: Map<K, number>, key: K, time: number): void {
  times.set(key, Math.min(times.get(key) ?? Number.POSITIVE_INFINITY, time));
}

let found = 0;

/** Every rule on every Pod. */
function pass(programs: readonly Run[]): void {
  for (const object of objects) {
    for (const program of programs) if (program(object) === true) found++;
  }
}

const byHand = "by hand, JavaScript";
const programs = new Map<string, readonly Run[]>([[byHand, rules.map((rule) => rule.byHand)]]);
for (const { name, compile: by } of contestants)
  programs.set(
    name,
    rules.map(({ cel }) => by(cel)),
  );

pass(programs.get(byHand) ?? []);
const wanted = found;
for (const [name, runs] of programs) {
  found = 0;
  pass(runs);
  if (found !== wanted) throw new Error(`${name} finds ${found} conditions where there are ${wanted}`);
}

const evaluating = new Map<string, number>();
const compiling = new Map<string, number>();
for (let round = 0; round < rounds; round++) {
  for (const [name, runs] of programs) {
    const time = timed(() => {
      for (let each = 0; each < passes; each++) pass(runs);
    });
    least(evaluating, name, (time * 1000) / (passes * objects.length));
  }
  for (const { name, compile: by } of contestants) {
    const time = timed(() => {
      for (const { cel } of rules) by(cel);
    });
    least(compiling, name, (time * 1000) / rules.length);
  }
}

const require = createRequire(import.meta.url);

/** Bytes of a package as it is installed; of our own, as it is published. */
function sizeOf(name: string): number {
  const root = packageRoot(name);
  const published = name.startsWith("@kubecast/") ? ["dist", "src", "package.json", "README.md"] : ["."];
  return published.reduce((total, part) => total + bytesBelow(join(root, part)), 0);
}

function packageRoot(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    if (statSync(join(folder, name), { throwIfNoEntry: false }) !== undefined) return join(folder, name);
  }
  throw new Error(`${name} is not installed`);
}

function bytesBelow(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || /node_modules|\.test\.|tsbuildinfo/.test(path.slice(path.lastIndexOf("/")))) return 0;
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((total, name) => total + bytesBelow(join(path, name)), 0);
}

const ours = evaluating.get("@kubecast/cel") ?? Number.NaN;
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(2);
const say = (text: string) => process.stdout.write(`${text}\n`);
const row = (cells: readonly string[]) => say(`| ${cells.join(" | ")} |`);

say(
  `${rules.length} rules on ${objects.length} Pods, ${wanted} hold; Node ${process.versions.node}; best of ${rounds} rounds\n`,
);
row(["", "8 rules, µs", "of ours", "compile a rule, µs", "installed, MB", "with what it needs"]);
row(["---", "---:", "---:", "---:", "---:", "---:"]);
for (const [name, time] of evaluating) {
  const contestant = contestants.find((each) => each.name === name);
  const own = contestant === undefined ? "" : megabytes(sizeOf(name));
  const all =
    contestant === undefined
      ? ""
      : megabytes([name, ...contestant.dependencies].reduce((sum, each) => sum + sizeOf(each), 0));
  row([name, time.toFixed(2), `${(time / ours).toFixed(2)}x`, compiling.get(name)?.toFixed(1) ?? "", own, all]);
}
const fastest = Math.min(...contestants.slice(1).map(({ name }) => evaluating.get(name) ?? Number.POSITIVE_INFINITY));
say(`\n@kubecast/cel is ${(fastest / ours).toFixed(1)} times as fast as the fastest other one`);
