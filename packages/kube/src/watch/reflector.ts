import type { KubeObject } from "../resource/object.ts";
import { Configurable, type WatchSettings, type WatchSource } from "./configurable.ts";
import type { WatchItem } from "./item.ts";
import { type Change, Store } from "./store.ts";
import { watcher } from "./watcher.ts";

/** What a reflector tells: changes that the store already has, or a failure that it gets over by itself. */
export type ReflectorBatch<K extends KubeObject> =
  | {
      readonly type: "changes";
      /** In order; empty only where the first list is whole and brought nothing. */
      readonly changes: Change<K>[];
      /** Whether the first list has arrived whole, with this batch or before. */
      readonly synced: boolean;
    }
  | Extract<WatchItem<K>, { type: "error" }>;

/**
 * Keeps a store the same as the server.
 *
 *     const reflector = Reflector.new(Api.v1Pod(client)).labels("app=shop");
 *     const running = reflector.run(signal);
 *     await reflector.ready(signal);
 *     reflector.state();
 */
export class Reflector<K extends KubeObject> extends Configurable<K> implements AsyncIterable<ReflectorBatch<K>> {
  readonly #store = new Store<K>();
  readonly #waiting = new Set<() => void>();
  #running = false;

  static new<K extends KubeObject>(source: WatchSource<K>, settings?: WatchSettings): Reflector<K> {
    return new Reflector<K>(source, settings);
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
    if (this.#running) throw new Error("this reflector is running already");
    this.#running = true;
    try {
      for await (const items of watcher<K>({ ...this.options, signal })) {
        const { synced } = this.#store;
        const changes = this.#store.applyItems(items);
        const first = !synced && this.#store.synced;
        if (first) for (const done of this.#waiting) done();
        if (changes.length > 0 || first) yield { type: "changes", changes, synced: this.#store.synced };
        for (const item of items) if (item.type === "error") yield item;
      }
    } finally {
      this.#running = false;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<ReflectorBatch<K>, void, undefined> {
    return this.changes();
  }

  /**
   * Resolves once the first list has arrived whole. Does not run the reflector.
   * @throws the signal's reason if it aborts before.
   */
  ready(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#store.synced) return resolve();
      if (signal?.aborted) return reject(signal.reason);
      const settle = (): void => {
        this.#waiting.delete(settle);
        signal?.removeEventListener("abort", settle);
        if (this.#store.synced) resolve();
        else reject(signal?.reason);
      };
      this.#waiting.add(settle);
      signal?.addEventListener("abort", settle);
    });
  }

  /** Whether the first list has arrived whole. */
  get synced(): boolean {
    return this.#store.synced;
  }

  /** All objects as last heard of; empty until the first list is whole. */
  state(): K[] {
    return this.#store.list();
  }

  /** By name, in the namespace that is watched; use `getWithin` when all are. */
  get(name: string): K | undefined {
    return this.#store.get(name, this.options.namespace);
  }

  getWithin(name: string, namespace: string): K | undefined {
    return this.#store.get(name, namespace);
  }
}
