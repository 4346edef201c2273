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

/** What an object says that it is. */
export interface TypeMeta {
  apiVersion?: string;
  kind?: string;
}

/** The least that is known of any object; unknown fields are kept as they came. */
export interface KubeObject extends TypeMeta {
  metadata: ObjectMeta;
}

/** An object told by its spec and status, such as a custom resource; exported as `Object`, as kube calls it. */
export interface ObjectOf<Spec, Status = unknown> extends KubeObject {
  spec: Spec;
  status?: Status;
}

export interface ListMeta {
  resourceVersion?: string;
  /** Token of the next page; absent or empty on the last one. */
  continue?: string;
  remainingItemCount?: number;
}

export interface ObjectList<K> extends TypeMeta {
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
  details?: StatusDetails;
}

export interface StatusDetails {
  /** Of the object that the answer is about. */
  name?: string;
  group?: string;
  /** Of the object or, for most errors, its plural. */
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface StatusCause {
  reason?: string;
  message?: string;
  /** Such as `spec.containers[0].name`. */
  field?: string;
}

/** One event of a watch, as it is on the wire. */
export type WatchEvent<K> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: K }
  | { type: "BOOKMARK"; object: K }
  | { type: "ERROR"; object: Status };
