import type { Transport } from "../client/transport.ts";
import type { KubeObject } from "../resource/object.ts";
import type { RawApi } from "../resource/raw-api.ts";
import {
  Configurable,
  type PartialObject,
  type PartialSettings,
  type TransformSettings,
  type WatchSource,
} from "./configurable.ts";
import type { Indexed, IndexFunction } from "./indexes.ts";
import type { WatchItem } from "./item.ts";
import { type Change, Store } from "./store.ts";
import { type SubscribeOptions, Subscribers } from "./subscribers.ts";
import type { WatchRounds } from "./watcher.ts";

/** What a reflector tells: changes that the store already has, or a failure that it gets over by itself. */
export type ReflectorBatch<K extends KubeObject> =
  | {
      readonly type: "changes";
      /** In order; empty only where a list is whole and brought nothing new. */
      readonly changes: Change<K>[];
      /** Whether the first list has arrived whole, with this batch or before. */
      readonly synced: boolean;
    }
  | Extract<WatchItem<K>, { type: "error" }>;

/**
 * Keeps a store the same as the server.
 *
 * ```ts
 * const reflector = Reflector.new(Api.v1Pod(client)).labels("app=shop");
 * const running = reflector.run(signal);
 * await reflector.ready(signal);
 * console.log(reflector.state().length); // 1
 * ```
 *
 * Or step by step, as kube's does: `init`, then `poll` again and again.
 */
export class Reflector<K extends KubeObject> extends Configurable<K> implements AsyncIterable<ReflectorBatch<K>> {
  protected readonly kind = "reflector";
  readonly #store = new Store<K>({ frozen: this.frozen });
  readonly #subscribers = new Subscribers<K>(this.#store);

  /** With partial objects, `Reflector.new(pods, { fields: ["status.phase"] })`, only these fields and the identity are kept, which saves memory. */
  static new<K extends KubeObject, const P extends string = never, T extends KubeObject = PartialObject<K, P>>(
    source: WatchSource<K>,
    settings?: PartialSettings<K, P, T>,
  ): Reflector<T> {
    return new Reflector<T>(source as WatchSource<KubeObject> as WatchSource<T>, settings);
  }

  /** Of what `raw` requests, which need not be a kind that the library has a type for. */
  static raw<K extends KubeObject, T extends KubeObject = K>(
    client: Transport,
    raw: RawApi,
    settings?: TransformSettings<K, T>,
  ): Reflector<T> {
    return new Reflector<T>({ client, raw }, settings);
  }

  /**
   * Lists, so that the store is whole; `poll`, `run` or `changes` goes on from there.
   * @throws what the list fails with; it may be called again.
   */
  async init(signal: AbortSignal = new AbortController().signal): Promise<this> {
    const rounds = this.begin();
    try {
      while (!rounds.isWatching) {
        signal.throwIfAborted();
        for await (const batch of this.#told(rounds, signal)) {
          if (batch.type === "error") throw batch.error;
          if (rounds.isWatching) break;
        }
      }
      return this;
    } finally {
      this.end();
    }
  }

  /**
   * One watch, to its end, which is after 10 s unless `timeout` says otherwise; the list
   * before it, if one is due. Call it again to go on.
   * @throws what the watch fails with, once it has waited as long as the failure asks for.
   */
  async poll(signal: AbortSignal = new AbortController().signal): Promise<void> {
    const rounds = this.begin();
    let failure: Error | undefined;
    try {
      while (!rounds.isWatching && failure === undefined && !signal.aborted) {
        for await (const batch of this.#told(rounds, signal)) {
          if (batch.type === "error") failure = batch.error;
          if (rounds.isWatching) break;
        }
      }
      if (failure === undefined && !signal.aborted) {
        for await (const batch of this.#told(rounds, signal, this.polled)) {
          if (batch.type === "error") failure = batch.error;
        }
      }
    } finally {
      this.end();
    }
    if (failure !== undefined && !signal.aborted) throw failure;
  }

  /**
   * Runs until the signal aborts, then returns. `handle` is given every batch
   * and waited for, the server with it; what it throws ends the run.
   */
  async run(signal: AbortSignal, handle?: (batch: ReflectorBatch<K>) => void | Promise<void>): Promise<void> {
    for await (const batch of this.changes(signal)) await handle?.(batch);
  }

  /** The same as a stream of batches, until the signal aborts or the loop is left. */
  async *changes(
    signal: AbortSignal = new AbortController().signal,
  ): AsyncGenerator<ReflectorBatch<K>, void, undefined> {
    const rounds = this.begin();
    try {
      while (!signal.aborted) yield* this.#told(rounds, signal);
    } finally {
      this.end();
      this.rounds = undefined;
    }
  }

  /** `changes`, for ever. */
  [Symbol.asyncIterator](): AsyncGenerator<ReflectorBatch<K>, void, undefined> {
    return this.changes();
  }

