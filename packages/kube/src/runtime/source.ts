import { Api } from "../api/api.ts";
import type { KubeObject } from "../resource/object.ts";
import { Reflector } from "../watch/reflector.ts";
import type { Change } from "../watch/store.ts";
import type { Predicate } from "./predicates.ts";
import type { Priority } from "./queue.ts";
import { keyOf, type Mapper } from "./request.ts";

/** What is watched: all objects of an `Api`, or what a `Reflector` that nobody runs selects of them. */
export type Watched<K extends KubeObject> = Api<K> | Reflector<K>;

/** How one kind of objects is watched. */
export interface SourceSettings<K extends KubeObject> {
  /** Which changes count; default all. */
  readonly predicate?: Predicate<K> | undefined;
}

export interface SourceEvents {
  requested(key: string, priority: Priority): void;
  /** A mapper or predicate has thrown. */
  failed(error: unknown): void;
  /** What was requested is in the copy, and what was heard besides. */
  heard(): void;
}

/** Watches one kind of objects, and turns their changes into requests for whoever listens. */
export class Source<K extends KubeObject> {
  readonly reflector: Reflector<K>;
  readonly #mapper: Mapper<K>;
  readonly #predicate: Predicate<K>;
  #events: SourceEvents | undefined;
  #isFresh = false;

  constructor(watched: Watched<K>, mapper: Mapper<K>, settings: SourceSettings<K>) {
    this.reflector = watched instanceof Api ? Reflector.new(watched) : watched;
    this.#mapper = mapper;
    this.#predicate = settings.predicate ?? (() => true);
  }

  /** Whether the copy is kept up to date: the list that the watch began with is whole. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** Tells of all objects that are known, and from now on of what changes. */
  listen(events: SourceEvents): void {
    this.#events = events;
    this.#tell(
      this.reflector.state().map((object): Change<K> => ({ type: "added", object })),
      "low",
    );
  }

  /** What changes while nobody listens is not told of. */
  unlisten(): void {
    this.#events = undefined;
  }

  /** @param onError a watch has failed, and goes on by itself. */
  async run(signal: AbortSignal, onError: (error: unknown) => void): Promise<void> {
    try {
      await this.reflector.run(signal, (batch) => {
        if (batch.type === "error") return onError(batch.error);
        this.#tell(batch.changes, this.#isFresh ? "normal" : "low");
        this.#isFresh = true;
        this.#events?.heard();
      });
    } finally {
      this.#isFresh = false;
    }
  }

  #tell(changes: readonly Change<K>[], priority: Priority): void {
    const events = this.#events;
    if (events === undefined) return;
    const keys = new Set<string>();
    for (const change of changes) {
      try {
        if (!this.#predicate(change)) continue;
        // The old one too, which may have been of another owner.
        const old = change.type === "modified" ? this.#mapper(change.old) : [];
        for (const request of [...old, ...this.#mapper(change.object)]) keys.add(keyOf(request));
      } catch (error) {
        events.failed(error);
      }
    }
    for (const key of keys) events.requested(key, priority);
  }
}
