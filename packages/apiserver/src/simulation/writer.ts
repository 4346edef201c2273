import type { Clock } from "@kubecast/kube";
import { ApiError, ConnectionError } from "@kubecast/kube";
import type { Timers } from "./timers.ts";

export type Write = () => Promise<unknown>;

export interface WriterOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: (message: string) => void;
  /** Requests under way at a time. */
  readonly concurrency?: number;
}

interface Entry {
  /** Who it is about, for messages. */
  readonly what: string;
  /** The newest write that has not been begun. */
  next: Write | undefined;
  failures: number;
  state: "queued" | "writing" | "waiting";
}

const firstRetry = 100;
const lastRetry = 10_000;

/**
 * Writes to the API, one at a time for each key. A write that has not been begun
 * gives way to a newer one for its key, as a kubelet reports the newest status
 * only. What may pass (conflicts, an overloaded or unreachable server) is tried
 * again with growing pauses; an object that is gone is done with; all else is
 * logged and given up.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #concurrency: number;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: string[] = [];
  #writing = 0;
  #stopped = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#concurrency = options.concurrency ?? 32;
  }

  put(key: string, what: string, write: Write): void {
    if (this.#stopped) return;
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.next = write;
      return;
    }
    this.#entries.set(key, { what, next: write, failures: 0, state: "queued" });
    this.#queue.push(key);
    this.#fill();
  }

  /** Drops what has not been begun for the key. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.next = undefined;
    if (entry.state === "waiting") this.#entries.delete(key);
  }

  stop(): void {
    this.#stopped = true;
    this.#queue.length = 0;
    this.#entries.clear();
  }

  #fill(): void {
    while (this.#writing < this.#concurrency) {
      const key = this.#queue.shift();
      if (key === undefined) return;
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      this.#writing++;
      void this.#write(key, entry).then(() => {
        this.#writing--;
        this.#fill();
      });
    }
  }

  async #write(key: string, entry: Entry): Promise<void> {
    const write = entry.next;
    entry.next = undefined;
    entry.state = "writing";
    let retryIn: number | undefined;
    try {
      await write?.();
      entry.failures = 0;
    } catch (error) {
      if (this.#stopped) return;
      retryIn = this.#retryIn(entry, error);
      if (retryIn !== undefined) entry.next ??= write;
    }
    if (this.#stopped || this.#entries.get(key) !== entry) return;
    if (entry.next === undefined) {
      this.#entries.delete(key);
    } else if (retryIn === undefined) {
      this.#enqueue(key, entry);
    } else {
      entry.state = "waiting";
      this.#options.timers.at(this.#options.clock.now() + retryIn, () => {
        if (this.#entries.get(key) !== entry) return;
        this.#enqueue(key, entry);
        this.#fill();
      });
    }
  }

  #enqueue(key: string, entry: Entry): void {
    entry.state = "queued";
    this.#queue.push(key);
  }

  /** Milliseconds until the write is to be tried again; undefined: it is not. */
  #retryIn(entry: Entry, error: unknown): number | undefined {
    if (error instanceof ApiError && error.isNotFound) return undefined;
    const { message } = error instanceof Error ? error : new Error(String(error));
    if (!mayPass(error)) {
      this.#options.log(`${entry.what} cannot be written: ${message}`);
      return undefined;
    }
    const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const retryIn = Math.max(asked, Math.min(lastRetry, firstRetry * 2 ** entry.failures++));
    const isConflict = error instanceof ApiError && error.isConflict;
    if (!isConflict) this.#options.log(`${entry.what} cannot be written, trying again in ${retryIn} ms: ${message}`);
    return retryIn;
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ApiError && (error.isConflict || error.isTooManyRequests || error.code >= 500);
}
