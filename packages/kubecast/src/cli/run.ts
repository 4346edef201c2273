import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { ApiError, Client, type ClusterConfig, ConfigError, loadConfig } from "@kubecast/kube";
import type { Logger } from "pino";
import type { ObjectRef } from "../conditions/condition.ts";
import { runTogether } from "../pipeline/kubecast.ts";
import { Pipeline, type PipelineEvent } from "../pipeline/pipeline.ts";
import { redactUrl } from "../redis/connection.ts";
import { Publisher, type PublisherEvent } from "../redis/publisher.ts";
import { loadRules } from "../rules/catalogue.ts";
import type { Rule } from "../rules/rule.ts";
import { Health } from "../server/health.ts";
import { Metrics } from "../server/metrics.ts";
import { startServer } from "../server/server.ts";
import { type Flags, loadSettings, type Settings } from "../settings/settings.ts";
import { exitCodes, explainApiError, Failure, toFailure } from "./failure.ts";
import { createLogger, isJson } from "./logger.ts";
import { checkKubernetes, checkRedis } from "./preflight.ts";

/** `kubecast run`: the main job. Ends when the signal aborts; throws what it cannot go on without. */
export async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const settings = await loadSettings(flags, process.env);
  const rules = await loadRules(settings.rules);
  if (rules.length === 0) throw new Failure("there are no rules: give some with --rules FILE", exitCodes.usage);
  const log = createLogger(settings.logging);
  try {
    await watch(settings, rules, log, signal);
  } catch (error) {
    if (error === signal.reason || !isJson(settings.logging)) throw error;
    // Who reads the log line by line is to read its last line too.
    const failure = toFailure(error);
    log.fatal(failure.message);
    failure.logged = true;
    throw failure;
  }
}

async function watch(settings: Settings, rules: Rule[], log: Logger, signal: AbortSignal): Promise<void> {
  const { kubeconfig, context } = settings.kubernetes;
  const config = await loadConfig({ kubeconfig, context }).catch((error: unknown) => {
    if (!(error instanceof ConfigError) || kubeconfig !== undefined) throw error;
    throw new Failure(`${error.message}; choose a kubeconfig with --kubeconfig FILE or KUBECONFIG`, exitCodes.usage);
  });
  const cluster = settings.cluster ?? clusterNameOf(config);
  const client = await Client.create(config);
  try {
    let metrics: Metrics | undefined;
    let health: Health | undefined;
    const publisher = new Publisher({
      url: settings.redis.url,
      cluster,
      holder: `${hostname()}/${process.pid}/${randomUUID()}`,
      trim: settings.redis.log,
      outboxLimit: settings.redis.outbox,
      report: (event) => {
        metrics?.observe(event);
        health?.observe(event);
        logPublisher(log, event);
      },
    });
    const pipeline = new Pipeline({
      transport: client,
      cluster,
      rules,
      publisher,
      report: (event) => logPipeline(log, event),
    });
    metrics = new Metrics(pipeline, publisher);
    health = new Health(pipeline, publisher);
    const server = await startServer(settings.server, health, metrics.registry);
    try {
      await checkKubernetes(client, signal);
      await checkRedis(settings.redis.url, signal);
      log.info(
        { cluster, api: config.server, redis: redactUrl(settings.redis.url), rules: rules.length, port: server.port },
        "kubecast is watching",
      );
      signal.addEventListener("abort", () => log.info({ waiting: publisher.waiting }, "stopping"), { once: true });
      await runTogether(pipeline, publisher, signal);
    } finally {
      await server.stop();
    }
    if (publisher.waiting > 0)
      log.warn({ waiting: publisher.waiting }, "not all could be published; the next start makes up for it");
    log.info("kubecast has stopped");
  } catch (error) {
    throw error instanceof ApiError ? explainApiError(error, config) : error;
  } finally {
    await client.close();
  }
}

/** The kubeconfig's name for the cluster, as far as it can stand in a key; `default` where there is none. */
function clusterNameOf(config: ClusterConfig): string {
  const name = config.cluster?.split("/").at(-1) ?? "";
  return name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[._-]+/, "") || "default";
}

function logPublisher(log: Logger, event: PublisherEvent): void {
  switch (event.type) {
    case "published":
      for (const change of event.changes) {
        if (change.type !== "firing" && change.type !== "resolved") continue;
        const { rule, object, element, summary } = change.condition;
        const reason = change.type === "resolved" ? { reason: change.reason } : {};
        log.info(
          { rule, object: nameOf(object), element: element ?? undefined, ...reason },
          `${change.type}: ${summary}`,
        );
      }
      break;
    case "unreachable":
      log.warn({ waiting: event.waiting }, `cannot publish, and keeps trying: ${event.error.message}`);
      break;
    case "reachable":
      log.info({ waiting: event.waiting }, "Redis is back");
      break;
    case "restored":
      log.warn(
        { epoch: event.epoch, corrections: event.corrections },
        "Redis had lost what was published; it is brought up to date",
      );
      break;
    case "foreign":
      log.warn({ ids: event.ids }, "removed from the state in Redis what kubecast did not write");
      break;
  }
}

function nameOf({ namespace, name }: ObjectRef): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function logPipeline(log: Logger, event: PipelineEvent): void {
  switch (event.type) {
    case "synced":
      log.info({ watch: event.watch, objects: event.objects }, "listed");
      break;
    case "ready":
      log.info("all watches are in place");
      break;
    case "watch-failed":
      log.warn(
        { watch: event.watch, retryInMs: Math.round(event.retryIn) },
        `the watch was interrupted: ${event.error.message}`,
      );
      break;
    case "watch-recovered":
      log.info({ watch: event.watch }, "the watch goes on");
      break;
    case "rule-failed":
      log.warn({ object: nameOf(event.object) }, `${event.error.message}; its conditions stay as they are`);
      break;
  }
}
