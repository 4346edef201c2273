import type { ServedResource } from "../api/resources.ts";
import type { ObjectStore } from "../store/object-store.ts";

/** What the operations work with besides the request. */
export interface Registry {
  readonly store: ObjectStore;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export interface WriteOptions {
  readonly dryRun: boolean;
  /** Who writes, for `metadata.managedFields`. */
  readonly manager?: string | undefined;
}

/** The object, or all objects, that a URL names. */
export interface Target {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
}

/** Those that this server has. */
export type Subresource =
  | "status"
  | "scale"
  | "binding"
  | "eviction"
  | "resize"
  | "ephemeralcontainers"
  | "approval"
  | "finalize"
  | "token";

export interface ObjectTarget extends Target {
  readonly name: string;
  readonly subresource: Subresource | undefined;
}

export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
