import { setTimeout as sleep } from "node:timers/promises";
import { Client, configFromText } from "@kubecast/kube";
import { PlainApi } from "../api.ts";
import { type Child, now, startChild } from "../child.ts";
import { type Cluster, readCluster } from "./cluster.ts";
import type { Consumer } from "./consumer.ts";
import { startController } from "./controller-consumer.ts";
import type { Counts } from "./counts.ts";
import { fastClock, fastTiming } from "./fast-clock.ts";
import { type Held, held } from "./memory.ts";
import { Random } from "./random.ts";
import { startReflectors } from "./reflector-consumer.ts";
import type { Started, StartQuestion, WriteQuestion, Written } from "./server.ts";
import { startWatchers } from "./watcher-consumer.ts";

export interface SoakOptions {
  /** Watch events that each consumer is to receive; more happen, as some are lost to compactions. */
  readonly events: number;
  readonly seed: number;
  /** Events a second, as long as the machine has time for them. */
  readonly rate: number;
  /** Events between two faults, on the average. */
  readonly every: number;
  /** At least. */
  readonly checkpoints: number;
  readonly signal: AbortSignal;
  /** Called now and then with the watch events that each consumer has received at least. */
  readonly onProgress: (received: number, milliseconds: number) => void;
}

/** A moment in which nothing happens and all are level. */
export interface Checkpoint extends Held {
  /** Written so far. */
  readonly events: number;
  /** Milliseconds since the start. */
  readonly at: number;
  /** Milliseconds from the last event, with which the faults end, until all were level. */
  readonly level: number;
}

export interface ConsumerFigures {
  readonly name: string;
  /** Watch events received. */
  readonly received: number;
  readonly bytes: number;
  /** Changes, items or reconciles. */
  readonly handled: number;
  readonly lists: number;
  readonly restarts: number;
  readonly errors: number;
}

export interface Soaked {
  readonly events: number;
  /** At the end. */
  readonly objects: number;
  readonly faults: Counts;
  readonly consumers: readonly ConsumerFigures[];
  readonly checkpoints: readonly Checkpoint[];
}

/** What the soak is there to find. */
export class SoakFailure extends Error {
  override readonly name = "SoakFailure";
}

/** Of the consumers' clock: backoff, timeouts and Retry-After pass so many times as fast. */
const SPEED = 50;
/** Milliseconds to become level in; the longest wait of the library, 30 s, takes 600 of them. */
const PATIENCE = 30_000;
/** What differs, at most that many lines of it. */
const SHOWN = 10;

/** Milliseconds between two signs of progress. */
const PROGRESS = 5_000;

const starts = [startReflectors, startController, startWatchers];

/**
 * Has everything happen to a server and to what watches it.
 * @throws {SoakFailure} a consumer was told what cannot be, or did not become level.
 */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const server = startChild("./soak/server.ts");
  const clients: Client[] = [];
  const consumers: Consumer[] = [];
  try {
    const { seed, rate, every, signal } = options;
    const question: StartQuestion = { type: "start", seed, speed: SPEED, rate, every, clients: starts.length };
    const { api, kubeconfigs } = await server.ask<Started>(question);
    const random = new Random(seed);
    for (const [index, start] of starts.entries()) {
      const own = new Random(random.below(2 ** 32));
      const config = await configFromText(kubeconfigs[index] ?? "");
      const client = await Client.create(config, { timing: fastTiming(SPEED, () => own.next()) });
      clients.push(client);
      consumers.push(start({ transport: client, clock: fastClock(SPEED), random: own }));
    }
    const ended = consumers.map(({ name, running }) =>
      running.then(() => Promise.reject(new SoakFailure(`the ${name} has ended`))),
    );
    return await Promise.race([follow(options, server, new PlainApi(api), consumers), aborted(signal), ...ended]);
  } finally {
    await Promise.allSettled(consumers.map((consumer) => consumer.stop()));
    await Promise.all(clients.map((client) => client.close()));
    server.stop();
  }
}

async function follow(
  { events, checkpoints: parts, signal, onProgress }: SoakOptions,
  server: Child,
  api: PlainApi,
  consumers: readonly Consumer[],
): Promise<Soaked> {
  const began = now();
  const question: WriteQuestion = { type: "write", events: Math.ceil(events / parts) };
  const least = () => Math.min(...consumers.map(({ received }) => received.events));
  const progress = setInterval(() => onProgress(least(), now() - began), PROGRESS);
  // Such as of listeners that become ever more.
  const warnings: string[] = [];
  const warned = ({ message }: Error) => void warnings.push(`Node warns: ${message}`);
  process.on("warning", warned);
  try {
    const checkpoints: Checkpoint[] = [];
    for (;;) {
      const { events: written, faults } = await server.ask<Written>(question);
      const quiet = now();
      const cluster = await readCluster(api);
      for (const consumer of consumers) await becomeLevel(consumer, cluster, quiet + PATIENCE, signal);
      const level = now() - quiet;
      if (warnings.length > 0) throw new SoakFailure(warnings.join("\n"));
      checkpoints.push({ events: written, at: now() - began, level, ...(await held()) });
      if (least() >= events) {
        const objects = [...cluster.values()].reduce((sum, { size }) => sum + size, 0);
        return { events: written, objects, faults, consumers: consumers.map(figuresOf), checkpoints };
      }
      for (const consumer of consumers) await consumer.checkpoint?.();
    }
  } finally {
    clearInterval(progress);
    process.off("warning", warned);
  }
}

async function becomeLevel(consumer: Consumer, cluster: Cluster, deadline: number, signal: AbortSignal): Promise<void> {
  const { name } = consumer;
  for (;;) {
    signal.throwIfAborted();
    const violations = consumer.violations();
    if (violations.length > 0) throw new SoakFailure(lines(`the ${name} was told what cannot have been`, violations));
    const differences = consumer.differences(cluster, "versions");
    if (differences.length === 0) break;
    if (now() > deadline) throw new SoakFailure(lines(`the ${name} does not become level`, differences));
    await sleep(10);
  }
  const differences = consumer.differences(cluster, "everything");
  if (differences.length > 0) throw new SoakFailure(lines(`the ${name} holds something else`, differences));
}

function lines(what: string, found: readonly string[]): string {
  const more = found.length > SHOWN ? [`and ${found.length - SHOWN} more`] : [];
  return [`${what}:`, ...found.slice(0, SHOWN), ...more].join("\n  ");
}

function figuresOf({ name, received, handled, stats }: Consumer): ConsumerFigures {
  const { lists, restarts, errors } = stats;
  return { name, received: received.events, bytes: received.bytes, handled, lists, restarts, errors };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}
