import { parseArgs } from "node:util";
import { flags, whole } from "./flags.ts";
import { growth, memoryOf } from "./soak/flat.ts";
import { report } from "./soak/report.ts";
import { type Soaked, SoakFailure, soak } from "./soak/run.ts";

// A million watch events, and all that can go wrong meanwhile. See docs/reliability.md.

interface Settings {
  readonly events: number;
  readonly seed: number;
  readonly rate: number;
  readonly every: number;
  readonly checkpoints: number;
  readonly json: boolean;
}

/** @throws {TypeError} a flag is not known, or its value none that it can have. */
function settings(): Settings {
  const { values } = parseArgs({
    options: {
      /** Watch events that each consumer receives. */
      events: { type: "string", default: "1000000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      /** Events a second. */
      rate: { type: "string", default: "8000" },
      /** Events between two faults, on the average. */
      every: { type: "string", default: "2000" },
      checkpoints: { type: "string", default: "20" },
      json: { type: "boolean", default: false },
    },
  });
  return {
    events: whole("events", values.events, 1),
    seed: whole("seed", values.seed, 0),
    rate: whole("rate", values.rate, 1),
    every: whole("every", values.every, 1),
    checkpoints: whole("checkpoints", values.checkpoints, 4),
    json: values.json,
  };
}

function say(line: string): void {
  process.stderr.write(`soak: ${line}\n`);
}

/** The exit code. */
async function main({ json, ...options }: Settings): Promise<number> {
  const { seed, events } = options;
  say(`seed ${seed}, ${events} watch events, Node ${process.versions.node}`);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const onProgress = (received: number, milliseconds: number) =>
    say(`${received} of ${events} watch events received after ${Math.round(milliseconds / 1000)} s`);
  let soaked: Soaked;
  try {
    soaked = await soak({ ...options, signal: stop.signal, onProgress });
  } catch (error) {
    if (stop.signal.aborted) {
      say("interrupted");
      return 130;
    }
    if (!(error instanceof SoakFailure)) throw error;
    say(`FAILED with seed ${seed}: ${error.message}`);
    if (json) process.stdout.write(`${JSON.stringify({ seed, failure: error.message })}\n`);
    return 1;
  }
  const grown = growth(soaked.checkpoints);
  process.stdout.write(
    json
      ? `${JSON.stringify({ seed, ...soaked, memory: memoryOf(soaked.checkpoints), grown })}\n`
      : `${report(soaked)}\n`,
  );
  for (const each of grown) say(`FAILED with seed ${seed}: not flat: ${each}`);
  return grown.length === 0 ? 0 : 1;
}

const given = flags("soak", settings);
try {
  process.exitCode = await main(given);
} catch (error) {
  say(String(error));
  process.exitCode = 2;
}
