/** Metadata that every object has; timestamps are RFC 3339 strings, as the API sends them. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  /** Opaque: compare for equality only. */
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  selfLink?: string;
  managedFields?: unknown[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** The least that is known of any object; unknown fields are kept as they came. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

export interface ListMeta {
  resourceVersion?: string;
  /** Token of the next page; absent or empty on the last one. */
  continue?: string;
  remainingItemCount?: number;
}

export interface ObjectList<K> {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: K[];
}

/** An answer of the API about an operation; the body of every error. */
export interface Status {
  apiVersion?: "v1";
  kind?: "Status";
  metadata?: ListMeta;
  status?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: { reason?: string; message?: string; field?: string }[];
    retryAfterSeconds?: number;
  };
}

/** One event of a watch, as it is on the wire. */
export type WatchEvent<K> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: K }
  | { type: "BOOKMARK"; object: K }
  | { type: "ERROR"; object: Status };
