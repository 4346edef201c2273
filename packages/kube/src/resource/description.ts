import type { Resource } from "./resource.ts";

/** A resource with all that the API says of it: what may be done with it, and how users call it. */
export interface ResourceDescription extends Resource {
  /** Lower case, such as `pod`. */
  readonly singular: string;
  /** What it can be asked for, such as `list` and `watch`. */
  readonly verbs: readonly string[];
  /** Such as `po`. */
  readonly shortNames: readonly string[];
  /** Names that stand for several resources, such as `all`. */
  readonly categories: readonly string[];
  /** Such as `status` and `scale`; empty where it has none. */
  readonly subresources: readonly SubresourceDescription[];
}

/** A part of a resource that is asked for by itself. */
export interface SubresourceDescription {
  /** The last segment of the URL, such as `status`. */
  readonly name: string;
  /** Group, version and kind of what it takes or answers: `Scale` of autoscaling/v1 for `scale`. */
  readonly group: string;
  /** Of what it takes or answers. */
  readonly version: string;
  /** Of what it takes or answers, such as `Scale`. */
  readonly kind: string;
  /** Such as `get`, `patch` and `update`. */
  readonly verbs: readonly string[];
}
