import { setMaxListeners } from "node:events";
import type { KubeObject } from "../resource/object.ts";
import { type Clock, systemClock } from "../watch/clock.ts";
import type { Reflector } from "../watch/reflector.ts";
import type { ControllerStats, OnWatchError, Reconcile, RunOptions } from "./reconcile.ts";
import { type Mapper, ownersOf, requestOf } from "./request.ts";
import { Source, type SourceEvents, type SourceSettings, type Watched } from "./source.ts";
import { type Running, Work } from "./work.ts";
import type { Copy } from "./writes.ts";

/** How a controller watches its own objects. */
export interface ControllerSettings<K extends KubeObject> extends SourceSettings<K> {
  /** For tests; default `systemClock`. */
  readonly clock?: Clock | undefined;
}

/** How the watches run while another process leads. */
export interface WarmUpOptions {
  /** Ends the watches that it began. */
  readonly signal: AbortSignal;
  /** Default: nobody is told, and the watch goes on all the same. */
  readonly onWatchError?: OnWatchError | undefined;
}

/**
 * Calls `reconcile` for each object that there is, and again when it or what it
 * owns changes. Never twice at a time for the same object; changes that come
 * meanwhile are one more reconcile. It begins when the lists of all that is
 * watched are whole.
 *
 * ```ts
 * const controller = Controller.new(foos).owns(Api.v1ConfigMap(client));
 * await controller.run(reconcile, { signal, errorPolicy: () => "backoff" });
 * ```
 */
export class Controller<K extends KubeObject> {
  /** The objects, as the server has them. */
  readonly store: Reflector<K>;
  readonly #clock: Clock;
  readonly #counts = { ...noCounts };
  readonly #sources: AnySource[] = [];
  readonly #running = new Map<string, Running>();
  #work: Work<K> | undefined;
  /** The watches of a warm-up. */
  #warm: Promise<void> | undefined;

  /** Of all objects of an `Api`, or of those that a `Reflector` selects. More is said by `owns` and `watches`. */
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

  /** As it is now; a new object each time. */
  get stats(): Readonly<ControllerStats> {
    const queue = this.#work?.queue;
    return { ...this.#counts, depth: queue?.size ?? 0, held: queue?.held ?? 0 };
  }

  /**
   * Resolves once the lists of all that is watched are whole. Does not run the controller.
   * @throws the signal's reason if it aborts before.
   */
  async untilReady(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#sources.map(({ reflector }) => reflector.ready(signal)));
  }

  /**
   * Watches, and reconciles nothing: for a process that does not lead yet. A `run`
   * meanwhile takes the watches over as they are, without another list, and leaves
   * them running when it ends, for the next one.
   *
   * ```ts
   * const warm = controller.warmUp({ signal });
   * await elector.run((leading) => controller.run(reconcile, { signal: leading, errorPolicy }), { signal });
   * await warm;
   * ```
   *
   * What a change asks for is not remembered, only the objects: a `run` begins with
   * all that there are. One that went while another led was the other's to see to;
   * where it may not be missed, that is what finalizers are for.
   *
   * Returns when the signal has aborted.
   * @throws {RequestValidationError} what is to be watched cannot be.
   */
  async warmUp({ signal, onWatchError }: WarmUpOptions): Promise<void> {
    if (this.#warm !== undefined || this.#work !== undefined) throw new Error("this controller is watching already");
    this.#warm = this.#watchAll(signal, onWatchError);
    try {
      await this.#warm;
    } finally {
      this.#warm = undefined;
    }
  }

  /**
   * Runs until the signal aborts. If that is because leadership is lost, what
   * runs is aborted at once. It may be run again, and then reconciles all that
   * there is; what went before that may be missed, which is what finalizers are for.
   * @throws {RequestValidationError} what is to be watched cannot be.
   * @throws {RangeError} the concurrency is none.
   * @throws {StuckError} reconciles did not heed their signals, and go on. A later
   * run reconciles their objects once they have ended.
   */
  async run(reconcile: Reconcile<K>, options: RunOptions): Promise<void> {
    const { concurrency = 1, signal, onWatchError } = options;
    if (!(Number.isSafeInteger(concurrency) && concurrency > 0)) {
      throw new RangeError(`concurrency must be a whole number of at least 1, not ${concurrency}`);
    }
    if (this.#work !== undefined) throw new Error("this controller is running already");
    const sources = this.#sources;
    const work = new Work<K>({
      reconcile,
      run: options,
      store: this.store,
      copies: sources.map(({ reflector }) => reflector),
      clock: this.#clock,
      counts: this.#counts,
      running: this.#running,
    });
    this.#work = work;
    const onAbort = (): void => work.stop(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    setMaxListeners(0, work.stopping);
    for (const source of sources) source.listen(this.#eventsOf(source, work, onWatchError));
    try {
      const watching = this.#watch(work, onWatchError);
      this.#beginIfFresh(work);
      await work.run().finally(() => watching);
    } finally {
      signal.removeEventListener("abort", onAbort);
      for (const source of sources) source.unlisten();
      this.#work = undefined;
    }
  }

  #eventsOf({ reflector }: AnySource, work: Work<K>, onWatchError: OnWatchError | undefined): SourceEvents {
    return {
      requested: (key, priority) => work.queue.add(key, priority),
      heard: () => {
        work.writes.heard(reflector);
        this.#beginIfFresh(work);
      },
      failed: (error) => {
        this.#counts.mappingErrors++;
        try {
          onWatchError?.(error, reflector.resource);
        } catch (thrown) {
          work.fail(thrown);
        }
      },
    };
  }

  /** What a copy had when its watch ended may be long ago. */
  #beginIfFresh(work: Work<K>): void {
    if (this.#sources.every(({ isFresh }) => isFresh)) work.begin();
  }

  /** Lets the watches of a warm-up do or, where there is none or it ends before, watches by itself. Never rejects. */
  async #watch(work: Work<K>, onWatchError: OnWatchError | undefined): Promise<void> {
    const stopped = new Promise((resolve) => work.stopping.addEventListener("abort", resolve));
    while (!work.stopping.aborted) {
      if (this.#warm !== undefined) {
        await Promise.race([this.#warm.catch(() => {}), stopped]); // `warmUp` throws it
      } else {
        await this.#watchAll(work.stopping, onWatchError).catch((error) => work.fail(error));
      }
    }
  }

  /** A failure of one watch ends the others. */
  async #watchAll(signal: AbortSignal, onWatchError: OnWatchError | undefined): Promise<void> {
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    const errors: unknown[] = [];
    const watch = async (source: AnySource): Promise<void> => {
      const onError = (error: unknown): void => {
        this.#counts.watchErrors++;
        onWatchError?.(error, source.reflector.resource);
      };
      await source.run(stop.signal, onError).catch((error) => {
        errors.push(error);
        stop.abort(error);
      });
    };
    await Promise.all(this.#sources.map(watch));
    signal.removeEventListener("abort", onAbort);
    if (errors.length > 0) throw errors[0];
  }
}

interface AnySource {
  readonly reflector: Copy & Pick<Reflector<KubeObject>, "ready">;
  readonly isFresh: boolean;
  run(signal: AbortSignal, onError: (error: unknown) => void): Promise<void>;
  listen(events: SourceEvents): void;
  unlisten(): void;
}

const noCounts: Omit<ControllerStats, "depth" | "held"> = {
  reconciles: 0,
  errors: 0,
  timeouts: 0,
  retries: 0,
  milliseconds: 0,
  active: 0,
  stuck: 0,
  overdue: 0,
  watchErrors: 0,
  mappingErrors: 0,
};
