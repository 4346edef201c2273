import { setTimeout as sleep } from "node:timers/promises";
import type { ConditionEvent } from "../conditions/event.ts";
import { type Client, connect, destroy, explain, type RedisError } from "./connection.ts";
import { allChannels, type Keys, keysOf } from "./keys.ts";

/** A message as it came, and parsed. */
export interface Message {
  readonly sequence: number;
  readonly event: ConditionEvent;
  readonly json: string;
}

/** What a subscriber sees, in order. */
export type SubscriberItem =
  /** What fires now; every message of `history` and all later ones follow it in the log. */
  | { readonly type: "snapshot"; readonly firing: readonly Message[]; readonly history: readonly Message[] }
  | {
      readonly type: "message";
      readonly message: Message /** It was missed and read from the log. */;
      readonly filled: boolean;
    }
  /** Messages were missed; those that the log still holds follow, `lost` says how many it does not. */
  | { readonly type: "gap"; readonly from: number; readonly to: number; readonly lost: number }
  /** The numbers began anew: Redis lost its data. A snapshot follows. */
  | { readonly type: "reset" }
  | { readonly type: "disconnected"; readonly error: RedisError };

export interface SubscribeOptions {
  readonly url: string;
  readonly cluster: string;
  /** Milliseconds of history to begin with. */
  readonly since?: number;
  /** Milliseconds that Redis may take for an answer; default 5 000. */
  readonly patience?: number;
  readonly signal: AbortSignal;
}

/**
 * A snapshot, then every message from there on, none missing and none twice, as
 * long as the log goes back far enough: what a lost connection or a slow reader
 * missed is read from it. Ends when the signal aborts.
 * Throws RedisError where the first connection fails.
 */
export async function* subscribe(options: SubscribeOptions): AsyncGenerator<SubscriberItem> {
  const { signal } = options;
  let position: Position | undefined;
  let begun = false;
  let failures = 0;
  while (!signal.aborted) {
    let session: Session | undefined;
    try {
      session = await Session.open(options, position);
      if (session === undefined) return;
      begun = true;
      yield* session.items();
    } catch (error) {
      if (signal.aborted) return;
      const explained = explain(options.url, error);
      if (!begun || explained.fatal) throw explained;
      if (session?.following) failures = 0;
      if (failures === 0) yield { type: "disconnected", error: explained };
      failures += 1;
      await sleep(Math.min(2_000, 50 * 2 ** Math.min(failures, 6)), undefined, { signal }).catch(() => {});
    } finally {
      if (session !== undefined) position = session.position;
      session?.close();
    }
  }
}

/** The last message that was seen. Its id tells whether the log is still the one that it was seen in. */
interface Position {
  readonly sequence: number;
  readonly id: string | undefined;
}

/** Messages that wait for a slow reader; what comes beyond is read from the log once it has caught up. */
const queueLimit = 10_000;

/** One connection's worth of a subscription. Replies and messages share it, so their order is Redis' own. */
class Session {
  /** Undefined where a snapshot comes next. */
  position: Position | undefined;
  /** It has caught up with the log. */
  following = false;
  readonly #client: Client;
  readonly #keys: Keys;
  readonly #options: SubscribeOptions;
  readonly #watchdog: NodeJS.Timeout;
  #queue: Message[] = [];
  #overrun = false;
  #wake: (() => void) | undefined;
  #closed = false;

