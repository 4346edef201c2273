import type { KubeObject } from "./object.ts";

/** The same with every field optional, those of fields and of arrays' elements too. */
export type Partly<T> = T extends readonly (infer E)[]
  ? Partly<E>[]
  : T extends object
    ? { [P in keyof T]?: Partly<T[P]> }
    : T;

/**
 * What is applied of an object: its name and the fields that the applier wants
 * to own. `apiVersion` and `kind` may be left out.
 */
export type Apply<K extends KubeObject> = Partly<Omit<K, "metadata">> & {
  metadata: Partly<K["metadata"]> & { name: string };
};
