import type { KubeObject } from "../resource/object.ts";
import { thrown } from "./describe.ts";
import type { Change } from "./store.ts";

/** Under which values an object is found: one, several, or none. */
export type IndexFunction<K extends KubeObject> = (object: K) => string | readonly string[] | undefined;

/** What `indexBy` adds: reading by the names that it was given. */
export interface Indexed<K extends KubeObject, N extends string> {
  /**
   * A new array of the objects that an index has under a value, in no particular order.
   * @throws {Error} if the index's function has thrown for an object that there is; names the object.
   */
  byIndex(name: N, value: string): K[];
  /** A new array of the values that an index has objects under. Throws as `byIndex` does. */
  indexValues(name: N): string[];
}

/** The indexes of a store, each kept the same as a filter over its objects would be. */
export class Indexes {
  readonly #indexes = new Map<string, Index>();

  /** @throws {Error} there is one of this name. */
  add(name: string, values: IndexFunction<KubeObject>, objects: Iterable<KubeObject>): void {
    if (this.#indexes.has(name)) throw new Error(`there is an index "${name}" already`);
    const index = new Index(name, values);
    for (const object of objects) index.add(object);
    this.#indexes.set(name, index);
  }

  /** @throws {Error} there is none of this name. */
  get(name: string): Index {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`there is no index "${name}": ${this.#names()}`);
    return index;
  }

  /** Follows changes that the store has made. */
  follow(changes: readonly Change<KubeObject>[]): void {
    for (const index of this.#indexes.values()) {
      for (const change of changes) {
        if (change.type !== "added") index.delete(change.old);
        if (change.type !== "deleted") index.add(change.object);
      }
    }
  }

  #names(): string {
    return this.#indexes.size === 0 ? "there are none" : `there are "${[...this.#indexes.keys()].join('", "')}"`;
  }
}

/**
 * Objects by what a function says of them. What it said is remembered by object:
 * were it asked again when the object goes, one that has come to say something
 * else would leave it behind.
 */
class Index {
  readonly #name: string;
  readonly #function: IndexFunction<KubeObject>;
  readonly #objects = new Map<string, Set<KubeObject>>();
  readonly #values = new Map<KubeObject, string | readonly string[]>();
  /** Objects that the function has thrown for, and what. */
  readonly #failures = new Map<KubeObject, unknown>();

  constructor(name: string, values: IndexFunction<KubeObject>) {
    this.#name = name;
    this.#function = values;
  }

  get(value: string): KubeObject[] {
    this.#check();
    return [...(this.#objects.get(value) ?? [])];
  }

  values(): string[] {
    this.#check();
    return [...this.#objects.keys()];
  }

  add(object: KubeObject): void {
    const values = this.#valuesOf(object);
    if (values === undefined) return;
    if (typeof values === "string") this.#put(values, object);
    else for (const value of values) this.#put(value, object);
    this.#values.set(object, values);
  }

  delete(object: KubeObject): void {
    const values = this.#values.get(object);
    if (values === undefined) {
      this.#failures.delete(object);
      return;
    }
    this.#values.delete(object);
    if (typeof values === "string") this.#drop(values, object);
    else for (const value of values) this.#drop(value, object);
  }

  #put(value: string, object: KubeObject): void {
    const objects = this.#objects.get(value);
    if (objects === undefined) this.#objects.set(value, new Set([object]));
    else objects.add(object);
  }

  #drop(value: string, object: KubeObject): void {
    const objects = this.#objects.get(value);
    objects?.delete(object);
    // Values come and go, as the names of nodes do.
    if (objects?.size === 0) this.#objects.delete(value);
  }

  /** A copy of a list: it may be the object's own, which somebody may change. */
  #valuesOf(object: KubeObject): string | readonly string[] | undefined {
    try {
      const values = this.#function(object) ?? undefined;
      return values === undefined || typeof values === "string" ? values : [...values];
    } catch (error) {
      this.#failures.set(object, error);
      return undefined;
    }
  }

  /** A query is answered rightly or not at all; the store and its watch go on. */
  #check(): void {
    for (const [object, cause] of this.#failures) {
      throw new Error(thrown(`the function of index "${this.#name}"`, object, cause), { cause });
    }
  }
}
