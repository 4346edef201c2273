import type { KubeObject } from "../resource/object.ts";
import { thrown } from "./describe.ts";
import { NameMap } from "./object-map.ts";
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
    for (const object of objects) index.set(object);
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
        if (change.type === "deleted") index.delete(change.object);
        else index.set(change.object);
      }
    }
  }

  #names(): string {
    return this.#indexes.size === 0 ? "there are none" : `there are "${[...this.#indexes.keys()].join('", "')}"`;
  }
}

/** An object, and what the function said of it. */
interface Entry {
  object: KubeObject;
  values: readonly string[];
  /** What the function threw instead. */
  failure: { readonly cause: unknown } | undefined;
}

/**
 * Objects by what a function says of them. What it said is remembered: were it
 * asked again when the object goes, one that has come to say something else would
 * leave it behind.
 */
class Index {
  readonly #name: string;
  readonly #function: IndexFunction<KubeObject>;
  readonly #entries = new NameMap<Entry>();
  readonly #values = new Map<string, Set<Entry>>();
  readonly #failed = new Set<Entry>();

  constructor(name: string, values: IndexFunction<KubeObject>) {
    this.#name = name;
    this.#function = values;
  }

  get(value: string): KubeObject[] {
    this.#check();
    return Array.from(this.#values.get(value) ?? [], ({ object }) => object);
  }

  values(): string[] {
    this.#check();
    return [...this.#values.keys()];
  }

  /** In the place of the object of its name. */
  set(object: KubeObject): void {
    const { name = "", namespace } = object.metadata;
    const entry = this.#entryOf(object);
    const old = this.#entries.get(name, namespace);
    // Most changes do not touch what an index is about.
    if (old !== undefined && isSame(old, entry)) {
      old.object = object;
      return;
    }
    if (old !== undefined) this.#drop(old);
    this.#entries.put(name, namespace, entry);
    if (entry.failure !== undefined) this.#failed.add(entry);
    for (const value of entry.values) {
      const entries = this.#values.get(value);
      if (entries === undefined) this.#values.set(value, new Set([entry]));
      else entries.add(entry);
    }
  }

  /** The object of this name. */
  delete({ metadata: { name = "", namespace } }: KubeObject): void {
    const entry = this.#entries.get(name, namespace);
    if (entry !== undefined) this.#drop(entry);
    this.#entries.delete(name, namespace);
  }

  #drop(entry: Entry): void {
    this.#failed.delete(entry);
    for (const value of entry.values) {
      const entries = this.#values.get(value);
      entries?.delete(entry);
      // Values come and go, as the names of nodes do.
      if (entries?.size === 0) this.#values.delete(value);
    }
  }

  #entryOf(object: KubeObject): Entry {
    try {
      const values = this.#function(object) ?? [];
      // A copy of a list: it may be the object's own, which somebody may change.
      return { object, values: typeof values === "string" ? [values] : [...values], failure: undefined };
    } catch (cause) {
      return { object, values: [], failure: { cause } };
    }
  }

  /** A query is answered rightly or not at all; the store and its watch go on. */
  #check(): void {
    for (const { object, failure } of this.#failed) {
      const cause = failure?.cause;
      throw new Error(thrown(`the function of index "${this.#name}"`, object, cause), { cause });
    }
  }
}

function isSame(a: Entry, b: Entry): boolean {
  if (a.failure !== undefined || b.failure !== undefined || a.values.length !== b.values.length) return false;
  return a.values.every((value, index) => value === b.values[index]);
}
