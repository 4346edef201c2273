import { ApiError } from "../client/errors.ts";
import type { Transport } from "../client/transport.ts";
import type { KubeObject, Status, WatchEvent } from "../resource/object.ts";
import type { RawApi } from "../resource/raw-api.ts";
import {
  Configurable,
  type PartialObject,
  type PartialSettings,
  type TransformSettings,
  type WatchSource,
} from "./configurable.ts";
import type { WatchItem } from "./item.ts";
import { type Change, Store } from "./store.ts";

/**
 * The changes of objects as single events, none lost and none invented: after a
 * gap the state is listed, and what changed meanwhile told. For that it remembers
 * the objects. A failure is an `ERROR` event, after which it waits and goes on.
 *
 * ```ts
 * const informer = Informer.new(Api.v1Pod(client)).timeout(15);
 * for await (const { type, object } of informer.events(signal)) console.log(type, object);
 * ```
 *
 * Without a signal, `for await (const event of informer)`; one watch, to its end: `informer.poll()`.
 */
export class Informer<K extends KubeObject> extends Configurable<K> implements AsyncIterable<WatchEvent<K>> {
  protected readonly kind = "informer";
  readonly #store = new Store<K>({ frozen: this.frozen });

  /** With partial objects, `Informer.new(pods, { fields: ["status.phase"] })`, only these fields and the identity are told. */
  static new<K extends KubeObject, const P extends string = never, T extends KubeObject = PartialObject<K, P>>(
    source: WatchSource<K>,
    settings?: PartialSettings<K, P, T>,
  ): Informer<T> {
    return new Informer<T>(source as WatchSource<KubeObject> as WatchSource<T>, settings);
  }

  /** Of what `raw` requests, which need not be a kind that the library has a type for. */
  static raw<K extends KubeObject, T extends KubeObject = K>(
    client: Transport,
    raw: RawApi,
    settings?: TransformSettings<K, T>,
  ): Informer<T> {
    return new Informer<T>({ client, raw }, settings);
  }

  /**
   * Lists, so that events begin with what changes from now on. Without it the
   * first events are an `ADDED` for each object there is.
   * @throws what the list fails with; it may be called again.
   */
  async init(signal: AbortSignal = new AbortController().signal): Promise<this> {
    while (!this.#isWatching) {
      signal.throwIfAborted();
      for await (const items of this.#round(signal)) {
        this.#store.applyItems(items);
        for (const item of items) if (item.type === "error") throw item.error;
        if (this.#isWatching) break;
      }
    }
    return this;
  }

  /**
   * Begins after a resourceVersion, without a list, and so without knowing what
   * objects there are: one that is first heard of is told as `ADDED`, although
   * the server may have meant a change.
   * @throws {Error} if it is running.
   */
  initFrom(resourceVersion: string): this {
    this.reset().begin().from(resourceVersion);
    this.end();
    return this;
  }

  /** The resourceVersion from which the watch goes on; undefined where a list is due. Opaque. */
  get version(): string | undefined {
    return this.rounds?.version;
  }

  /**
   * The events of one watch, up to its end, which is after 10 s unless `timeout` says
   * otherwise; of the list before it, if one is due. Call it again to go on.
   */
  async *poll(signal: AbortSignal = new AbortController().signal): AsyncGenerator<WatchEvent<K>, void, undefined> {
    while (!this.#isWatching && !signal.aborted) {
      for await (const items of this.#round(signal)) {
        yield* this.#told(items);
        if (this.#isWatching) break;
      }
    }
    for await (const items of this.#round(signal, this.polled)) yield* this.#told(items);
  }

  /** The events of watch after watch, until the signal aborts or the loop is left. */
  async *events(signal: AbortSignal = new AbortController().signal): AsyncGenerator<WatchEvent<K>, void, undefined> {
    while (!signal.aborted) {
      for await (const items of this.#round(signal)) yield* this.#told(items);
    }
  }

  /** `events`, for ever. */
  [Symbol.asyncIterator](): AsyncGenerator<WatchEvent<K>, void, undefined> {
    return this.events();
  }

  get #isWatching(): boolean {
    return this.rounds?.isWatching === true;
  }

  *#told(items: readonly WatchItem<K>[]): Generator<WatchEvent<K>, void, undefined> {
    for (const item of items) {
      const changes = this.#store.applyItem(item);
      for (const change of changes) yield eventOf(change);
      if (item.type === "error") yield { type: "ERROR", object: statusOf(item.error) };
      // Begun without a list, it is told of the end of objects that it has not heard of.
      if (item.type === "delete" && changes.length === 0 && !this.#store.synced) {
        yield { type: "DELETED", object: item.object };
      }
    }
  }

  async *#round(
    signal: AbortSignal,
    timeoutSeconds = this.options.timeoutSeconds,
  ): AsyncGenerator<WatchItem<K>[], void, undefined> {
    const rounds = this.begin();
    try {
      if (!signal.aborted) yield* rounds.next(signal, timeoutSeconds);
    } finally {
      this.end();
    }
  }
}

function eventOf<K extends KubeObject>({ type, object }: Change<K>): WatchEvent<K> {
  return { type: type === "added" ? "ADDED" : type === "modified" ? "MODIFIED" : "DELETED", object };
}

function statusOf(error: Error): Status {
  if (error instanceof ApiError) return error.status;
  return { apiVersion: "v1", kind: "Status", status: "Failure", reason: error.name, message: error.message };
}
