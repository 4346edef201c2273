/** Metadata that every object has; timestamps are RFC 3339 strings, as the API sends them. */
export interface ObjectMeta {
  /**
   * Unique in the namespace among the objects of one kind. Absent only before the server has made
   * it up, from `generateName`.
   */
  name?: string;
  /** To a `create` without a name: what the name that the server makes up begins with. */
  generateName?: string;
  /** Absent for what has none, such as a Node. */
  namespace?: string;
  /** Made up by the server; another object that takes the same name later has another. */
  uid?: string;
  /** Opaque: compare for equality only. */
  resourceVersion?: string;
  /** Counts the changes of the spec; absent for kinds that do not count. */
  generation?: number;
  /** RFC 3339, whole seconds. */
  creationTimestamp?: string;
  /** RFC 3339, whole seconds. Present once deletion is asked for: the object goes when its finalizers have. */
  deletionTimestamp?: string;
  /** Seconds from the request to `deletionTimestamp`. */
  deletionGracePeriodSeconds?: number;
  /** What selectors choose by: keys such as `app.kubernetes.io/name`, values of at most 63 characters. */
  labels?: Record<string, string>;
  /** For people and programs, not for selectors; 256 KiB all together. */
  annotations?: Record<string, string>;
  /** Names of what must still be done before a deleted object goes; whoever has done it removes its own. */
  finalizers?: string[];
  /** The object goes after all of these have gone. In the same namespace, or cluster-wide. */
  ownerReferences?: OwnerReference[];
  /** Old servers only; empty since Kubernetes 1.20. */
  selfLink?: string;
  /** Who manages which fields, as server-side apply records it. */
  managedFields?: unknown[];
}

/** Names an object that owns another. */
export interface OwnerReference {
  /** Of the owner, such as `apps/v1`. */
  apiVersion: string;
  /** Of the owner, such as `ReplicaSet`. */
  kind: string;
  /** Of the owner. */
  name: string;
  /** Of the owner: the garbage collector takes an owner of another uid for gone. */
  uid: string;
  /** True for the one that manages the object. */
  controller?: boolean;
  /** Whether an owner that is deleted in the foreground waits for this object to go. */
  blockOwnerDeletion?: boolean;
}

/** What an object says that it is. */
export interface TypeMeta {
  /** Group and version, such as `v1` or `apps/v1`. Items of a list of a built-in kind come without. */
  apiVersion?: string;
  /** Such as `Pod`. Items of a list of a built-in kind come without. */
  kind?: string;
}

/** The least that is known of any object; unknown fields are kept as they came. */
export interface KubeObject extends TypeMeta {
  /** Name, labels and the like. */
  metadata: ObjectMeta;
}

/** An object told by its spec and status, such as a custom resource; exported as `Object`, as kube calls it. */
export interface ObjectOf<Spec, Status = unknown> extends KubeObject {
  /** What is wanted. */
  spec: Spec;
  /** What is; absent until a controller says. */
  status?: Status;
}

/** Of a list, not of its objects. */
export interface ListMeta {
  /** The moment that the list shows; opaque. A watch from here misses nothing. */
  resourceVersion?: string;
  /** Token of the next page; absent or empty on the last one. */
  continue?: string;
  /** How many objects follow this page, about; absent where selectors choose, or on the last page. */
  remainingItemCount?: number;
}

/** The answer to a list. */
export interface ObjectList<K> extends TypeMeta {
  /** Where the list stands, and where the next page is. */
  metadata: ListMeta;
  /** Built-in kinds come without `apiVersion` and `kind` here: the list's own say them. */
  items: K[];
}

/** An answer of the API about an operation; the body of every error. */
export interface Status {
  /** The same whichever group answers. */
  apiVersion?: "v1";
  /** Tells it from an object; see `isStatus`. */
  kind?: "Status";
  /** Empty, but for the continue token that comes with a 410 to a list. */
  metadata?: ListMeta;
  /** `Success` or `Failure`. */
  status?: string;
  /** For people. It may quote what was sent. */
  message?: string;
  /** For programs: one word, such as `NotFound`. */
  reason?: string;
  /** The HTTP status. */
  code?: number;
  /** What it is about, and why, where that is known. */
  details?: StatusDetails;
}

/** What a `Status` is about. */
export interface StatusDetails {
  /** Of the object that the answer is about. */
  name?: string;
  /** Of the object's kind, absent for the core group. */
  group?: string;
  /** Of the object or, for most errors, its plural. */
  kind?: string;
  /** Of the object. */
  uid?: string;
  /** All that was wrong, a cause each. */
  causes?: StatusCause[];
  /** Seconds after which it may go better. */
  retryAfterSeconds?: number;
}

/** One thing that was wrong. */
export interface StatusCause {
  /** For programs: one word, such as `FieldValueRequired`. */
  reason?: string;
  /** For people. */
  message?: string;
  /** Such as `spec.containers[0].name`. */
  field?: string;
}

/** One event of a watch, as it is on the wire. */
export type WatchEvent<K> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: K }
  | { type: "BOOKMARK"; object: K }
  | { type: "ERROR"; object: Status };
