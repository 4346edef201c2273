import { setMaxListeners } from "node:events";
import { ApiError } from "../client/errors.ts";
import type { Transport } from "../client/transport.ts";
import type { KubeObject, ObjectList } from "../resource/object.ts";
import { apiVersion, type Resource } from "../resource/resource.ts";
import { type Projection, project, projectionOf } from "../wire/projection.ts";
import { Backoff } from "./backoff.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";
import { WatchConnection } from "./connection.ts";
import { WatchDiagnostics } from "./diagnostics.ts";
import type { WatchItem } from "./item.ts";
import { checksLists, ListCheck } from "./list-check.ts";
import { type Selection, WatchRequests } from "./requests.ts";
import {
  type Answer,
  initialState,
  type Listing,
  type State,
  type StreamingList,
  step,
  type Watching,
  watchingFrom,
} from "./state.ts";
import { checkedTransform, type Transform } from "./transform.ts";

/** What is watched, and how. */
export interface WatchOptions extends Selection {
  /** Whom to ask. */
  readonly transport: Transport;
  /** Seconds until the server is to end a watch, which is then resumed. Default: random between 300 and 600, anew each time. */
  readonly timeoutSeconds?: number | undefined;
  /** Objects a page where the server has no streaming lists; default 500. */
  readonly pageSize?: number | undefined;
  /** false: never ask for a streaming list. */
  readonly streamingLists?: boolean | undefined;
  /**
   * Whether each streaming list is compared with a plain one at the same
   * resourceVersion; a difference, which only a server's bug can make, is an error
   * item, and the watch goes on. Default: whether the environment has
   * `KUBE_WATCHLIST_INCONSISTENCY_DETECTOR=true`.
   */
  readonly checkLists?: boolean | undefined;
  /**
   * Such as `status.phase` or `spec.containers.image`: objects are cut down to
   * these fields and their identity as they are decoded. Absent: they are whole.
   */
  readonly fields?: readonly string[] | undefined;
  /**
   * Called once with each object that comes, once it is cut down to `fields`; what it
   * returns is what is told and kept. It may change the object, which nobody else has
   * seen, but not its name, namespace, uid and resourceVersion. What it throws is a
   * failure of the watch, which names the object and is tried again: better an old
   * state and an error than a state with an object missing.
   */
  readonly transform?: ((object: never) => KubeObject) | undefined;
  /** Kept up to date while the watch runs. */
  readonly stats?: WatchStats | undefined;
  /** For tests; default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** From 0 up to, not including, 1; default Math.random. */
  readonly random?: (() => number) | undefined;
}

/** How a watch fares, for metrics and health checks. */
export interface WatchStats {
  /** When the server last gave a sign of life, in milliseconds of the clock (`systemClock.now()`). */
  lastHeard: number | undefined;
  /** Lists begun; all but the first are relists. */
  lists: number;
  /** Watch connections asked for after the first. */
  restarts: number;
  /** Error items told. */
  errors: number;
}

/** All zero: for `WatchOptions.stats`. */
export function watchStats(): WatchStats {
  return { lastHeard: undefined, lists: 0, restarts: 0, errors: 0 };
}

/**
 * Lists and then watches objects until the signal aborts, healing itself: yields
 * batches of items, never empty; see `WatchItem` for what they promise. Failures
 * are items, nothing is thrown but `RequestValidationError` for a namespace or a
 * parameter that the API cannot have. While the consumer works on a batch
 * nothing is read from the server.
 *
 * Breaking out of the loop closes the connection; so does the signal, at once.
 */
export async function* watcher<K extends KubeObject>(
  options: WatchOptions & { readonly signal: AbortSignal },
): AsyncGenerator<WatchItem<K>[], void, undefined> {
  const rounds = new WatchRounds<K>(options);
  while (!options.signal.aborted) yield* rounds.next(options.signal);
}

/** Seconds as client-go has them: apart enough to spread the load, and a hanging watch is not for ever. */
const TIMEOUT = 300;
/** Milliseconds beyond the server's timeout that a living connection has at most. */
const GRACE = 5_000;
/** Milliseconds of silence in a streaming list that show that the server does not know what it is. */
const STREAMING_SILENCE = 10_000;
/** Milliseconds for a list that comes whole, however long. */
const WHOLE_LIST_TIMEOUT = 300_000;

