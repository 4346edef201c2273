import type { Change } from "../conditions/condition.ts";
import { encodeEvent } from "../conditions/event.ts";
import { RedisConnection, RedisError } from "./connection.ts";
import { channelOf, type Keys, keysOf } from "./keys.ts";
import { Outbox } from "./outbox.ts";
import { applyScript, claimScript } from "./scripts.ts";
import { applyChanges, difference, Endings, encodeTimer, type PublishedState, readState } from "./state.ts";

/** How the log is kept short: by number of transitions or by their age in milliseconds. */
export type Trim = { readonly maxLength: number } | { readonly maxAge: number };

export interface PublisherOptions {
  readonly url: string;
  readonly cluster: string;
  /** Unique name of this process, written beside the epoch it holds. */
  readonly holder: string;
  readonly trim: Trim;
  /** Changes kept while Redis cannot be reached, before conditions are folded to their newest state. */
  readonly outboxLimit: number;
  /** Milliseconds between probes while there is nothing to publish; default 1 000. */
  readonly probeInterval?: number;
  /** Milliseconds that Redis may take for an answer; default 5 000. */
  readonly patience?: number;
  readonly report: (event: PublisherEvent) => void;
}

/** What the publisher has to say; for logs and metrics. */
export type PublisherEvent =
  | {
      readonly type: "published";
      readonly changes: readonly Change[] /** Milliseconds since the first of them was handed over. */;
      readonly took: number;
    }
  | { readonly type: "unreachable"; readonly error: RedisError; readonly waiting: number }
  | { readonly type: "reachable"; readonly waiting: number }
  | { readonly type: "restored"; readonly epoch: number; readonly corrections: number }
  | { readonly type: "foreign"; readonly ids: readonly string[] };

/** Another publisher took this cluster over: this one must not write any more. */
export class FencedError extends Error {
  override readonly name = "FencedError";
}

/** Changes in one script call: long enough to be cheap, short enough not to hold Redis up. */
const batchLimit = 256;

/** Ends that are remembered, for a Redis that goes back in time: what it loses in a crash or a failover is seconds. */
const endingsLimit = 10_000;

interface Batch {
  readonly number: number;
  readonly changes: readonly Change[];
  readonly args: readonly string[];
  readonly queuedAt: number;
}

