import type { History } from "./history.ts";
import type { StoreEvent } from "./store-event.ts";

/**
 * A reader's place in a history. The reader takes events when it can, so a slow
 * one costs no memory; one that falls behind the history has lost its place.
 */
export class Cursor {
  readonly #history: History;
  readonly #start: number;
  #sequence: number;

  constructor(history: History, revision: number) {
    this.#history = history;
    this.#start = revision;
    this.#sequence = history.after(revision);
  }

  get lost(): boolean {
    return this.#sequence < this.#history.first;
  }

  /** The next event; undefined when there is none yet, or never again when `lost`. */
  next(): StoreEvent | undefined {
    while (true) {
      const event = this.#history.at(this.#sequence);
      if (event === undefined) return undefined;
      this.#sequence++;
      // A start in the future is allowed: what happens before it is passed over.
      if (event.revision > this.#start) return event;
    }
  }
}
