import type { Resource } from "./resource.ts";

/** A resource with all that the API says of it: what may be done with it, and how users call it. */
export interface ResourceDescription extends Resource {
  readonly singular: string;
  readonly verbs: readonly string[];
  /** Such as `po`. */
  readonly shortNames: readonly string[];
  /** Names that stand for several resources, such as `all`. */
  readonly categories: readonly string[];
  readonly subresources: readonly SubresourceDescription[];
}

export interface SubresourceDescription {
  /** The last segment of the URL, such as `status`. */
  readonly name: string;
  /** Group, version and kind of what it takes or answers: `Scale` of autoscaling/v1 for `scale`. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}
