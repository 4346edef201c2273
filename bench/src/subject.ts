import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startChild as startProgram } from "kubecast/embedded";
import { startChild } from "./child.ts";
import type { Target } from "./target.ts";

/** What is measured: a program between the API server and Redis. */
export interface Subject {
  /** CPU milliseconds that it has used so far. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

export interface KubecastSubject extends Subject {
  /** Milliseconds from the start of the process until all its watches were in place. */
  readonly readyAfter: number;
  /** Resident memory in bytes. */
  memory(): Promise<number>;
}

const main = fileURLToPath(new URL("../../packages/kubecast/dist/cli/main.js", import.meta.url));

/** Starts `kubecast run`, as it was built, with flags of its own and of Node's; waits until its watches are in place. */
export async function startKubecast(
  target: Target,
  redis: string,
  folder: string,
  flags: string[],
  nodeFlags: string[] = [],
): Promise<KubecastSubject> {
  const logFile = join(folder, "kubecast.log");
  const log = openSync(logFile, "w");
  const args = ["run", "--kubeconfig", target.kubeconfig, "--redis", redis, "--cluster", "bench", "--port", "0"];
  const start = performance.now();
  const child = startProgram(
    process.execPath,
    [...nodeFlags, main, ...args, "--log-format", "json", ...flags],
    ["ignore", "ignore", log],
  );
  closeSync(log);
  const said = (words: string) =>
    readFileSync(logFile, "utf8")
      .split("\n")
      .find((line) => line.includes(words));
  while (said("all watches are in place") === undefined) {
    if (child.exited) throw new Error(`kubecast ended:\n${readFileSync(logFile, "utf8")}`);
    await sleep(5);
  }
  const readyAfter = performance.now() - start;
  const { port } = JSON.parse(said("kubecast is watching") ?? "{}") as { port: number };
  const metric = async (name: string) => {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1]);
  };
  return {
    readyAfter,
    cpu: async () => (await metric("process_cpu_seconds_total")) * 1000,
    memory: () => metric("process_resident_memory_bytes"),
    stop: () => child.end("SIGTERM"),
  };
}

/** Starts `by-hand.ts`. */
export async function startByHand(target: Target, redis: string): Promise<Subject> {
  const child = startChild("./by-hand.ts");
  await child.ask({ api: target.api, redis });
  return { cpu: () => child.ask("cpu" as unknown as object), stop: async () => child.stop() };
}
