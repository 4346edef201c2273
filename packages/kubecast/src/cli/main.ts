#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { Command, CommanderError } from "commander";
import { check } from "./check.ts";
import { demo } from "./demo.ts";
import { exitCodes, Failure, toFailure } from "./failure.ts";
import { run } from "./run.ts";
import { tail } from "./tail.ts";

const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const stop = stopSignal();
const program = new Command("kubecast")
  .description(
    "Watches Kubernetes objects, decides when conditions start and stop on them,\nand publishes both to Redis.",
  )
  .version(version)
  .exitOverride()
  .configureHelp({ showGlobalOptions: true });

program
  .command("run")
  .description("watch a cluster and publish to Redis until stopped")
  .option("--config <file>", "settings in YAML")
  .option("--cluster <name>", "name of the cluster in keys and messages (default: the kubeconfig's)")
  .option("--kubeconfig <file>", "kubeconfig (default: KUBECONFIG, ~/.kube/config, or the Pod's own account)")
  .option("--context <name>", "context of the kubeconfig")
  .option("--redis <url>", "Redis address (default: REDIS_URL, or redis://127.0.0.1:6379)")
  .option("--rules <file...>", "rule files; a rule named like a built-in one replaces it")
  .option("--no-builtin-rules", "leave the built-in rules out")
  .option("--host <address>", "address of health and metrics (default: 0.0.0.0)")
  .option("--port <port>", "port of health and metrics (default: 9090)")
  .option("--log-level <level>", "error, warn, info, debug or trace (default: info)")
  .option("--log-format <format>", "text, json or auto: text on a terminal (default: auto)")
  .addHelpText(
    "after",
    examples(
      "kubecast run",
      "kubecast run --context prod --redis redis://:secret@redis:6379",
      "kubecast run --config kubecast.yaml --rules team.yaml",
    ),
  )
  .action((flags) => run(flags, stop));

program
  .command("demo")
  .description("see it work: a simulated cluster, a Redis and kubecast, all in here")
  .option("--json", "one CloudEvent a line")
  .option("--duration <duration>", "how long; 0 for until stopped", "30s")
  .option("--speed <factor>", "how much faster than real the cluster lives", "10")
  .addHelpText(
    "after",
    examples("kubecast demo", "kubecast demo --duration 2m --speed 5", "kubecast demo --json | jq .data.summary"),
  )
  .action((flags) => demo(flags, stop));

program
  .command("tail")
  .description("what fires now, then every message as it comes")
  .argument("[pattern]", "namespace:rule, with * and ?; objects without a namespace are in _cluster", "*")
  .option("--redis <url>", "Redis address (default: REDIS_URL, or redis://127.0.0.1:6379)")
  .option("--cluster <name>", "cluster (default: the only one that publishes)")
  .option("--since <duration>", "begin with this much history")
  .option("--json", "one CloudEvent a line")
  .addHelpText(
    "after",
    examples("kubecast tail", "kubecast tail --since 10m 'shop:*'", "kubecast tail --json '*:PodCrashLoopBackOff'"),
  )
  .action((pattern, flags) => tail(pattern, flags, stop));

program
  .command("check")
  .description("check rule files: file:line:column for every mistake")
  .argument("<files...>", "rule files")
  .option("--json", "the mistakes as a JSON array")
  .addHelpText("after", examples("kubecast check rules/*.yaml"))
  .action(async (files, flags) => {
    const clean = await check(files, flags, (line) => process.stdout.write(`${line}\n`));
    if (!clean) process.exitCode = exitCodes.failed;
  });

// A reader that went away (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? exitCodes.done : exitCodes.failed),
);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage; // it has said what is wrong
  }
  const failure = toFailure(error) ?? unexpected(error);
  process.stderr.write(`kubecast: ${failure.message}\n`);
  return failure.exitCode;
}

/** A fault of ours: only then a stack is worth showing, to be sent to us. */
function unexpected(error: unknown): Failure {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Failure(`an unexpected error; please report it with these lines:\n${stack}`);
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

/** Aborts on Ctrl-C and SIGTERM; a second one does not wait. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}
