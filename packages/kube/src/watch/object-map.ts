import type { KubeObject } from "../resource/object.ts";

/** Values by namespace and name, which together name an object of a resource. */
export class NameMap<V> implements Iterable<V> {
  readonly #namespaces = new Map<string, Map<string, V>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(name: string, namespace = ""): V | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  /** Replaces what is there. */
  put(name: string, namespace: string | undefined = "", value: V): void {
    let names = this.#namespaces.get(namespace);
    if (names === undefined) {
      names = new Map();
      this.#namespaces.set(namespace, names);
    }
    const before = names.size;
    names.set(name, value);
    this.#size += names.size - before;
  }

  delete(name: string, namespace = ""): boolean {
    const names = this.#namespaces.get(namespace);
    if (names === undefined || !names.delete(name)) return false;
    this.#size--;
    if (names.size === 0) this.#namespaces.delete(namespace);
    return true;
  }

  clear(): void {
    this.#namespaces.clear();
    this.#size = 0;
  }

  /** Those of one namespace, or all. */
  list(namespace?: string): V[] {
    return namespace === undefined ? [...this] : [...(this.#namespaces.get(namespace)?.values() ?? [])];
  }

  *[Symbol.iterator](): Generator<V, void, undefined> {
    for (const names of this.#namespaces.values()) yield* names.values();
  }
}

/** Objects by their own namespace and name. */
export class ObjectMap<K extends KubeObject> extends NameMap<K> {
  /** Replaces what is there under its name. */
  set(object: K): void {
    const { name = "", namespace } = object.metadata;
    this.put(name, namespace, object);
  }
}
