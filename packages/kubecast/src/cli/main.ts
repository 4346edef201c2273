import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { Command, CommanderError, Option } from "commander";
import { logFormats, logLevels } from "../settings/settings.ts";
import { exitCodes, toFailure } from "./failure.ts";

const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const stopping = new AbortController();
const stop = stopping.signal;
const program = new Command("kubecast")
  .description(
    "Watches Kubernetes objects, decides when conditions start and stop on them,\nand publishes both to Redis.",
  )
  .version(version)
  .exitOverride()
  // One line that begins like every other error.
  .configureOutput({
    outputError: (text, write) =>
      write(`kubecast: ${oneLine(text)}; see kubecast ${commandOf(process.argv.slice(2))}--help\n`),
  });
program.addHelpText(
  "after",
  `${examples("kubecast demo", "kubecast run --context prod --redis redis://redis:6379")}
Exit codes: 0 done, 1 failed, 2 called or configured wrongly
`,
);

// Each command is loaded when it is called: a check need not wait for what the demo needs.
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
  .addOption(new Option("--log-level <level>", "least level that is logged (default: info)").choices(logLevels))
  .addOption(
    new Option("--log-format <format>", "auto, the default, is text on a terminal, else json").choices(logFormats),
  )
  .addHelpText(
    "after",
    examples(
      "kubecast run",
      "kubecast run --context prod --redis redis://:secret@redis:6379",
      "kubecast run --config kubecast.yaml --rules team.yaml",
    ),
  )
  .action(async (flags) => (await import("./run.ts")).run(flags, stop));

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
  .action(async (flags) => (await import("./demo.ts")).demo(flags, stop));

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
  .action(async (pattern, flags) => (await import("./tail.ts")).tail(pattern, flags, stop));

program
  .command("check")
  .description("check rule files: file:line:column for every mistake")
  .argument("<files...>", "rule files")
  .option("--crd <file...>", "CustomResourceDefinitions, against whose fields rules on custom resources are checked")
  .option("--json", "the mistakes as a JSON array")
  .addHelpText("after", examples("kubecast check rules/*.yaml", "kubecast check rules.yaml --crd crds/*.yaml"))
  .action(async (files, flags) => {
    const { check } = await import("./check.ts");
    const clean = await check(files, flags, (line) => process.stdout.write(`${line}\n`));
    if (!clean) process.exitCode = exitCodes.failed;
  });

program
  .command("eval")
  .description("the value of an expression for the objects of a file, as rules see them")
  .argument("<expression>", "CEL, with the variables object, cluster and now")
  .requiredOption("-f, --file <file>", "objects in YAML or JSON; - for stdin")
  .option("--each <list>", "evaluate for each element of this list, which is the variable each")
  .option("--cluster <name>", "what the variable cluster holds", "")
  .option("--explain", "show what each part of the expression comes to")
  .option("--json", "one JSON object a line")
  .addHelpText(
    "after",
    examples(
      "kubecast eval -f pod.yaml 'object.status.phase == \"Running\"'",
      "kubectl get pods -o yaml | kubecast eval -f - --explain 'has(object.status)'",
      "kubecast eval -f pod.yaml --each object.spec.containers 'has(each.env)'",
    ),
  )
  .action(async (expression, flags) => {
    const { evaluate } = await import("./eval.ts");
    const found = await evaluate(expression, flags, (line) => process.stdout.write(`${line}\n`));
    if (!found) process.exitCode = exitCodes.failed;
  });

process.on("SIGINT", end);
process.on("SIGTERM", end);
// A reader that went away (`| head`) is no failure: what runs is ended in good order.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") process.exitCode = exitCodes.failed;
  stopping.abort();
});

try {
  // As kubectl, helm and cargo do: asked for nothing, say what there is to ask for.
  await program.parseAsync(process.argv.length > 2 ? process.argv : [...process.argv, "--help"]);
} catch (error) {
  process.exitCode = report(error);
}
// A command that is over must not be kept alive by a connection that is not.
process.stdout.write("", () => process.exit());

/** The first Ctrl-C or SIGTERM asks to stop in good order; the second does not wait for it. */
function end(signal: NodeJS.Signals): void {
  if (stop.aborted) process.exit(128 + constants.signals[signal]);
  stopping.abort();
}

function report(error: unknown): number {
  if (stop.aborted && error === stop.reason) return exitCodes.done; // stopped before it had begun
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage; // it has said what is wrong
  }
  const failure = toFailure(error);
  if (!failure.logged) process.stderr.write(`kubecast: ${failure.message}\n`);
  return failure.exitCode;
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

/** Commander's `error: unknown command 'rnu'\n(Did you mean run?)` as `unknown command 'rnu'; did you mean run?`. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, "")
    .replace(/\.?\n\(Did you mean (.*)\?\)$/s, "; did you mean $1?")
    .replace(/\.$/, "");
}

/** `run ` for arguments that begin with the command run; else nothing. */
function commandOf([first]: readonly string[]): string {
  return program.commands.some((command) => command.name() === first) ? `${first} ` : "";
}
