import { setMaxListeners } from "node:events";
import type { KubeObject } from "../resource/object.ts";
import { AllChanges, type Backlog, NetChanges } from "./backlog.ts";
import { Condition } from "./condition.ts";
import type { Change, Store } from "./store.ts";

/** How changes are told, and until when. */
export interface SubscribeOptions {
  /** Ends the subscription, at once. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What becomes of the changes that come faster than they are taken:
   * - `coalesce`, the default: those of one object become one, from what this
   *   subscriber was last told to what is newest. It holds up nobody.
   * - `wait`: each is told. While more than `buffer` of them wait, nothing is read
   *   from the server, which holds up everybody who lives on this watch.
   */
  readonly whenSlow?: "coalesce" | "wait" | undefined;
  /** With `wait`: how many changes may wait, and one batch of the server's besides; default 1000. */
  readonly buffer?: number | undefined;
}

/** Those who are told what changes in a store, each at its own pace. */
export class Subscribers<K extends KubeObject> {
  readonly #store: Pick<Store<K>, "synced" | "list">;
  readonly #all = new Set<Subscriber<K>>();
  readonly #synced = new Condition();
  readonly #taken = new Condition();

  constructor(store: Pick<Store<K>, "synced" | "list">) {
    this.#store = store;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Whether one that must be told everything has too much before it. */
  get full(): boolean {
    for (const { full } of this.#all) if (full) return true;
    return false;
  }

  /** To be called with what the store has changed, before it changes again. */
  tell(changes: readonly Change<K>[]): void {
    for (const subscriber of this.#all) subscriber.tell(changes);
  }

  /** To be called when the store has become synced. */
  tellSynced(): void {
    this.#synced.notify();
  }

  /** Waits until nobody is `full`, or the signal aborts. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.full && !signal.aborted) await this.#taken.wait(signal);
  }

  /** Waits until the store is synced, or the signal aborts. */
  async synced(signal: AbortSignal): Promise<void> {
    while (!this.#store.synced && !signal.aborted) await this.#synced.wait(signal);
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<Change<K>[], void, undefined> {
    const { signal = new AbortController().signal } = options;
    // Many subscribers of one signal are no leak, of which Node 20 would warn.
    setMaxListeners(0, signal);
    await this.synced(signal);
    if (signal.aborted) return;
    const subscriber = new Subscriber<K>(options);
    // Called by the signal as well: one that takes its time does not come by here.
    const leave = (): void => {
      signal.removeEventListener("abort", leave);
      this.#all.delete(subscriber);
      this.#taken.notify();
      subscriber.wake();
    };
    signal.addEventListener("abort", leave);
    this.#all.add(subscriber);
    try {
      yield this.#store.list().map((object) => ({ type: "added", object }));
      for (;;) {
        while (subscriber.backlog.size === 0 && !signal.aborted) await subscriber.news();
        if (signal.aborted) return;
        const changes = subscriber.backlog.take();
        this.#taken.notify();
        yield changes;
      }
    } finally {
      leave();
    }
  }
}

class Subscriber<K extends KubeObject> {
  readonly backlog: Backlog<K>;
  readonly #limit: number;
  readonly #news = new Condition();

  constructor({ whenSlow = "coalesce", buffer = 1000 }: SubscribeOptions) {
    if (!(buffer >= 0)) throw new RangeError(`a buffer of ${buffer} changes`);
    const all = whenSlow === "wait";
    this.backlog = all ? new AllChanges() : new NetChanges();
    this.#limit = all ? buffer : Number.POSITIVE_INFINITY;
  }

  get full(): boolean {
    return this.backlog.size > this.#limit;
  }

  tell(changes: readonly Change<K>[]): void {
    this.backlog.add(changes);
    this.wake();
  }

  /** Resolves once it is told something, or woken. */
  news(): Promise<void> {
    return this.#news.wait();
  }

  wake(): void {
    this.#news.notify();
  }
}