  /**
   * The changes of the store for one of many who live on the same watch. Any
   * number may subscribe, at any time, and each takes them at its own pace:
   *
   * ```ts
   * for await (const changes of reflector.subscribe({ signal })) {
   *   for (const { type, object } of changes) console.log(type, object.metadata.name);
   * }
   * ```
   *
   * It runs nothing: somebody has to `run` the reflector, and is told of failures.
   * Nor does it end with a run, for there may be another; it ends with its signal,
   * or when the loop is left, and is then forgotten.
   *
   * What is promised:
   * - It begins once the first list is whole, with the objects that there are, each
   *   as `added`; an empty batch where there are none. It goes on without gap or repetition.
   * - `added` is told of an object that this subscriber does not know, `modified` and
   *   `deleted` of one that it does, and `old` is what it was last told of it. One
   *   that took the name of another is told as a `deleted` and an `added`.
   * - The states of an object come in the order in which the server had them.
   * - With `coalesce`, what it has been told is, after each batch, what the store
   *   held when the batch was made. One that has not taken a batch before the next
   *   one comes is told one change of each object; no more waits for it than there
   *   are objects, or changes in one batch of the server's.
   * - With `wait`, it is told every change that the store has made.
   * - No subscriber is harmed by another that throws, leaves, or (with `coalesce`)
   *   takes for ever.
   *
   * What is not:
   * - That it sees every state. `coalesce` leaves some out; so does a watch, for
   *   either, where it has to list again.
   * - That the store is still in the state that is told: it is that, or newer.
   * - An order between changes of different objects.
   * - That all goes on with `wait` where a subscriber waits for what only the watch
   *   can bring: `ready`, say, or another's changes.
   *
   * The objects are the store's own, shared with all: to change one, change a copy.
   * @throws {RangeError} a buffer of less than 0, when the loop begins.
   */
  subscribe(options: SubscribeOptions = {}): AsyncGenerator<Change<K>[], void, undefined> {
    return this.#subscribers.subscribe(options);
  }

  /**
   * Resolves once the first list has arrived whole. Does not run the reflector.
   * @throws the signal's reason if it aborts before.
   */
  async ready(signal: AbortSignal = new AbortController().signal): Promise<void> {
    await this.#subscribers.synced(signal);
    if (!this.#store.synced) throw signal.reason;
  }

  /** Whether the first list has arrived whole. */
  get synced(): boolean {
    return this.#store.synced;
  }

  /** The resourceVersion up to which the server's changes are in the store; undefined until it is `synced`. */
  get version(): string | undefined {
    return this.#store.version;
  }

  /** What one request brings, taken into the store. */
  async *#told(
    rounds: WatchRounds<K>,
    signal: AbortSignal,
    timeoutSeconds = this.options.timeoutSeconds,
  ): AsyncGenerator<ReflectorBatch<K>, void, undefined> {
    for await (const items of rounds.next(signal, timeoutSeconds)) {
      const { synced } = this.#store;
      const changes = this.#store.applyItems(items);
      const first = !synced && this.#store.synced;
      const listed = items.some(({ type }) => type === "init-done");
      if (changes.length > 0) this.#subscribers.tell(changes);
      if (first) this.#subscribers.tellSynced();
      if (changes.length > 0 || listed) yield { type: "changes", changes, synced: this.#store.synced };
      for (const item of items) if (item.type === "error") yield item;
      if (this.#subscribers.full) await this.#subscribers.room(signal);
    }
  }

  /** All objects as last heard of; empty until the first list is whole. */
  state(): K[] {
    return this.#store.list();
  }

  /** By name, in the namespace that is watched; use `getWithin` when all are. */
  get(name: string): K | undefined {
    return this.#store.get(name, this.options.namespace);
  }

  /** Undefined where there is none. */
  getWithin(name: string, namespace: string): K | undefined {
    return this.#store.get(name, namespace);
  }

  /**
   * Keeps the objects by what a function says of them, for `byIndex`: one value, several, or none.
   *
   * ```ts
   * const reflector = Reflector.new(Api.v1Pod(client)).indexBy("node", (pod) => pod.spec?.nodeName);
   * await reflector.init();
   * console.log(reflector.byIndex("node", "node-1").map(({ metadata }) => metadata.name)); // [ 'blog' ]
   * ```
   *
   * It may be called at any time; see `Store.indexBy`.
   * @throws {Error} there is an index of this name.
   */
  indexBy<const N extends string>(name: N, values: IndexFunction<K>): this & Indexed<K, N> {
    this.#store.indexBy(name, values);
    return this as this & Indexed<K, N>;
  }

  /**
   * The objects that an index has under a value; see `Indexed`. The names it may be given are those of `indexBy`.
   * @throws {Error} there is no index of this name.
   */
  byIndex(name: never, value: string): K[] {
    return this.#store.byIndex(name, value);
  }

  /** The values that an index has objects under; see `Indexed`. Throws as `byIndex` does. */
  indexValues(name: never): string[] {
    return this.#store.indexValues(name);
  }
}
