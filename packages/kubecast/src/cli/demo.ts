import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startApiServer } from "@kubecast/apiserver";
import { demoCluster, startSimulation } from "@kubecast/apiserver/simulation";
import { Client, configFromText } from "@kubecast/kube";
import { atExit } from "../embedded/child.ts";
import { startRedisServer } from "../embedded/redis-server.ts";
import { runTogether } from "../pipeline/kubecast.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import { Publisher } from "../redis/publisher.ts";
import { type Message, subscribe } from "../redis/subscriber.ts";
import { builtinRules } from "../rules/catalogue.ts";
import type { Rule } from "../rules/rule.ts";
import { formatDuration, parseDuration } from "../settings/duration.ts";
import { exitCodes, Failure } from "./failure.ts";
import { Printer } from "./print.ts";

export interface DemoFlags {
  readonly json?: boolean;
  readonly duration: string;
  readonly speed: string;
}

const cluster = "demo";
/** At the default speed of ten, a minute of a rule's hold time is a second. */
const holdTimeFactor = 6;

/**
 * `kubecast demo`: an in-memory API server with a simulated cluster, a real
 * Redis, kubecast between them, and a subscriber that prints what it receives.
 * Leaves nothing running and no file behind.
 */
export async function demo(flags: DemoFlags, signal: AbortSignal): Promise<void> {
  const duration = parseDuration(flags.duration);
  const speed = Number(flags.speed);
  if (duration === undefined) throw usage(`--duration ${flags.duration}: not a duration; write it like 30s or 2m`);
  if (!(speed >= 0.1 && speed <= 100)) throw usage(`--speed ${flags.speed}: not a number from 0.1 to 100`);

  const stopping = new AbortController();
  const over = AbortSignal.any([signal, stopping.signal]);
  const note = noteTo(process.stderr);
  const folder = await mkdtemp(path.join(tmpdir(), "kubecast-demo-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  atExit(remove); // a second Ctrl-C does not wait for what follows
  const cleanUp: (() => unknown)[] = [remove];
  try {
    const redis = await startRedisServer({ log: note, signal: over }).catch((error: Error) => {
      throw over.aborted ? error : new Failure(error.message);
    });
    cleanUp.push(() => redis.stop());
    const server = await startApiServer({ tls: true });
    cleanUp.push(() => server.stop());
    const client = await Client.create(await configFromText(server.kubeconfig()));
    cleanUp.push(() => client.close());
    const kubeconfig = path.join(folder, "kubeconfig");
    await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
    const simulation = await startSimulation({ transport: client, speed, signal: over, log: note });
    cleanUp.push(() => simulation.stop());

    note(`a simulated cluster at ${server.url}, ${speed} times as fast as a real one`);
    note(`  look:      kubectl --kubeconfig ${kubeconfig} get pods -A`);
    note(`a Redis at ${redis.url}`);
    note(`  subscribe: redis-cli -p ${redis.port} PSUBSCRIBE 'kubecast:{${cluster}}:*'`);
    note(`the built-in rules, with a minute of their hold times in ${formatDuration(60_000 / speed / holdTimeFactor)}`);
    note("what a subscriber receives:");

    const publisher = new Publisher({
      url: redis.url,
      cluster,
      holder: randomUUID(),
      trim: { maxLength: 100_000 },
      outboxLimit: 100_000,
      report: () => {},
    });
    const pipeline = new Pipeline({
      transport: client,
      cluster,
      rules: (await builtinRules()).map((rule) => hasten(rule, speed * holdTimeFactor)),
      publisher,
      report: () => {},
    });
    const receiving = receive(redis.url, flags.json === true, over);
    const working = runTogether(pipeline, publisher, over);
    working.catch(() => stopping.abort());
    await demoCluster(client);
    const timer = duration === 0 ? undefined : setTimeout(() => stopping.abort(), duration);
    const tally = await receiving;
    clearTimeout(timer);
    await working;
    note(`${tally.firing} began (${tally.rules.size} rules), ${tally.resolved} resolved; stopping what was started`);
  } finally {
    stopping.abort();
    for (const step of cleanUp.reverse()) await step();
  }
}

/** Prints messages until the signal aborts, and counts them. */
async function receive(url: string, json: boolean, signal: AbortSignal) {
  const printer = new Printer(process.stdout);
  const tally = { firing: 0, resolved: 0, rules: new Set<string>() };
  const take = ({ event, json: text }: Message) => {
    process.stdout.write(`${json ? text : printer.message(event)}\n`);
    if (event.data.status === "firing") tally.firing += 1;
    else tally.resolved += 1;
    tally.rules.add(event.data.rule);
  };
  for await (const item of subscribe({ url, cluster, signal })) {
    if (item.type === "snapshot") item.firing.forEach(take);
    else if (item.type === "message") take(item.message);
  }
  return tally;
}

/** The rule with shorter hold times, so that a demo need not last for half an hour. */
function hasten(rule: Rule, factor: number): Rule {
  return { ...rule, for: rule.for / factor, keepFiringFor: rule.keepFiringFor / factor };
}

function noteTo(stream: NodeJS.WriteStream): (line: string) => void {
  const printer = new Printer(stream);
  return (line) => stream.write(`${printer.note(line)}\n`);
}

function usage(message: string): Failure {
  return new Failure(message, exitCodes.usage);
}
