import { observingWrites } from "../client/writes.ts";
import type { KubeObject } from "../resource/object.ts";
import { resourceName } from "../resource/resource.ts";
import type { Clock } from "../watch/clock.ts";
import type { Reflector } from "../watch/reflector.ts";
import { traceReconcile } from "./diagnostics.ts";
import { LeadershipLostError } from "./leader-election.ts";
import { WorkQueue } from "./queue.ts";
import { type ControllerStats, type Reconcile, type RunOptions, StuckError } from "./reconcile.ts";
import { findIn, requestOfKey } from "./request.ts";
import { type Copy, Writes } from "./writes.ts";

/** Milliseconds; with the last second less than the 30 s that Kubernetes leaves a Pod to end. */
const GRACE_PERIOD = 25_000;
/** Milliseconds to heed an aborted signal. */
const LAST_SECOND = 1_000;
const CATCH_UP_TIMEOUT = 10_000;

/** A reconcile that runs. */
export interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

export interface WorkOptions<K extends KubeObject> {
  readonly reconcile: Reconcile<K>;
  readonly run: RunOptions;
  readonly store: Reflector<K>;
  /** All that is watched, the store first. */
  readonly copies: readonly Copy[];
  readonly clock: Clock;
  readonly counts: Omit<ControllerStats, "depth" | "held">;
  /** By their keys; those that are in it at the beginning are left of an earlier run. */
  readonly running: Map<string, Running>;
}

/** One run of a controller: takes key after key from the queue, and reconciles it. */
export class Work<K extends KubeObject> {
  readonly queue: WorkQueue;
  readonly writes: Writes;
  readonly #options: WorkOptions<K>;
  readonly #stop = new AbortController();
  readonly #begun = new AbortController();
  #failure: { readonly error: unknown } | undefined;

  constructor(options: WorkOptions<K>) {
    const { clock, copies, counts, running, run, store } = options;
    this.#options = options;
    this.queue = new WorkQueue({ clock, name: resourceName(store.resource) });
    const onTimeout = (): void => {
      counts.overdue++;
    };
    const timeout = run.catchUpTimeout ?? CATCH_UP_TIMEOUT;
    this.writes = new Writes({ clock, queue: this.queue, copies, timeout, onTimeout });
    for (const [key, { ended }] of running) {
      this.queue.hold(key);
      void ended.then(() => this.queue.release(key));
    }
  }

  /** Aborts when the work is to end. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** Nothing is taken from the queue before. */
  begin(): void {
    this.#begun.abort();
  }

  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  /** Stops, and has `run` throw the first of the failures. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.stop(error);
  }

  async run(): Promise<void> {
    const { concurrency = 1 } = this.#options.run;
    await new Promise((resolve) => {
      for (const signal of [this.#begun.signal, this.stopping]) {
        if (signal.aborted) resolve(undefined);
        else signal.addEventListener("abort", resolve);
      }
    });
    if (this.stopping.aborted) this.queue.close();
    const ended = Promise.all(Array.from({ length: concurrency }, () => this.#takeAll()));
    const left = await this.#untilEnded(ended);
    this.writes.close();
    if (this.#failure !== undefined) throw this.#failure.error;
    if (left.length > 0) throw new StuckError(left.map(requestOfKey));
  }

  /** The keys whose reconciles are not waited for any more. */
  #untilEnded(ended: Promise<unknown>): Promise<string[]> {
    const { clock, running, run } = this.#options;
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      let timer: unknown;
      const giveUp = (): void => resolve([...running.keys()]);
      const abortAll = (): void => {
        for (const { abort } of running.values()) abort.abort(signal.reason);
        timer = clock.setTimeout(giveUp, LAST_SECOND);
      };
      const onStop = (): void => {
        this.queue.close();
        if (signal.reason instanceof LeadershipLostError) abortAll();
        else timer = clock.setTimeout(abortAll, run.gracePeriod ?? GRACE_PERIOD);
      };
      if (signal.aborted) onStop();
      else signal.addEventListener("abort", onStop);
      void ended.then(() => {
        clock.clearTimeout(timer);
        resolve([]);
      });
    });
  }

  /** Never rejects. */
  async #takeAll(): Promise<void> {
    const { queue } = this;
    const { running } = this.#options;
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      const abort = new AbortController();
      const ended = this.#reconcile(key, abort).catch((error: unknown) => this.fail(error));
      running.set(key, { abort, ended });
      await ended;
      running.delete(key);
      queue.done(key);
    }
  }

  /** Throws what the error policy throws, nothing else. */
  async #reconcile(key: string, abort: AbortController): Promise<void> {
    const { queue, writes } = this;
    const { clock, counts, reconcile, run, store } = this.#options;
    const request = requestOfKey(key);
    const context = { object: findIn(store, request), store, signal: abort.signal };
    const onTimeout = (timeout: number): void => {
      counts.timeouts++;
      abort.abort(new DOMException(`the reconcile took longer than ${timeout} ms`, "TimeoutError"));
    };
    const { timeout } = run;
    const timer = timeout && clock.setTimeout(() => onTimeout(timeout), timeout);
    const began = clock.now();
    counts.reconciles++;
    counts.active++;
    abort.signal.addEventListener("abort", () => counts.stuck++);
    try {
      const outcome = await observingWrites(
        (client, sent, answer) => writes.wrote(key, client, sent, answer),
        () => traceReconcile(store.resource, request, () => reconcile(request, context)),
      );
      if (outcome) queue.addAfter(key, outcome.requeueAfter);
      queue.forget(key);
    } catch (error) {
      // One that was called off has not failed.
      if (this.stopping.aborted && abort.signal.aborted) return;
      counts.errors++;
      const decision = run.errorPolicy(request, error, queue.failures(key) + 1);
      if (decision === "done") return queue.forget(key);
      counts.retries++;
      queue.addRateLimited(key, decision === "backoff" ? undefined : decision.requeueAfter);
    } finally {
      clock.clearTimeout(timer);
      counts.active--;
      if (abort.signal.aborted) counts.stuck--;
      counts.milliseconds += clock.now() - began;
    }
  }
}