  /** Undefined when the signal aborts meanwhile. */
  static async open(options: SubscribeOptions, position: Position | undefined): Promise<Session | undefined> {
    let session: Session | undefined;
    const connecting = connect(options.url, options.patience ?? 5_000, 3, () => session?.close());
    const client = await unlessAborted(connecting, options.signal);
    if (client === undefined) {
      connecting.then(destroy, () => {});
      return undefined;
    }
    session = new Session(client, options, position);
    try {
      await client.pSubscribe(allChannels(options.cluster), session.#receive);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  private constructor(client: Client, options: SubscribeOptions, position: Position | undefined) {
    this.#client = client;
    this.#options = options;
    this.position = position;
    this.#keys = keysOf(options.cluster);
    this.#watchdog = this.#watch(options.patience ?? 5_000);
    options.signal.addEventListener("abort", this.#stop);
    if (options.signal.aborted) this.close();
  }

  close(): void {
    this.#options.signal.removeEventListener("abort", this.#stop);
    clearInterval(this.#watchdog);
    destroy(this.#client);
    this.#closed = true;
    this.#wake?.();
  }

  /** Begins with a snapshot, or, after a reconnect, with what was missed. Throws when the connection ends. */
  async *items(): AsyncGenerator<SubscriberItem> {
    if (this.position === undefined) yield await this.#snapshot(this.#options.since);
    else yield* this.#catchUp();
    this.following = true;
    for (;;) {
      const message = this.#queue.shift();
      if (message !== undefined) {
        yield* this.#follow(message);
      } else if (this.#closed) {
        throw new Error("the connection was lost");
      } else if (this.#overrun) {
        this.#overrun = false;
        yield* this.#catchUp();
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  async *#follow(message: Message): AsyncGenerator<SubscriberItem> {
    const last = this.position?.sequence ?? 0;
    if (message.sequence <= last) {
      yield* this.#reset();
      return;
    }
    if (message.sequence > last + 1 && !(yield* this.#fill(message.sequence - 1))) return;
    this.#pass(message);
    yield { type: "message", message, filled: false };
  }

  /** Brings what the log has beyond the last message; a log with lower numbers began anew. */
  async *#catchUp(): AsyncGenerator<SubscriberItem> {
    const now = Number((await this.#client.sendCommand(["GET", this.#keys.seq])) ?? 0);
    this.#skip(now);
    if (now < (this.position?.sequence ?? 0)) yield* this.#reset();
    else yield* this.#fill(now);
  }

  async *#reset(): AsyncGenerator<SubscriberItem> {
    this.position = undefined;
    yield { type: "reset" };
    yield await this.#snapshot();
  }

  async #snapshot(since?: number): Promise<SubscriberItem> {
    const { conditions, seq, log } = this.#keys;
    const [hash, number, newest] = (await this.#client
      .multi()
      .addCommand(["HGETALL", conditions])
      .addCommand(["GET", seq])
      .addCommand(["XREVRANGE", log, "+", "-", "COUNT", "1"])
      .exec()) as unknown as [Record<string, string>, string | null, unknown];
    const sequence = Number(number ?? 0);
    this.#skip(sequence);
    const last = this.#messagesOf(newest).find((message) => message.sequence === sequence);
    this.position = { sequence, id: last?.event.id };
    const firing = Object.values(hash)
      .map((json) => parse(json, this.#options.cluster))
      .filter((message) => message !== undefined)
      .sort((a, b) => a.sequence - b.sequence);
    return { type: "snapshot", firing, history: since === undefined ? [] : await this.#history(since, sequence) };
  }

  async #history(since: number, to: number): Promise<Message[]> {
    const from = Math.max(0, Math.floor(Date.now() - since));
    const entries = await this.#client.sendCommand(["XRANGE", this.#keys.log, String(from), "+"]);
    return this.#messagesOf(entries).filter((message) => message.sequence <= to);
  }

  /**
   * Brings the messages behind the last one up to `to` from the log, as far as it
   * has them. False: the log is another one than the last message came from.
   */
  async *#fill(to: number): AsyncGenerator<SubscriberItem, boolean> {
    const { sequence: last, id } = this.position ?? { sequence: 0, id: undefined };
    const missed: Message[] = [];
    let end = "+";
    for (let searching = true; searching; ) {
      const command = ["XREVRANGE", this.#keys.log, end, "-", "COUNT", "500"];
      const entries = (await this.#client.sendCommand(command)) as unknown[];
      for (const message of this.#messagesOf(entries)) {
        if (message.sequence === last && id !== undefined && message.event.id !== id) {
          yield* this.#reset();
          return false;
        }
        if (message.sequence > last && message.sequence <= to) missed.push(message);
        else if (message.sequence <= last) searching = false;
      }
      if (entries.length < 500) searching = false;
      else end = `(${String((entries.at(-1) as [string])[0])}`;
    }
    if (to === last) return true;
    missed.sort((a, b) => a.sequence - b.sequence);
    yield { type: "gap", from: last + 1, to, lost: to - last - missed.length };
    for (const message of missed) {
      this.#pass(message);
      yield { type: "message", message, filled: true };
    }
    if (missed.at(-1)?.sequence !== to) this.position = { sequence: to, id: undefined };
    return true;
  }

  #pass({ sequence, event }: Message): void {
    this.position = { sequence, id: event.id };
  }

  /** Leaves out the messages that came before an answer which covers them; those that came behind it stay. */
  #skip(covered: number): void {
    const index = this.#queue.findLastIndex((message) => message.sequence <= covered);
    this.#queue = this.#queue.slice(index + 1);
  }

  /** A connection that is dead without having ended is noticed by the answer that does not come. */
  #watch(patience: number): NodeJS.Timeout {
    let waiting = false;
    return setInterval(() => {
      if (waiting) {
        this.close();
        return;
      }
      waiting = true;
      this.#client.ping().then(
        () => {
          waiting = false;
        },
        () => {}, // the connection has ended
      );
    }, patience);
  }

  #messagesOf(entries: unknown): Message[] {
    return (entries as [string, string[]][])
      .map(([, fields]) => parse(fields[1] ?? "", this.#options.cluster))
      .filter((message) => message !== undefined);
  }

  readonly #receive = (json: string): void => {
    const message = parse(json, this.#options.cluster);
    if (message === undefined) return;
    if (this.#queue.length < queueLimit) this.#queue.push(message);
    else this.#overrun = true;
    this.#wake?.();
  };

  readonly #stop = (): void => this.close();
}

/** Clusters that have published to this Redis. Throws RedisError. */
export async function findClusters(url: string): Promise<string[]> {
  const client = await connect(url, 5_000, 2, () => {});
  try {
    const clusters = new Set<string>();
    let cursor = "0";
    do {
      const [next, keys] = (await client.sendCommand([
        "SCAN",
        cursor,
        "MATCH",
        "kubecast:{*}:epoch",
        "COUNT",
        "1000",
      ])) as [string, string[]];
      for (const key of keys) clusters.add(key.slice("kubecast:{".length, -"}:epoch".length));
      cursor = next;
    } while (cursor !== "0");
    return [...clusters].sort();
  } catch (error) {
    throw explain(url, error);
  } finally {
    destroy(client);
  }
}

/** Undefined for what is not a message of this cluster's kubecast: channels are open to others. */
function parse(json: string, cluster: string): Message | undefined {
  try {
    const event = JSON.parse(json) as ConditionEvent;
    if (event.source !== `/kubecast/${cluster}` || typeof event.data.rule !== "string") return undefined;
    if (typeof event.sequence !== "string" || !/^[1-9]\d{0,14}$/.test(event.sequence)) return undefined;
    return { sequence: Number(event.sequence), event, json };
  } catch {
    return undefined;
  }
}

/** What the promise gives, or undefined as soon as the signal aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
