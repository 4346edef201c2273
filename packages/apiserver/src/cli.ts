import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { Client, configFromText } from "@kubecast/kube";
import { Command, InvalidArgumentError } from "commander";
import { type ApiServer, startApiServer } from "./server.ts";
import { startSimulation } from "./simulation/index.ts";

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly kubeconfig?: string;
  readonly tls: boolean;
  readonly simulate: boolean;
  readonly speed: number;
}

const examples = `
Examples:
  $ kubecast-apiserver --kubeconfig ./kubeconfig
  $ kubectl --kubeconfig ./kubeconfig get pods -A

  A simulated cluster on a fixed port, ten times as fast as a real one:
  $ kubecast-apiserver --port 8001 --kubeconfig ./kubeconfig --simulate --speed 10`;

const program = new Command("kubecast-apiserver")
  .description("Serves the Kubernetes API from memory until it is told to stop (SIGINT, SIGTERM).")
  .option("--port <number>", "port to listen on; 0 takes any that is free", port, 0)
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .option("--kubeconfig <file>", "write a kubeconfig with the address and a token to this file, for its owner only")
  .option("--no-tls", "serve plain HTTP, over which kubectl sends no token")
  .option("--simulate", "run simulated nodes, on which Pods start, fail and end", false)
  .option("--speed <factor>", "speed of the simulation, 1 being that of a real cluster", factor, 1)
  .addHelpText("after", examples)
  .action(serve);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`kubecast-apiserver: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function serve(flags: Flags): Promise<void> {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopping.abort());
  const { port, host, tls, kubeconfig } = flags;
  const server = await startApiServer({ port, host, tls });
  try {
    if (kubeconfig !== undefined) await writePrivately(kubeconfig, server.kubeconfig());
    const stopSimulation = flags.simulate ? await simulate(server, flags.speed) : undefined;
    process.stdout.write(`${server.url}\n`);
    if (!stopping.signal.aborted) await once(stopping.signal, "abort");
    await stopSimulation?.();
  } finally {
    await server.stop();
  }
}

async function simulate(server: ApiServer, speed: number): Promise<() => Promise<void>> {
  const client = await Client.create(await configFromText(server.kubeconfig()));
  const simulation = await startSimulation({ transport: client, speed });
  return async () => {
    await simulation.stop();
    await client.close();
  };
}

/** A file that was there already keeps its mode when written to, so the mode is set first. */
async function writePrivately(file: string, text: string): Promise<void> {
  await writeFile(file, "", { mode: 0o600 });
  await chmod(file, 0o600);
  await writeFile(file, text);
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError("It must be a number from 0 to 65535.");
}

function factor(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It must be a number greater than 0.");
}
