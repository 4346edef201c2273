import type { KubeObject } from "@kubecast/kube";

/**
 * One revision of an object. It is never changed: a write makes a new one. Its
 * JSON is made at most once and shared by every answer and every watcher.
 */
export class StoredObject {
  /** `namespace/name`, or `name` where the resource is cluster-scoped. */
  readonly key: string;
  readonly revision: number;
  /** Without `apiVersion` and `kind`: these depend on the version that is asked for. */
  readonly object: KubeObject;
  #json: Buffer | undefined;

  constructor(key: string, revision: number, object: KubeObject) {
    const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object;
    this.key = key;
    this.revision = revision;
    this.object = { metadata: { ...metadata, resourceVersion: String(revision) }, ...rest };
  }

  /** The object's JSON without its opening brace, to be put behind `{` or `{"kind":...,"apiVersion":...,`. */
  get json(): Buffer {
    this.#json ??= Buffer.from(JSON.stringify(this.object).slice(1));
    return this.#json;
  }
}