/**
 * Brings changes to Redis, each exactly once and in order.
 *
 * One batch is under way at a time; if its reply is lost, the same batch is sent
 * again, and the script knows it. What Redis holds is mirrored here, so that a
 * Redis that lost it (wiped, restarted, restored from a backup) is noticed by
 * the next batch or probe and brought back to the true state.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #outbox: Outbox;
  #mirror: PublishedState = { firing: new Map(), timers: new Map() };
  readonly #endings = new Endings(endingsLimit);
  #epoch = 0;
  #lastBatch = 0;
  #oldestQueuedAt: number | undefined;
  #wake: (() => void) | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#connection = new RedisConnection(
      options.url,
      options.patience === undefined ? {} : { patience: options.patience },
    );
    this.#keys = keysOf(options.cluster);
    this.#outbox = new Outbox(options.outboxLimit);
  }

  /** Changes that wait to be published. */
  get waiting(): number {
    return this.#outbox.length;
  }

  /** Transitions that were folded away because Redis was away for too long. */
  get folded(): number {
    return this.#outbox.folded;
  }

  /**
   * Takes over the cluster and reads what earlier processes published.
   * Throws RedisError where Redis cannot be reached or lacks rights.
   */
  async start(): Promise<PublishedState> {
    const state = await this.#claim().catch((error: unknown) => {
      this.#connection.close();
      throw error;
    });
    this.#mirror = state;
    return { firing: new Map(state.firing), timers: new Map(state.timers) };
  }

  /** Queues a change; it never waits and never throws. */
  publish(change: Change): void {
    this.#oldestQueuedAt ??= performance.now();
    this.#outbox.add(change);
    this.#wake?.();
  }

  /**
   * Publishes until the signal aborts, then what is still queued for at most
   * `grace` milliseconds. Throws FencedError, and RedisError for what no waiting
   * mends (rights taken away).
   */
  async run(signal: AbortSignal, grace = 5_000): Promise<void> {
    const stop = () => this.#wake?.();
    signal.addEventListener("abort", stop);
    let deadline = Number.POSITIVE_INFINITY;
    let failures = 0;
    let batch: Batch | undefined;
    let restore = false;
    try {
      while (performance.now() < deadline) {
        if (signal.aborted && deadline === Number.POSITIVE_INFINITY) deadline = performance.now() + grace;
        if (batch === undefined && !restore && this.#outbox.length === 0) {
          if (signal.aborted) return;
          await this.#pause(this.#options.probeInterval ?? 1_000);
        }
        try {
          if (restore) await this.#restore();
          restore = false;
          batch ??= this.#nextBatch();
          const outcome = await this.#send(batch);
          if (outcome === "lost") this.#outbox.unshift(batch.changes);
          restore = outcome !== "applied";
          batch = undefined;
          if (failures > 0) this.#options.report({ type: "reachable", waiting: this.waiting });
          failures = 0;
        } catch (error) {
          if (!(error instanceof RedisError) || error.fatal) throw error;
          if (failures === 0) this.#options.report({ type: "unreachable", error, waiting: this.waiting });
          failures += 1;
          // A probe that failed is not repeated: by then there may be something to say.
          if (batch?.changes.length === 0) batch = undefined;
          if (signal.aborted && this.waiting === 0 && batch === undefined) return;
          await this.#pause(Math.min(2_000, 50 * 2 ** Math.min(failures, 6)), false);
        }
      }
      if (batch !== undefined) this.#outbox.unshift(batch.changes);
    } finally {
      signal.removeEventListener("abort", stop);
      this.#connection.close();
    }
  }

  /**
   * Sends a batch. "lost": Redis lost what was published before, and the batch
   * was not applied; "altered": it was, but what Redis holds is not what it should.
   */
  async #send(batch: Batch): Promise<"applied" | "lost" | "altered"> {
    const reply = (await this.#connection.run(applyScript, this.#keyList(), batch.args)) as [
      string,
      number,
      number,
      number,
    ];
    const [outcome, , conditions, timers] = reply;
    if (outcome === "fenced") throw this.#fenced();
    if (outcome === "lost") return "lost";
    applyChanges(this.#mirror, batch.changes);
    this.#endings.add(batch.changes);
    this.#lastBatch = batch.number;
    if (batch.changes.length > 0) {
      this.#options.report({ type: "published", changes: batch.changes, took: performance.now() - batch.queuedAt });
    }
    return conditions === this.#mirror.firing.size && timers === this.#mirror.timers.size ? "applied" : "altered";
  }

  /** Takes a new epoch and queues what Redis lost in front of what waits. Throws FencedError. */
  async #restore(): Promise<void> {
    const actual = await this.#claim();
    const corrections = difference(this.#mirror, actual, Date.now(), this.#endings);
    this.#mirror = actual;
    this.#outbox.unshift(corrections);
    this.#options.report({ type: "restored", epoch: this.#epoch, corrections: corrections.length });
  }

  async #claim(): Promise<PublishedState> {
    const { cluster, holder } = this.#options;
    // Rights are asked for a channel of the kind that will be published to.
    const channel = channelOf(cluster, "default", "PodCrashLoopBackOff");
    const reply = (await this.#connection.run(claimScript, this.#keyList(), [
      holder,
      channel,
      String(this.#epoch),
    ])) as [string | number, ...string[]];
    if (reply[0] === "denied") {
      const missing = reply.slice(1).join(", ");
      throw new RedisError(
        `the Redis user may not run: ${missing}; grant it (ACL SETUSER) the keys ~kubecast:* and the channels &kubecast:* with these commands`,
        { fatal: true },
      );
    }
    if (reply[0] === "fenced") throw this.#fenced();
    this.#epoch = Number(reply[0]);
    this.#lastBatch = 0;
    const { foreign, ...state } = await readState(this.#connection, this.#keys);
    if (foreign.length > 0) {
      await this.#connection.command("HDEL", this.#keys.conditions, ...foreign);
      await this.#connection.command("HDEL", this.#keys.pending, ...foreign);
      for (const id of foreign) {
        state.firing.delete(id);
        state.timers.delete(id);
      }
      this.#options.report({ type: "foreign", ids: foreign });
    }
    return state;
  }

  #fenced(): FencedError {
    const { cluster } = this.#options;
    return new FencedError(
      `another kubecast has taken over the cluster name "${cluster}" in Redis; run one for each name`,
    );
  }

  /** The next changes, numbered; without any it is a probe. */
  #nextBatch(): Batch {
    const changes = this.#outbox.take(batchLimit);
    const number = changes.length === 0 ? this.#lastBatch : this.#lastBatch + 1;
    const { trim } = this.#options;
    const args = [
      String(this.#epoch),
      String(number),
      this.#options.holder,
      ...("maxAge" in trim ? ["MINID", String(trim.maxAge)] : ["MAXLEN", String(trim.maxLength)]),
      ...changes.flatMap((change) => this.#encode(change)),
    ];
    const queuedAt = this.#oldestQueuedAt ?? performance.now();
    this.#oldestQueuedAt = this.#outbox.length === 0 ? undefined : performance.now();
    return { number, changes, args, queuedAt };
  }

  #encode(change: Change): string[] {
    if (change.type === "timer") return ["T", change.id, encodeTimer(change.timer)];
    if (change.type === "timer-cleared") return ["C", change.id];
    const { condition } = change;
    const channel = channelOf(this.#options.cluster, condition.object.namespace, condition.rule);
    const { head, tail } = encodeEvent(this.#options.cluster, change);
    return [change.type === "firing" ? "F" : "R", condition.id, channel, head, tail];
  }

  /** Waits; anything to publish ends it early, unless it is the wait after a failure. */
  #pause(milliseconds: number, wakeable = true): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      if (wakeable) this.#wake = done;
    });
  }

  #keyList(): string[] {
    const { conditions, pending, log, epoch, seq } = this.#keys;
    return [conditions, pending, log, epoch, seq];
  }
}
