import type { KubeObject } from "../resource/object.ts";

/**
 * What a watcher yields. A list begins with `init`, brings each object as
 * `init-apply`, and ends with `init-done`; only then is it whole, and only then
 * may what it did not bring be taken as gone. A `delete` within a list takes an
 * `init-apply` back; a list that cannot be finished is begun again by another
 * `init`. In between lists come `apply` and `delete`. An `error` never ends the
 * stream: the watcher goes on by itself after `retryIn`.
 */
export type WatchItem<K extends KubeObject> =
  | { readonly type: "init" }
  | { readonly type: "init-apply"; readonly object: K }
  | { readonly type: "init-done"; readonly resourceVersion: string }
  | { readonly type: "apply"; readonly object: K }
  | { readonly type: "delete"; readonly object: K }
  | { readonly type: "bookmark"; readonly resourceVersion: string }
  | { readonly type: "error"; readonly error: Error /** Milliseconds. */; readonly retryIn: number };
