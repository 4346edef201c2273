import type { KubeObject } from "../resource/object.ts";

/** Objects by namespace and name, which together name an object of a resource. */
export class ObjectMap<K extends KubeObject> implements Iterable<K> {
  readonly #namespaces = new Map<string, Map<string, K>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(name: string, namespace = ""): K | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  /** Under its own name and namespace; replaces what is there. */
  set(object: K): void {
    const { name = "", namespace = "" } = object.metadata;
    let names = this.#namespaces.get(namespace);
    if (names === undefined) {
      names = new Map();
      this.#namespaces.set(namespace, names);
    }
    const before = names.size;
    names.set(name, object);
    this.#size += names.size - before;
  }

  delete(name: string, namespace = ""): boolean {
    const names = this.#namespaces.get(namespace);
    if (names === undefined || !names.delete(name)) return false;
    this.#size--;
    if (names.size === 0) this.#namespaces.delete(namespace);
    return true;
  }

  /** Those of one namespace, or all. */
  list(namespace?: string): K[] {
    return namespace === undefined ? [...this] : [...(this.#namespaces.get(namespace)?.values() ?? [])];
  }

  *[Symbol.iterator](): Generator<K, void, undefined> {
    for (const names of this.#namespaces.values()) yield* names.values();
  }
}
