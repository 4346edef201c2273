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
  | { readonly type: "message"; readonly message: Message; /** It was missed and read from the log. */ readonly filled: boolean }
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
  let last: number | undefined;
  let failures = 0;
  while (!signal.aborted) {
    let session: Session | undefined;
    try {
      session = await Session.open(options);
      failures = 0;
      for await (const item of session.items(last)) {
        yield item;
        last = session.last;
      }
    } catch (error) {
      const explained = explain(options.url, error);
      if ((last === undefined && session === undefined) || explained.fatal) throw explained;
      if (failures === 0 && !signal.aborted) yield { type: "disconnected", error: explained };
      failures += 1;
      await pause(Math.min(2_000, 50 * 2 ** Math.min(failures, 6)), signal);
    } finally {
      session?.close();
    }
  }
}

/** One connection's worth of a subscription. Replies and messages share it, so their order is Redis' own. */
class Session {
  last = 0;
  readonly #client: Client;
  readonly #keys: Keys;
  readonly #options: SubscribeOptions;
  readonly #queue: string[] = [];
  #wake: (() => void) | undefined;
  #lost = false;

  static async open(options: SubscribeOptions): Promise<Session> {
    let session: Session | undefined;
    const client = await connect(options.url, 5_000, 3, () => session?.close());
    session = new Session(client, options);
    options.signal.addEventListener("abort", session.#stop);
    await client.pSubscribe(allChannels(options.cluster), session.#receive);
    return session;
  }

  private constructor(client: Client, options: SubscribeOptions) {
    this.#client = client;
    this.#options = options;
    this.#keys = keysOf(options.cluster);
  }

  close(): void {
    this.#options.signal.removeEventListener("abort", this.#stop);
    destroy(this.#client);
    this.#lost = true;
    this.#wake?.();
  }

  /** Begins with a snapshot, or, after a reconnect, with what was missed since message `last`. */
  async *items(last: number | undefined): AsyncGenerator<SubscriberItem> {
    if (last === undefined) {
      yield await this.#snapshot(this.#options.since);
    } else {
      const now = await this.#sequence();
      if (now < last) {
        yield { type: "reset" };
        yield await this.#snapshot();
      } else {
        this.last = last;
        if (now > last) yield* this.#fill(now);
      }
    }
    // What was published before the look at the number is covered by it.
    const covered = this.last;
    let settled = false;
    for (;;) {
      const json = this.#queue.shift();
      if (json === undefined) {
        if (this.#lost) {
          if (this.#options.signal.aborted) return;
          throw new Error("the connection was lost");
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const message = parse(json);
      if (message === undefined) continue;
      if (message.sequence <= covered && !settled) continue;
      settled = true;
      if (message.sequence <= this.last) {
        yield { type: "reset" };
        yield await this.#snapshot();
        continue;
      }
      if (message.sequence > this.last + 1) yield* this.#fill(message.sequence - 1);
      this.last = message.sequence;
      yield { type: "message", message, filled: false };
    }
  }

  async #snapshot(since?: number): Promise<SubscriberItem> {
    const client = this.#client;
    const [hash, seq] = (await client
      .multi()
      .addCommand(["HGETALL", this.#keys.conditions])
      .addCommand(["GET", this.#keys.seq])
      .exec()) as unknown as [Record<string, string>, string | null];
    this.#queue.length = 0; // all of it is in the snapshot
    this.last = Number(seq ?? 0);
    const firing = Object.values(hash)
      .map(parse)
      .filter((message) => message !== undefined)
      .sort((a, b) => a.sequence - b.sequence);
    const history = since === undefined ? [] : await this.#history(since);
    return { type: "snapshot", firing, history };
  }

  async #history(since: number): Promise<Message[]> {
    const entries = await this.#client.sendCommand(["XRANGE", this.#keys.log, String(Date.now() - since), "+"]);
    return messagesOf(entries).filter((message) => message.sequence <= this.last);
  }

  async #sequence(): Promise<number> {
    return Number((await this.#client.sendCommand(["GET", this.#keys.seq])) ?? 0);
  }

  /** Reads the log from behind the last message up to message `to`. */
  async *#fill(to: number): AsyncGenerator<SubscriberItem> {
    const missed: Message[] = [];
    let end = "+";
    for (let searching = true; searching; ) {
      const entries = (await this.#client.sendCommand(["XREVRANGE", this.#keys.log, end, "-", "COUNT", "500"])) as unknown[];
      for (const message of messagesOf(entries)) {
        if (message.sequence > this.last && message.sequence <= to) missed.push(message);
        else if (message.sequence <= this.last) searching = false;
      }
      if (entries.length < 500) searching = false;
      else end = `(${String((entries.at(-1) as [string])[0])}`;
    }
    missed.sort((a, b) => a.sequence - b.sequence);
    const first = this.last + 1;
    yield { type: "gap", from: first, to, lost: to - first + 1 - missed.length };
    for (const message of missed) {
      this.last = message.sequence;
      yield { type: "message", message, filled: true };
    }
    this.last = to;
  }

  readonly #receive = (json: string): void => {
    this.#queue.push(json);
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
      const [next, keys] = (await client.sendCommand(["SCAN", cursor, "MATCH", "kubecast:{*}:epoch", "COUNT", "1000"])) as [string, string[]];
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

function messagesOf(entries: unknown): Message[] {
  return (entries as [string, string[]][])
    .map(([, fields]) => parse(fields[1] ?? ""))
    .filter((message) => message !== undefined);
}

/** Undefined for what is not a message of kubecast's: channels are open to others. */
function parse(json: string): Message | undefined {
  try {
    const event = JSON.parse(json) as ConditionEvent;
    const sequence = Number(event.sequence);
    return Number.isSafeInteger(sequence) && event.data?.rule !== undefined ? { sequence, event, json } : undefined;
  } catch {
    return undefined;
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
