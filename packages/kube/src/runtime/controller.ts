import { setMaxListeners } from "node:events";
import type { KubeObject } from "../resource/object.ts";
import { type Resource, resourceName } from "../resource/resource.ts";
import { type Clock, systemClock } from "../watch/clock.ts";
import type { Reflector } from "../watch/reflector.ts";
import { traceReconcile } from "./diagnostics.ts";
import { LeadershipLostError } from "./leader-election.ts";
import { WorkQueue } from "./queue.ts";
import { type Mapper, ownersOf, type Request, requestOf, requestOfKey } from "./request.ts";
import { Source, type SourceEvents, type SourceSettings, type Watched } from "./source.ts";

export interface ControllerSettings<K extends KubeObject> extends SourceSettings<K> {
  readonly clock?: Clock | undefined;
}

export interface Context<K extends KubeObject> {
  /** As last heard of; undefined once it is gone. The controller's own copy: do not change it. */
  readonly object: K | undefined;
  /** All of the controller's objects. */
  readonly store: Reflector<K>;
  /** Aborts when the reconcile takes too long, or the controller will not wait for it any more. */
  readonly signal: AbortSignal;
}

/** Nothing: wait for the next change. Else also in so many milliseconds, if nothing changes before. */
export type Outcome = { readonly requeueAfter: number } | undefined;

/** Brings the world to what the object wants, from whatever state it is in. What it throws, the error policy is asked about. */
export type Reconcile<K extends KubeObject> = (
  request: Request,
  context: Context<K>,
) => Promise<Outcome> | Promise<void>;

/**
 * What comes after a failure: `backoff` tries again after 5 ms, doubling to
 * 1000 s; `done` waits for the next change.
 * @param failures in a row, this one included.
 */
export type ErrorPolicy = (
  request: Request,
  error: unknown,
  failures: number,
) => "backoff" | "done" | { readonly requeueAfter: number };

export interface RunOptions {
  /** Stops the controller: nothing is begun any more, and `run` returns when what runs has ended. */
  readonly signal: AbortSignal;
  /** Called for each failed reconcile; the place to log it. What it throws ends the run. */
  readonly errorPolicy: ErrorPolicy;
  /** A watch has failed, and goes on by itself; or a mapper or a predicate has thrown, and its change is skipped. What it throws ends the run. */
  readonly onWatchError?: ((error: unknown, resource: Resource) => void) | undefined;
  /** Reconciles at a time, each of another object; default 1. */
  readonly concurrency?: number | undefined;
  /** Milliseconds after which a reconcile's signal aborts; default none. */
  readonly timeout?: number | undefined;
  /** Milliseconds that a reconcile may take to end when the controller stops, before its signal aborts; default 30 000. */
  readonly gracePeriod?: number | undefined;
}

/** Counts since the controller was made, for metrics. */
export interface ControllerStats {
  /** Reconciles begun. */
  reconciles: number;
  /** Of these, such that threw. */
  errors: number;
  /** Of these, such that took longer than `timeout`. */
  timeouts: number;
  /** Tries after a failure that the error policy asked for. */
  retries: number;
  /** Milliseconds that all reconciles took together. */
  milliseconds: number;
  /** Reconciles that run now. */
  active: number;
  /** Objects that wait for a reconcile now. */
  depth: number;
  watchErrors: number;
  /** Mappers and predicates that threw. */
  mappingErrors: number;
}

/**
 * Calls `reconcile` for each object that there is, and again when it or what it
 * owns changes. Never twice at a time for the same object; changes that come
 * meanwhile are one more reconcile. It begins when the lists of all that is
 * watched are whole.
 *
 *     const controller = Controller.new(foos).owns(Api.v1ConfigMap(client));
 *     await controller.run(reconcile, { signal, errorPolicy: () => "backoff" });
 */
export class Controller<K extends KubeObject> {
  /** The objects, as the server has them. */
  readonly store: Reflector<K>;
  readonly #clock: Clock;
  readonly #counts = { ...noCounts };
  readonly #sources: AnySource[] = [];
  #queue: WorkQueue | undefined;

  static new<K extends KubeObject>(watched: Watched<K>, settings: ControllerSettings<K> = {}): Controller<K> {
    return new Controller(watched, settings);
  }

  constructor(watched: Watched<K>, settings: ControllerSettings<K>) {
    const source = new Source(watched, (object) => [requestOf(object)], settings);
    this.store = source.reflector;
    this.#clock = settings.clock ?? systemClock;
    this.#sources.push(source);
  }

  /** Also reconciles the owner when one of these changes: what names it in its `ownerReferences`. */
  owns<C extends KubeObject>(watched: Watched<C>, settings?: SourceSettings<C>): this {
    return this.watches(watched, ownersOf(this.store.resource), settings);
  }

  /** Also reconciles what the mapper makes of these when one changes. It is given the old object too. */
  watches<C extends KubeObject>(watched: Watched<C>, mapper: Mapper<C>, settings: SourceSettings<C> = {}): this {
    this.#sources.push(new Source(watched, mapper, settings));
    return this;
  }

