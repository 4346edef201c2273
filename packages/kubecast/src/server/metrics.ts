import { resourceName, systemClock } from "@kubecast/kube";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Publisher, PublisherEvent } from "../redis/publisher.ts";

/** Metrics of a running kubecast. Most are read from its parts when somebody asks: counting costs the main path nothing. */
export class Metrics {
  readonly registry = new Registry();
  readonly #transitions = new Counter({
    name: "kubecast_transitions_total",
    help: "Transitions published to Redis.",
    labelNames: ["rule", "status"],
    registers: [this.registry],
  });
  readonly #latency = new Histogram({
    name: "kubecast_publish_duration_seconds",
    help: "Time from a condition's change to Redis' word that it is published.",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers: [this.registry],
  });
  readonly #restored = new Counter({
    name: "kubecast_redis_restored_total",
    help: "Times that Redis had lost what was published and was brought back to the true state.",
    registers: [this.registry],
  });
  readonly #redisUp = new Gauge({
    name: "kubecast_redis_up",
    help: "1 while Redis can be reached.",
    registers: [this.registry],
  });

  constructor(pipeline: Pipeline, publisher: Publisher) {
    collectDefaultMetrics({ register: this.registry });
    this.#redisUp.set(1);
    this.#watchMetrics(pipeline);
    this.#ruleMetrics(pipeline);
    this.#gauge("kubecast_outbox_changes", "Changes that wait for Redis.", [], (gauge) => gauge.set(publisher.waiting));
    this.#counter(
      "kubecast_outbox_folded_total",
      "Changes that were folded away because Redis was away for too long.",
      [],
      (counter) => counter.inc(publisher.folded),
    );
  }

  /** Takes note of what the publisher reports. */
  observe(event: PublisherEvent): void {
    switch (event.type) {
      case "published":
        for (const change of event.changes) {
          if (change.type === "firing" || change.type === "resolved") {
            this.#transitions.inc({ rule: change.condition.rule, status: change.type });
          }
        }
        this.#latency.observe(event.took / 1_000);
        break;
      case "unreachable":
        this.#redisUp.set(0);
        break;
      case "reachable":
        this.#redisUp.set(1);
        break;
      case "restored":
        this.#restored.inc();
        break;
      default:
    }
  }

  #watchMetrics(pipeline: Pipeline): void {
    const labels = ["resource", "watch"] as const;
    const each = (use: (watch: Pipeline["watches"][number], labels: { resource: string; watch: string }) => void) => {
      for (const watch of pipeline.watches)
        use(watch, { resource: resourceName(watch.plan.resource), watch: watch.name });
    };
    this.#gauge("kubecast_objects", "Objects watched.", labels, (gauge) =>
      each((watch, at) => gauge.set(at, watch.stats.objects)),
    );
    this.#counter("kubecast_watch_events_total", "What watches brought.", [...labels, "type"], (counter) =>
      each((watch, at) => {
        for (const [type, count] of Object.entries(watch.stats.events)) counter.inc({ ...at, type }, count);
      }),
    );
    this.#counter("kubecast_watch_restarts_total", "Watches opened again after an error.", labels, (counter) =>
      each((watch, at) => counter.inc(at, watch.connection.restarts)),
    );
    this.#gauge(
      "kubecast_watch_last_heard_seconds",
      "Seconds since the API was last heard on a watch.",
      labels,
      (gauge) =>
        each((watch, at) => {
          const { lastHeard } = watch.connection;
          if (lastHeard !== undefined) gauge.set(at, (systemClock.now() - lastHeard) / 1_000);
        }),
    );
  }

  #ruleMetrics(pipeline: Pipeline): void {
    const sum = (counter: Counter<"rule">, which: "evaluations" | "ruleErrors") => {
      for (const { stats } of pipeline.watches) for (const [rule, count] of stats[which]) counter.inc({ rule }, count);
    };
    this.#counter("kubecast_rule_evaluations_total", "Evaluations of rules on objects.", ["rule"], (counter) =>
      sum(counter, "evaluations"),
    );
    this.#counter("kubecast_rule_errors_total", "Evaluations that failed.", ["rule"], (counter) =>
      sum(counter, "ruleErrors"),
    );
    this.#gauge("kubecast_conditions", "Conditions by state.", ["rule", "state"], (gauge) => {
      for (const { rule, phase } of pipeline.conditions.counts()) gauge.inc({ rule, state: phase });
    });
  }

  #gauge<L extends string>(...[name, help, labelNames, read]: Reading<L, Gauge<L>>): void {
    new Gauge<L>({ name, help, labelNames, registers: [this.registry], collect: anew(read) });
  }

  #counter<L extends string>(...[name, help, labelNames, read]: Reading<L, Counter<L>>): void {
    new Counter<L>({ name, help, labelNames, registers: [this.registry], collect: anew(read) });
  }
}

/** A metric that `read` sets whenever somebody asks. */
type Reading<L extends string, M> = [name: string, help: string, labelNames: readonly L[], read: (metric: M) => void];

function anew<M extends { reset(): void }>(read: (metric: M) => void): (this: M) => void {
  return function collect() {
    this.reset();
    read(this);
  };
}
