import { parseArgs } from "node:util";
import { startKubeApiserver } from "@kubecast/testbed";
import { flags, whole } from "./flags.ts";
import { contest, type Fault, times } from "./leader-election/contest.ts";
import { Random } from "./soak/random.ts";
import { median, quantile, table } from "./statistics.ts";

// Who leads, whatever befalls the leader, and how long nobody does. See docs/reliability.md.

const { rounds, seed } = flags("chaos:leader", () => {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "50" }, seed: { type: "string", default: "1" } },
  });
  return { rounds: whole("rounds", values.rounds, 1), seed: whole("seed", values.seed, 0) };
});
const kinds: Fault[] = ["kill", "pause", "cut", "release"];
const random = new Random(seed);
// Each as often as the others, and in no order that a fault could come to rely on.
const faults: Fault[] = [];
for (let left: Fault[] = []; faults.length < rounds; ) {
  if (left.length === 0) left = [...kinds];
  faults.push(...left.splice(random.below(left.length), 1));
}

const server = await startKubeApiserver();
try {
  const onRound = (round: number, fault: Fault, took: number) =>
    process.stderr.write(`${String(round).padStart(3)}  ${fault.padEnd(7)}  ${took.toFixed(0).padStart(6)} ms\n`);
  const { handOvers, violations, late, marks, terms } = await contest({
    server,
    faults,
    random: () => random.next(),
    onRound,
  });
  const row = (kind: Fault) => {
    const took = handOvers.get(kind) ?? [];
    const figures = [quantile(took, 0), median(took), quantile(took, 0.9), quantile(took, 1)];
    return [kind, String(took.length), ...figures.map((figure) => figure.toFixed(0))];
  };
  const head = ["what befell the leader", "rounds", "min ms", "median ms", "p90 ms", "max ms"];
  const { leaseDuration, renewDeadline, retryPeriod } = times;
  process.stdout.write(
    [
      `lease ${leaseDuration} ms, renew deadline ${renewDeadline} ms, retry ${retryPeriod} ms; seed ${seed}`,
      "",
      table([head, ...kinds.map(row)]),
      "",
      `${faults.length} rounds, ${terms} terms, ${marks} marks, ${late} late, ${violations.length} violations`,
      ...violations,
      "",
    ].join("\n"),
  );
  if (violations.length > 0) process.exitCode = 1;
} finally {
  await server.stop();
}
