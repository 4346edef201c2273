import {
  ApiError,
  type KubeObject,
  type Transport,
  type WatchItem,
  type WatchStats,
  watcher,
  watchStats,
} from "@kubecast/kube";
import type { Change, ObjectRef } from "../conditions/condition.ts";
import { Conditions, type RuleTerms } from "../conditions/conditions.ts";
import type { Publisher } from "../redis/publisher.ts";
import type { PublishedState } from "../redis/state.ts";
import type { RuleError } from "../rules/evaluate.ts";
import type { Rule } from "../rules/rule.ts";
import { Observer } from "./observer.ts";
import { describeWatch, type PlannedWatch, planWatches } from "./plan.ts";

/** What the pipeline has to say; for logs. */
export type PipelineEvent =
  | { readonly type: "synced"; readonly watch: string; readonly objects: number }
  | { readonly type: "watch-failed"; readonly watch: string; readonly error: Error; readonly retryIn: number }
  | { readonly type: "watch-recovered"; readonly watch: string }
  | { readonly type: "rule-failed"; readonly error: RuleError; readonly object: ObjectRef }
  | { readonly type: "ready" };

export interface PipelineOptions {
  readonly transport: Transport;
  readonly cluster: string;
  readonly rules: readonly Rule[];
  readonly publisher: Publisher;
  readonly report: (event: PipelineEvent) => void;
  /** Milliseconds since the epoch; for tests. */
  readonly clock?: () => number;
}

/** How a watch fares; for metrics and health. */
export interface WatchHealth {
  readonly plan: PlannedWatch;
  readonly name: string;
  /** What it brought. */
  readonly stats: Observer["stats"];
  /** How its connection fares. */
  readonly connection: WatchStats;
  failing: boolean;
}

/**
 * The main path: what the watches bring goes through the rules into the
 * conditions, and their changes go to the publisher.
 */
export class Pipeline {
  readonly watches: readonly WatchHealth[];
  readonly conditions: Conditions;
  readonly #options: PipelineOptions;
  readonly #observers: readonly Observer[];
  readonly #clock: () => number;
  readonly #lastRuleError = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Number.POSITIVE_INFINITY;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.conditions = new Conditions((change: Change) => options.publisher.publish(change));
    this.#observers = planWatches(options.rules).map(
      (plan) =>
        new Observer(plan, options.cluster, this.conditions, (error, object) => this.#ruleFailed(error, object)),
    );
    this.watches = this.#observers.map(({ plan, stats }) => ({
      plan,
      name: describeWatch(plan),
      stats,
      connection: watchStats(),
      failing: false,
    }));
  }

  /** Every watch has brought its first list whole. */
  get ready(): boolean {
    return this.watches.every((watch) => watch.stats.synced);
  }

  /**
   * Runs until the signal aborts. `published` is what earlier processes left in
   * Redis. Throws ApiError where the API refuses a watch before its first list:
   * credentials, rights or a resource that does not exist are not mended by
   * waiting. Later errors are reported and waited out.
   */
  async run(published: PublishedState, signal: AbortSignal): Promise<void> {
    const terms = new Map<string, RuleTerms>(this.#options.rules.map((rule) => [rule.name, rule]));
    this.conditions.adopt(published.firing.values(), published.timers, terms, this.#clock());
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    try {
      await Promise.all(
        this.#observers.map((observer, index) =>
          this.#observe(observer, this.watches[index] as WatchHealth, either).catch((error: unknown) => {
            failed.abort();
            throw error;
          }),
        ),
      );
    } finally {
      clearTimeout(this.#timer);
    }
  }

  async #observe(observer: Observer, health: WatchHealth, signal: AbortSignal): Promise<void> {
    const { resource, namespace, labelSelector, fieldSelector } = observer.plan;
    const batches = watcher<KubeObject>({
      transport: this.#telling(observer, health),
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === "" ? {} : { labelSelector }),
      ...(fieldSelector === "" ? {} : { fieldSelector }),
      stats: health.connection,
      signal,
    });
    for await (const batch of batches) {
      const now = this.#clock();
      for (const item of batch) this.#accept(item, observer, health, now);
      this.#schedule(now);
    }
  }

  #accept(item: WatchItem<KubeObject>, observer: Observer, health: WatchHealth, now: number): void {
    if (item.type === "error") {
      if (!observer.stats.synced && isFinal(item.error)) throw item.error;
      health.failing = true;
      this.#options.report({ type: "watch-failed", watch: health.name, error: item.error, retryIn: item.retryIn });
      return;
    }
    if (item.type !== "init" && item.type !== "init-apply") this.#recovered(health);
    const first = !observer.stats.synced;
    observer.accept(item, now);
    if (first && item.type === "init-done") this.#synced(observer, health, now);
  }

  /** The transport, which takes note of a watch that is open again: on a quiet cluster its next item is minutes away. */
  #telling(observer: Observer, health: WatchHealth): Transport {
    const { transport } = this.#options;
    return {
      request: (request, options) => transport.request(request, options),
      requestText: (request, options) => transport.requestText(request, options),
      stream: async (request, options) => {
        const response = await transport.stream(request, options);
        if (observer.stats.synced) this.#recovered(health);
        return response;
      },
    };
  }

  #recovered(health: WatchHealth): void {
    if (!health.failing) return;
    health.failing = false;
    this.#options.report({ type: "watch-recovered", watch: health.name });
  }

  /** What earlier processes published of a rule and no watch of the rule has brought is gone. */
  #synced(observer: Observer, health: WatchHealth, now: number): void {
    this.#options.report({ type: "synced", watch: health.name, objects: observer.stats.objects });
    for (const rule of observer.plan.rules) {
      const whole = this.#observers.every((other) => other.stats.synced || !other.plan.rules.includes(rule));
      if (whole) this.conditions.complete(rule.name, now);
    }
    if (this.ready) this.#options.report({ type: "ready" });
  }

  /** Makes sure that the next hold time is noticed when it runs out. */
  #schedule(now: number): void {
    const due = this.conditions.nextDeadline;
    if (due === undefined || due >= this.#timerDue) return;
    clearTimeout(this.#timer);
    this.#timerDue = due;
    const wait = Math.min(Math.max(0, due - now), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      this.#timerDue = Number.POSITIVE_INFINITY;
      const then = this.#clock();
      this.conditions.tick(then);
      this.#schedule(then);
    }, wait);
  }

  /** A rule that fails on one object tends to fail on many: a line a minute is enough. */
  #ruleFailed(error: RuleError, object: ObjectRef): void {
    const now = this.#clock();
    if (now - (this.#lastRuleError.get(error.message) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
    this.#lastRuleError.set(error.message, now);
    this.#options.report({ type: "rule-failed", error, object });
  }
}

/** An answer that a moment's wait does not change. */
function isFinal(error: Error): error is ApiError {
  return (
    error instanceof ApiError && (error.isUnauthorized || error.isForbidden || error.isNotFound || error.code === 400)
  );
}