  get stats(): Readonly<ControllerStats> {
    return { ...this.#counts, depth: this.#queue?.size ?? 0 };
  }

  /**
   * Resolves once the lists of all that is watched are whole. Does not run the controller.
   * @throws the signal's reason if it aborts before.
   */
  async untilReady(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#sources.map(({ reflector }) => reflector.ready(signal)));
  }

  /**
   * Runs until the signal aborts. If that is because leadership is lost, what
   * runs is aborted at once. It may be run again, and then reconciles all that
   * there is; what went before that may be missed, which is what finalizers are for.
   * @throws {RequestValidationError} what is to be watched cannot be.
   * @throws {RangeError} the concurrency is none.
   */
  async run(reconcile: Reconcile<K>, options: RunOptions): Promise<void> {
    const { concurrency = 1 } = options;
    if (!(Number.isSafeInteger(concurrency) && concurrency > 0)) {
      throw new RangeError(`concurrency must be a whole number of at least 1, not ${concurrency}`);
    }
    if (this.#queue !== undefined) throw new Error("this controller is running already");
    const queue = new WorkQueue({ clock: this.#clock, name: resourceName(this.store.resource) });
    this.#queue = queue;
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(options.signal.reason);
    if (options.signal.aborted) onAbort();
    options.signal.addEventListener("abort", onAbort);
    setMaxListeners(0, stop.signal);
    try {
      const watching = this.#sources.map((source) => this.#watch(source, queue, options, stop.signal));
      const work = this.#workAll(reconcile, queue, options, stop.signal);
      // A failure of one part ends the others.
      await allEnded([...watching, work], (error) => stop.abort(error));
    } finally {
      options.signal.removeEventListener("abort", onAbort);
      this.#queue = undefined;
    }
  }

  async #watch(source: AnySource, queue: WorkQueue, { onWatchError }: RunOptions, signal: AbortSignal): Promise<void> {
    await source.run(signal, {
      requested: (key, priority) => queue.add(key, priority),
      failed: (error, type) => {
        this.#counts[type === "watch" ? "watchErrors" : "mappingErrors"]++;
        onWatchError?.(error, source.reflector.resource);
      },
    });
  }

  async #workAll(reconcile: Reconcile<K>, queue: WorkQueue, options: RunOptions, stop: AbortSignal): Promise<void> {
    const { concurrency = 1, gracePeriod = 30_000 } = options;
    const running = new Set<AbortController>();
    const abortAll = (): void => {
      for (const each of running) each.abort(stop.reason);
    };
    let grace: unknown;
    const onStop = (): void => {
      queue.close();
      if (stop.reason instanceof LeadershipLostError) abortAll();
      else grace = this.#clock.setTimeout(abortAll, gracePeriod);
    };
    if (!(await this.#isReady(stop))) return queue.close();
    stop.addEventListener("abort", onStop);
    const work = async (): Promise<void> => {
      for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
        const abort = new AbortController();
        running.add(abort);
        await this.#reconcile(key, { reconcile, queue, abort, stop, ...options });
        running.delete(abort);
        queue.done(key);
      }
    };
    try {
      await allEnded(Array.from({ length: concurrency }, work), () => queue.close());
    } finally {
      stop.removeEventListener("abort", onStop);
      this.#clock.clearTimeout(grace);
    }
  }

  async #isReady(stop: AbortSignal): Promise<boolean> {
    await this.untilReady(stop).catch(() => {}); // rejects only when stopped
    return !stop.aborted;
  }

  /** Throws what the error policy throws, nothing else. */
  async #reconcile(key: string, task: Task<K>): Promise<void> {
    const { queue, abort, stop, timeout } = task;
    const request = requestOfKey(key);
    const context = { object: this.#find(request), store: this.store, signal: abort.signal };
    const timer = timeout && this.#clock.setTimeout(() => this.#timeOut(abort, timeout), timeout);
    const began = this.#clock.now();
    this.#counts.reconciles++;
    this.#counts.active++;
    try {
      const outcome = await traceReconcile(this.store.resource, request, () => task.reconcile(request, context));
      if (outcome) queue.addAfter(key, outcome.requeueAfter);
      queue.forget(key);
    } catch (error) {
      // One that was called off has not failed.
      if (stop.aborted && abort.signal.aborted) return;
      this.#counts.errors++;
      const decision = task.errorPolicy(request, error, queue.failures(key) + 1);
      if (decision === "done") return queue.forget(key);
      this.#counts.retries++;
      queue.addRateLimited(key, decision === "backoff" ? undefined : decision.requeueAfter);
    } finally {
      this.#clock.clearTimeout(timer);
      this.#counts.active--;
      this.#counts.milliseconds += this.#clock.now() - began;
    }
  }

  #timeOut(abort: AbortController, timeout: number): void {
    this.#counts.timeouts++;
    abort.abort(new DOMException(`the reconcile took longer than ${timeout} ms`, "TimeoutError"));
  }

  #find({ name, namespace }: Request): K | undefined {
    return namespace === undefined ? this.store.get(name) : this.store.getWithin(name, namespace);
  }
}

interface AnySource {
  readonly reflector: Pick<Reflector<KubeObject>, "resource" | "ready">;
  run(signal: AbortSignal, events: SourceEvents): Promise<void>;
}

interface Task<K extends KubeObject> extends RunOptions {
  readonly reconcile: Reconcile<K>;
  readonly queue: WorkQueue;
  readonly abort: AbortController;
  readonly stop: AbortSignal;
}

const noCounts: Omit<ControllerStats, "depth"> = {
  reconciles: 0,
  errors: 0,
  timeouts: 0,
  retries: 0,
  milliseconds: 0,
  active: 0,
  watchErrors: 0,
  mappingErrors: 0,
};

/** Waits for all, and then throws what the first of them to fail has thrown. */
async function allEnded(tasks: readonly Promise<void>[], failed: (error: unknown) => void): Promise<void> {
  const errors: unknown[] = [];
  await Promise.all(
    tasks.map((task) =>
      task.catch((error) => {
        errors.push(error);
        failed(error);
      }),
    ),
  );
  if (errors.length > 0) throw errors[0];
}
