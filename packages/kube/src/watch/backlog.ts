import type { KubeObject } from "../resource/object.ts";
import { NameMap } from "./object-map.ts";
import { type Change, isSameObject, tell } from "./store.ts";

/** Changes that a subscriber has not been told yet. */
export interface Backlog<K extends KubeObject> {
  /** How many changes, or objects that have changed. */
  readonly size: number;
  add(changes: readonly Change<K>[]): void;
  /** All of them, into a new array; then there are none. */
  take(): Change<K>[];
}

/** Every change, in order. */
export class AllChanges<K extends KubeObject> implements Backlog<K> {
  #changes: Change<K>[] = [];

  get size(): number {
    return this.#changes.length;
  }

  add(changes: readonly Change<K>[]): void {
    for (const change of changes) this.#changes.push(change);
  }

  take(): Change<K>[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }
}

/** What lies between the state that was last told of an object and its newest. */
interface Difference<K> {
  readonly told: K | undefined;
  /** The last that is known of the told one, if it went meanwhile. */
  gone: K | undefined;
  newest: K | undefined;
}

/**
 * Of each object the one change that its changes come to: no more than there are
 * objects, however many changes there were. A batch that is taken before the next
 * one comes is left as it is.
 */
export class NetChanges<K extends KubeObject> implements Backlog<K> {
  /** If it is the only one. */
  #batch: Change<K>[] = [];
  readonly #differences = new NameMap<Difference<K>>();

  get size(): number {
    return this.#batch.length + this.#differences.size;
  }

  add(changes: readonly Change<K>[]): void {
    if (this.size === 0) {
      // A copy, for others are given the same.
      this.#batch = changes.slice();
      return;
    }
    for (const change of this.#batch) this.#fold(change);
    for (const change of changes) this.#fold(change);
    this.#batch = [];
  }

  #fold(change: Change<K>): void {
    const { name = "", namespace } = change.object.metadata;
    let difference = this.#differences.get(name, namespace);
    if (difference === undefined) {
      difference = { told: change.type === "added" ? undefined : change.old, gone: undefined, newest: undefined };
      this.#differences.put(name, namespace, difference);
    }
    const { told } = difference;
    if (change.type !== "deleted") {
      difference.newest = change.object;
    } else if (told === undefined) {
      // It came and went unheard of.
      this.#differences.delete(name, namespace);
    } else {
      difference.newest = undefined;
      if (isSameObject(told, change.object)) difference.gone = change.object;
    }
  }

  take(): Change<K>[] {
    const changes = this.#batch;
    for (const { told, gone, newest } of this.#differences) {
      const ended = told !== undefined && (newest === undefined || !isSameObject(told, newest));
      if (ended) changes.push({ type: "deleted", object: gone ?? told, old: told });
      if (newest !== undefined) tell(ended ? undefined : told, newest, changes);
    }
    this.#batch = [];
    this.#differences.clear();
    return changes;
  }
}
