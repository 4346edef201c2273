import type { Resource } from "@kubecast/kube";
import { Collection } from "./collection.ts";

/** How much a store remembers. */
export interface ObjectStoreOptions {
  /** Events kept for each resource, default 10 000; a watch from before them gets 410. */
  historyLimit?: number;
}

/**
 * What etcd is to a real API server: objects, one revision that grows with
 * every write of any resource, and the recent changes. It outlives the server
 * that serves it.
 */
export class ObjectStore {
  readonly #collections = new Map<string, Collection>();
  readonly #historyLimit: number;
  #revision = 1;
  #compacted = 0;

  constructor(options: ObjectStoreOptions = {}) {
    this.#historyLimit = options.historyLimit ?? 10_000;
  }

  /** The revision of the newest write. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * The objects of a resource; all versions of a resource share them.
   * @internal
   */
  collection(resource: Pick<Resource, "group" | "plural">): Collection {
    const id = `${resource.plural}.${resource.group}`;
    let collection = this.#collections.get(id);
    if (collection === undefined) {
      collection = new Collection({
        historyLimit: this.#historyLimit,
        compacted: this.#compacted,
        revision: () => this.#revision,
        nextRevision: () => ++this.#revision,
      });
      this.#collections.set(id, collection);
    }
    return collection;
  }

  /** @internal */
  collections(): IterableIterator<Collection> {
    return this.#collections.values();
  }

  /**
   * Forgets the events up to a revision, by default all: watches, exact lists
   * and continue tokens from before it get 410 Gone.
   */
  compact(toRevision: number = this.#revision): void {
    this.#compacted = Math.max(this.#compacted, toRevision);
    for (const collection of this.#collections.values()) collection.history.compact(toRevision);
  }
}