/** The watcher request by request: `next` makes the one that the state asks for. */
export class WatchRounds<K extends KubeObject> {
  readonly #options: WatchOptions;
  readonly #requests: WatchRequests;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #stats: WatchStats;
  readonly #diagnostics: WatchDiagnostics;
  readonly #projection: Projection | undefined;
  readonly #checkLists: boolean;
  readonly #transform: Transform<KubeObject, KubeObject> | undefined;
  #state: State;
  #connections = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#requests = new WatchRequests(options);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff(this.#clock, this.#random);
    this.#stats = options.stats ?? watchStats();
    this.#diagnostics = new WatchDiagnostics(options);
    this.#projection = options.fields && projectionOf(options.fields);
    this.#checkLists = options.checkLists ?? checksLists();
    this.#transform = options.transform && checkedTransform(options.transform);
    this.#state = initialState(options.streamingLists ?? true);
  }

  /** Goes on from a resourceVersion, without a list. */
  from(resourceVersion: string): void {
    this.#state = watchingFrom(resourceVersion, this.#state.streamingLists);
  }

  /** Whether a list is whole and a watch due, or on its way. */
  get isWatching(): boolean {
    return this.#state.phase === "watching";
  }

  /** From where the watch goes on; undefined where a list is due. */
  get version(): string | undefined {
    return this.#state.phase === "watching" ? this.#state.resourceVersion : undefined;
  }

  /**
   * One page of a list, or one watch connection to its end, and the wait if it failed. Ends early on abort.
   * @param timeoutSeconds of a watch, in place of what the options say.
   */
  async *next(signal: AbortSignal, timeoutSeconds?: number): AsyncGenerator<WatchItem<K>[], void, undefined> {
    // Many watchers on one signal are no leak, of which Node 20 would warn.
    setMaxListeners(0, signal);
    if (this.#state.phase === "empty") {
      this.#stats.lists++;
      yield this.#step({ type: "start" }).items;
      if (signal.aborted) return;
    }
    if (this.#state.phase !== "listing") return yield* this.#watch(signal, timeoutSeconds);
    const answer = await this.#page(this.#state, signal);
    if (signal.aborted) return;
    const { items, retryIn } = this.#step(answer);
    if (items.length > 0) yield items;
    if (retryIn > 0) await sleep(this.#clock, retryIn, signal);
  }

  /** Takes the state on; a failure becomes the last item, with the wait that it asks for. */
  #step(answer: Answer<K>): { items: WatchItem<K>[]; retryIn: number } {
    const { state, items, failure } = step<K>(this.#state, answer);
    this.#state = state;
    let retryIn = 0;
    if (failure !== undefined) {
      this.#stats.errors++;
      retryIn = this.#backoff.next(failure instanceof ApiError ? failure.retryAfterSeconds : undefined);
      items.push({ type: "error", error: failure, retryIn });
    }
    this.#diagnostics.answered(answer, items);
    return { items, retryIn };
  }

  async #page(state: Listing, signal: AbortSignal): Promise<Answer<K>> {
    const { transport, resource, pageSize = 500 } = this.#options;
    const request = this.#requests.list(state, pageSize);
    try {
      const options = state.whole ? { signal, timeout: WHOLE_LIST_TIMEOUT } : { signal };
      const list = await transport.request<ObjectList<K>>(request, options);
      this.#heard();
      return { type: "page", list: decoded(list, resource, this.#projection, this.#transform) };
    } catch (error) {
      if (error instanceof ApiError) this.#heard();
      return { type: "error", error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  async *#watch(signal: AbortSignal, asked?: number): AsyncGenerator<WatchItem<K>[], void, undefined> {
    const timeoutSeconds = asked ?? this.#options.timeoutSeconds ?? Math.floor(TIMEOUT * (1 + this.#random()));
    const patience = timeoutSeconds * 1000 + GRACE;
    const check =
      this.#checkLists && this.#state.phase === "streaming-list"
        ? new ListCheck(this.#options.transport, this.#requests)
        : undefined;
    const connection = this.#connect(timeoutSeconds, patience, signal);
    try {
      for (;;) {
        const listing = this.#state.phase === "streaming-list";
        const answer = await connection.answer(listing ? Math.min(STREAMING_SILENCE, patience) : patience);
        if (signal.aborted) return;
        const { items, retryIn } = this.#step(answer);
        const over = answer.type !== "events" || retryIn > 0 || !isStream(this.#state);
        if (over) connection.close();
        if (items.length > 0) yield items;
        const fault = check && (await check.follow(items, signal));
        if (fault !== undefined && !signal.aborted) {
          this.#stats.errors++;
          yield [{ type: "error", error: fault, retryIn: 0 }];
        }
        if (retryIn > 0) await sleep(this.#clock, retryIn, signal);
        if (over || signal.aborted) return;
      }
    } finally {
      connection.close();
    }
  }

  #connect(timeoutSeconds: number, patience: number, signal: AbortSignal): WatchConnection<K> {
    if (!isStream(this.#state)) throw new TypeError("no watch is due");
    if (this.#connections++ > 0) this.#stats.restarts++;
    this.#diagnostics.connecting();
    const request = this.#requests.watch(this.#state, timeoutSeconds);
    const { transport } = this.#options;
    return new WatchConnection({
      transport,
      request,
      patience,
      clock: this.#clock,
      signal,
      projection: this.#projection,
      transform: this.#transform,
      heard: () => this.#heard(),
    });
  }

  #heard(): void {
    this.#stats.lastHeard = this.#clock.now();
  }
}

function isStream(state: State): state is StreamingList | Watching {
  return state.phase === "streaming-list" || state.phase === "watching";
}

/** The list as if its items had come by a watch: those of built-in kinds leave out what every item is. */
function decoded<K extends KubeObject>(
  list: ObjectList<K>,
  resource: Resource,
  projection: Projection | undefined,
  transform: Transform<KubeObject, KubeObject> | undefined,
): ObjectList<K> {
  const version = apiVersion(resource);
  if (!Array.isArray(list?.items)) return list;
  for (const item of list.items) {
    if (!item) continue;
    item.apiVersion ??= version;
    item.kind ??= resource.kind;
  }
  let { items } = list;
  if (projection !== undefined) items = project(items, projection) as K[];
  if (transform !== undefined) items = items.map((item) => item && transform(item)) as K[];
  return { ...list, items };
}
