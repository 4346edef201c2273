import type { KubeObject } from "@kubecast/kube";
import { Cursor } from "./cursor.ts";
import { History } from "./history.ts";
import { StoreEvent } from "./store-event.ts";
import { StoredObject } from "./stored-object.ts";

/** The state of a collection at one revision, in the order of its keys. */
export interface Snapshot {
  readonly revision: number;
  readonly keys: readonly string[];
  get(key: string): StoredObject | undefined;
}

/** The objects of one resource, whatever version they are read in, with their recent changes. */
export class Collection {
  readonly history: History;
  readonly #objects = new Map<string, StoredObject>();
  readonly #watchers = new Set<() => void>();
  readonly #nextRevision: () => number;
  readonly #revision: () => number;
  #sortedKeys: readonly string[] | undefined;

  constructor(options: {
    historyLimit: number;
    compacted: number;
    revision: () => number;
    nextRevision: () => number;
  }) {
    this.history = new History(options.historyLimit);
    this.history.compact(options.compacted);
    this.#revision = options.revision;
    this.#nextRevision = options.nextRevision;
  }

  /** How many listen to changes now. */
  get watchers(): number {
    return this.#watchers.size;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** Creates or replaces, under the next revision. */
  put(key: string, object: KubeObject): StoredObject {
    const previous = this.#objects.get(key);
    const stored = new StoredObject(key, this.#nextRevision(), object);
    this.#objects.set(key, stored);
    if (previous === undefined) this.#sortedKeys = undefined;
    this.#record(new StoreEvent(previous === undefined ? "ADDED" : "MODIFIED", stored, previous));
    return stored;
  }

  /** Removes; the answer is the last state, or `last`, under the revision of the removal. */
  remove(key: string, last?: KubeObject): StoredObject | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    const stored = new StoredObject(key, this.#nextRevision(), last ?? previous.object);
    this.#objects.delete(key);
    this.#sortedKeys = undefined;
    this.#record(new StoreEvent("DELETED", stored, previous));
    return stored;
  }

  /** The state now. It is a view: read it before anything else is written. */
  current(): Snapshot {
    this.#sortedKeys ??= [...this.#objects.keys()].sort();
    return { revision: this.#revision(), keys: this.#sortedKeys, get: (key) => this.#objects.get(key) };
  }

  /** The state at an earlier revision, found by undoing what came after; undefined once that is compacted. */
  at(revision: number): Snapshot | undefined {
    if (revision < this.history.compacted) return undefined;
    const undone = new Map<string, StoredObject | undefined>();
    for (let sequence = this.history.after(revision); sequence < this.history.next; sequence++) {
      const event = this.history.at(sequence);
      if (event !== undefined && !undone.has(event.object.key)) undone.set(event.object.key, event.previous);
    }
    const now = this.current();
    if (undone.size === 0) return { ...now, revision };
    const get = (key: string) => (undone.has(key) ? undone.get(key) : now.get(key));
    const removed = [...undone.keys()].filter((key) => !this.#objects.has(key));
    const keys = [...now.keys, ...removed].filter((key) => get(key) !== undefined).sort();
    return { revision, keys, get };
  }

  /** Reads events after `revision`; undefined once the first of them may be compacted. */
  cursor(revision: number): Cursor | undefined {
    return revision < this.history.compacted ? undefined : new Cursor(this.history, revision);
  }

  /** Calls `wake` after every change, until the returned function is called. */
  onChange(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }

  #record(event: StoreEvent): void {
    this.history.append(event);
    for (const wake of this.#watchers) wake();
  }
}
