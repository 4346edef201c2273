import { parseArgs } from "node:util";
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
  const whole = (flag: "events" | "seed" | "rate" | "every" | "checkpoints", least: number) => {
    const value = Number(values[flag]);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new TypeError(`--${flag} must be a whole number of at least ${least}, not ${values[flag]}`);
  };
  return {
    events: whole("events", 1),
    seed: whole("seed", 0),
    rate: whole("rate", 1),
    every: whole("every", 1),
    checkpoints: whole("checkpoints", 4),
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

try {
  process.exitCode = await main(settings());
} catch (error) {
  say(error instanceof TypeError ? error.message : String(error));
  process.exitCode = 2;
}
