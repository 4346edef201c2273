import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startRedisServer } from "@kubecast/testbed";
import { PlainApi } from "./api.ts";
import { flags, whole } from "./flags.ts";
import { createPods } from "./pods.ts";
import { median, table } from "./statistics.ts";
import { startKubecast } from "./subject.ts";
import { startMemoryTarget } from "./target.ts";

// How long `kubecast run` takes until it watches, and what memory it takes. See docs/performance.md.

const { rounds, counts } = flags("bench:startup", () => {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "5" }, pods: { type: "string", default: "0,1000,10000" } },
  });
  const counts = values.pods.split(",").map((count) => whole("pods", count, 0));
  return { rounds: whole("rounds", values.rounds, 1), counts };
});

const folder = await mkdtemp(join(tmpdir(), "kubecast-bench-"));
const rows = [["pods", "ready after ms", "resident MB"]];
for (const pods of counts) {
  const target = await startMemoryTarget(folder);
  await createPods(new PlainApi(target.api), pods);
  const measured: { readyAfter: number; memory: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const redis = await startRedisServer();
    const kubecast = await startKubecast(target, redis.url, folder, []);
    measured.push({ readyAfter: kubecast.readyAfter, memory: (await kubecast.memory()) / 1e6 });
    await kubecast.stop();
    await redis.stop();
  }
  const middle = (of: keyof (typeof measured)[number]) => median(measured.map((one) => one[of])).toFixed(0);
  rows.push([String(pods), middle("readyAfter"), middle("memory")]);
  await target.stop();
}
process.stdout.write(`${table(rows)}\n`);
await rm(folder, { recursive: true });
