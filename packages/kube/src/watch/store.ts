import type { KubeObject } from "../resource/object.ts";
import { freezeItems } from "./freeze.ts";
import { type Indexed, Indexes, type IndexFunction } from "./indexes.ts";
import type { WatchItem } from "./item.ts";
import { ObjectMap } from "./object-map.ts";

/** One difference between the store before and after. `old` is what the store held. */
export type Change<K extends KubeObject> =
  | { readonly type: "added"; readonly object: K }
  | { readonly type: "modified"; readonly object: K; readonly old: K }
  /** `object` is the last that is known of it: from the server's event, or what the store held. */
  | { readonly type: "deleted"; readonly object: K; readonly old: K };

/** How a `Store` keeps its objects. */
export interface StoreOptions {
  /** Whether what comes in is frozen, so that it cannot be changed where it is shared; default false. */
  readonly frozen?: boolean | undefined;
}

/**
 * The objects that a watcher has told of. A list is gathered aside and takes the
 * place of what the store holds at once, when it is whole: a reader sees the
 * state before or after, and changes are told against the state before.
 *
 * An object that comes again as it is known (same uid, same resourceVersion)
 * is no change. One that comes under a known name with another uid is another
 * object: the old one is deleted, the new one added.
 */
export class Store<K extends KubeObject> implements Iterable<K> {
  #objects = new ObjectMap<K>();
  /** The list that is under way. */
  #listed: ObjectMap<K> | undefined;
  #synced = false;
  #version: string | undefined;
  #indexes: Indexes | undefined;
  readonly #frozen: boolean;

  constructor(options: StoreOptions = {}) {
    this.#frozen = options.frozen ?? false;
  }

  /** Whether a whole list has ever arrived; until then the store is empty. */
  get synced(): boolean {
    return this.#synced;
  }

  /** The resourceVersion up to which the server's changes are in the store; undefined until it is `synced`. */
  get version(): string | undefined {
    return this.#version;
  }

  /** How many objects there are. */
  get size(): number {
    return this.#objects.size;
  }

  /**
   * Undefined where there is none.
   * @param namespace of the object; none for cluster-scoped ones.
   */
  get(name: string, namespace?: string): K | undefined {
    return this.#objects.get(name, namespace);
  }

  /** A new array of the objects of one namespace, or of all. */
  list(namespace?: string): K[] {
    return this.#objects.list(namespace);
  }

  /** The objects as they are now; do not change the store meanwhile. */
  [Symbol.iterator](): Iterator<K, void, undefined> {
    return this.#objects[Symbol.iterator]();
  }

  /**
   * Keeps the objects by what a function says of them, for `byIndex`; from now on
   * the store is read by that name as well.
   *
   * ```ts
   * const store = new Store<Pod>().indexBy("node", (pod) => pod.spec?.nodeName);
   * store.applyItems(items);
   * console.log(store.byIndex("node", "node-1").length); // 1
   * ```
   *
   * The function is called once for each state of an object. One that throws fails
   * the reading of the index for as long as that state is in the store.
   * @throws {Error} there is an index of this name.
   */
  indexBy<const N extends string>(name: N, values: IndexFunction<K>): this & Indexed<K, N> {
    this.#indexes ??= new Indexes();
    this.#indexes.add(name, values as IndexFunction<KubeObject>, this);
    return this as this & Indexed<K, N>;
  }

  /**
   * The objects that an index has under a value; see `Indexed`. The names it may be given are those of `indexBy`.
   * @throws {Error} there is no index of this name.
   */
  byIndex(name: never, value: string): K[] {
    return this.#index(name).get(value) as K[];
  }

  /** The values that an index has objects under; see `Indexed`. Throws as `byIndex` does. */
  indexValues(name: never): string[] {
    return this.#index(name).values();
  }

  /** Takes an item in and says what it changed, in order; most often nothing or one change. */
  applyItem(item: WatchItem<K>): Change<K>[] {
    return this.applyItems([item]);
  }

  /** The same for a batch, into one array. */
  applyItems(items: readonly WatchItem<K>[]): Change<K>[] {
    if (this.#frozen) freezeItems(items as readonly WatchItem<never>[]);
    const changes: Change<K>[] = [];
    for (const item of items) this.#apply(item, changes);
    this.#indexes?.follow(changes);
    return changes;
  }

  #index(name: string) {
    this.#indexes ??= new Indexes();
    return this.#indexes.get(name);
  }

  #apply(item: WatchItem<K>, changes: Change<K>[]): void {
    switch (item.type) {
      case "init":
        this.#listed = new ObjectMap();
        break;
      case "init-apply":
      case "apply":
        if (this.#listed === undefined) this.#put(item.object, changes);
        else this.#listed.set(item.object);
        this.#reached(item.object.metadata.resourceVersion);
        break;
      case "delete":
        this.#delete(item.object, changes);
        this.#reached(item.object.metadata.resourceVersion);
        break;
      case "init-done":
        this.#swap(changes);
        this.#reached(item.resourceVersion);
        break;
      case "bookmark":
        this.#reached(item.resourceVersion);
        break;
      case "error":
        break;
    }
  }

  /** What comes within a list is not in the store before the list is whole. */
  #reached(version: string | undefined): void {
    if (this.#synced && this.#listed === undefined && version) this.#version = version;
  }

  #put(object: K, changes: Change<K>[]): void {
    const { name = "", namespace } = object.metadata;
    const old = this.#objects.get(name, namespace);
    if (old !== undefined && isSameState(old, object)) return;
    tell(old, object, changes);
    this.#objects.set(object);
  }

  #delete(object: K, changes: Change<K>[]): void {
    const { name = "", namespace } = object.metadata;
    const objects = this.#listed ?? this.#objects;
    const old = objects.get(name, namespace);
    // Late news of an object that another has taken the place of.
    if (old === undefined || !isSameObject(old, object)) return;
    objects.delete(name, namespace);
    if (objects === this.#objects) changes.push({ type: "deleted", object, old });
  }

  #swap(changes: Change<K>[]): void {
    const listed = this.#listed;
    if (listed === undefined) return;
    for (const old of this.#objects) {
      const { name = "", namespace } = old.metadata;
      if (listed.get(name, namespace) === undefined) changes.push({ type: "deleted", object: old, old });
    }
    for (const object of listed) {
      const { name = "", namespace } = object.metadata;
      const old = this.#objects.get(name, namespace);
      // What has not changed stays the object that it was.
      if (old !== undefined && isSameState(old, object)) listed.set(old);
      else tell(old, object, changes);
    }
    this.#objects = listed;
    this.#listed = undefined;
    this.#synced = true;
  }
}

/** How one state of an object came to be the next. */
export function tell<K extends KubeObject>(old: K | undefined, object: K, changes: Change<K>[]): void {
  if (old === undefined) {
    changes.push({ type: "added", object });
  } else if (isSameObject(old, object)) {
    changes.push({ type: "modified", object, old });
  } else {
    changes.push({ type: "deleted", object: old, old }, { type: "added", object });
  }
}

/** Not one that has taken the name of the other. */
export function isSameObject(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.uid === b.metadata.uid;
}

function isSameState(a: KubeObject, b: KubeObject): boolean {
  const { resourceVersion } = a.metadata;
  return isSameObject(a, b) && resourceVersion !== undefined && resourceVersion === b.metadata.resourceVersion;
}
