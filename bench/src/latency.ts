import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startRedisServer } from "@kubecast/testbed";
import { PlainApi } from "./api.ts";
import { type Child, startChild } from "./child.ts";
import { flags, whole } from "./flags.ts";
import { createPods, podName } from "./pods.ts";
import { median, quantile, table } from "./statistics.ts";
import { type Subject, startByHand, startKubecast } from "./subject.ts";
import type { Received } from "./subscriber.ts";
import { startKubeTarget, startMemoryTarget, type Target } from "./target.ts";
import type { Written } from "./writer.ts";

// Time from a change in the API to the message at a subscriber. See docs/performance.md.

const { values, rounds, seconds, rates } = flags("bench:latency", () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      rates: { type: "string", default: "100,1000" },
      seconds: { type: "string", default: "5" },
      servers: { type: "string", default: "memory,kube" },
      /** A folder for kubecast's CPU profiles. */
      profiles: { type: "string" },
    },
  });
  const rates = values.rates.split(",").map((rate) => whole("rates", rate, 1));
  return { values, rates, rounds: whole("rounds", values.rounds, 1), seconds: whole("seconds", values.seconds, 1) };
});
const pods = 500;
/** Before anything is counted: enough for the compilers in all processes to have done most of their work. */
const warmUp = { count: 2_000, rate: 1_000 };

interface Measured {
  readonly achieved: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpu: number;
  readonly writeP50: number;
}

const rules = fileURLToPath(new URL("../rules.yaml", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "kubecast-bench-"));
const writer = startChild("./writer.ts");
try {
  for (const name of values.servers.split(",")) {
    const target = await (name === "kube" ? startKubeTarget() : startMemoryTarget(folder));
    await createPods(new PlainApi(target.api), pods);
    process.stdout.write(`\n${target.name}\n\n${table(await measure(target))}\n`);
    await target.stop();
  }
} finally {
  writer.stop();
  await rm(folder, { recursive: true });
}

/** All subjects in turn, round after round, so that what else the machine does meets all of them. */
async function measure(target: Target): Promise<string[][]> {
  const profile = values.profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profiles}`];
  const kubecast = (flags: string[]) => (redis: string) => startKubecast(target, redis, folder, flags, profile);
  const subjects: [name: string, start: (redis: string) => Promise<Subject>][] = [
    ["by hand", (redis) => startByHand(target, redis)],
    ["kubecast, 1 rule", kubecast(["--rules", rules, "--no-builtin-rules"])],
    ["kubecast, 1 + 8 rules", kubecast(["--rules", rules])],
  ];
  const names = subjects.map(([name]) => name);
  const results = new Map<string, Measured[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, start] of subjects) {
      for (const [rate, measured] of await run(target, start)) {
        const key = `${rate} ${name}`;
        results.set(key, [...(results.get(key) ?? []), measured]);
      }
    }
    subjects.push(...subjects.splice(0, 1));
    process.stderr.write(`${target.name}: round ${round + 1} of ${rounds}\n`);
  }
  const rows = [
    [
      "changes/s",
      "subject",
      "p50 ms",
      "p99 ms",
      "p50 of rounds",
      "p99 of rounds",
      "CPU us/change",
      "write p50 ms",
      "achieved/s",
    ],
  ];
  for (const rate of rates) {
    for (const name of names) {
      const all = results.get(`${rate} ${name}`) ?? [];
      const middle = (of: keyof Measured, digits: number) => median(all.map((one) => one[of])).toFixed(digits);
      const range = (of: keyof Measured) =>
        [0, 1]
          .map((q) =>
            quantile(
              all.map((one) => one[of]),
              q,
            ).toFixed(1),
          )
          .join("-");
      rows.push([
        String(rate),
        name,
        middle("p50", 2),
        middle("p99", 1),
        range("p50"),
        range("p99"),
        middle("cpu", 0),
        middle("writeP50", 2),
        middle("achieved", 0),
      ]);
    }
  }
  return rows;
}

/** One subject, started anew with a Redis of its own, at every rate. */
async function run(target: Target, start: (redis: string) => Promise<Subject>): Promise<[number, Measured][]> {
  const redis = await startRedisServer();
  const subscriber = startChild("./subscriber.ts");
  const subject = await start(redis.url);
  try {
    await subscriber.ask({ port: redis.port });
    await change(target, subscriber, warmUp.count, warmUp.rate);
    const measured: [number, Measured][] = [];
    for (const rate of rates) {
      const before = await subject.cpu();
      const count = Math.ceil((rate * seconds) / (2 * pods)) * 2 * pods;
      const { latencies, sent, answered } = await change(target, subscriber, count, rate);
      const cpu = ((await subject.cpu()) - before) * 1000;
      const writes = answered.map((at, index) => at - (sent[index] ?? 0));
      const achieved = ((count - 1) * 1000) / ((sent.at(-1) ?? 0) - (sent[0] ?? 0));
      measured.push([
        rate,
        {
          achieved,
          p50: median(latencies),
          p99: quantile(latencies, 0.99),
          cpu: cpu / count,
          writeP50: median(writes),
        },
      ]);
    }
    return measured;
  } finally {
    await subject.stop();
    subscriber.stop();
    await redis.stop();
  }
}

/** Writes changes, waits for their messages, and joins the two: the nth message about a Pod is its nth change. */
async function change(
  target: Target,
  subscriber: Child,
  count: number,
  rate: number,
): Promise<Written & { latencies: number[] }> {
  const [written, received] = await Promise.all([
    writer.ask<Written>({ api: target.api, pods, count, rate }),
    subscriber.ask<Received[]>({ count }),
  ]);
  if (received.length !== count) throw new Error(`${count} changes led to ${received.length} messages`);
  const indexes = new Map(Array.from({ length: pods }, (_, index) => [podName(index), index]));
  const latencies = received.map(({ message, at }) => {
    const { data } = JSON.parse(message) as { data: { status: string; object: { name: string } } };
    const index = indexes.get(data.object.name) ?? Number.NaN;
    indexes.set(data.object.name, index + pods);
    const status = Math.floor(index / pods) % 2 === 0 ? "firing" : "resolved";
    if (data.status !== status) throw new Error(`change ${index} should be ${status}, and is ${data.status}`);
    return at - (written.sent[index] ?? Number.NaN);
  });
  return { ...written, latencies };
}
