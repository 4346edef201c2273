import type { Fields } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import type { Kind } from "./apply.ts";
import { type FieldSet, nothing, pathSet, union } from "./field-set.ts";
import { builtinMergeType, customMergeType, type MergeType } from "./merge-type.ts";
import { zeroObjects } from "./zero.generated.ts";

interface Merged {
  readonly type: MergeType;
  readonly zero: Fields;
}

const known = new WeakMap<ServedResource, Merged>();

const statusOnly = pathSet(["f:status"]);
const allButStatus = union(pathSet(["f:spec"]), pathSet(["f:metadata"]));

/** How the objects of a resource merge and compare when written to through a subresource or, without one, as such. */
export function kindOf(resource: ServedResource, subresource?: string): Kind {
  let merged = known.get(resource);
  if (merged === undefined) {
    merged = mergedOf(resource);
    known.set(resource, merged);
  }
  return { ...merged, reset: resetBy(resource, subresource) };
}

function mergedOf(resource: ServedResource): Merged {
  if (resource.custom) return { type: customMergeType(resource.schema), zero: {} };
  const { apiVersion, kind } = resource;
  const zero = zeroObjects[`${apiVersion} ${kind}`] ?? '{"metadata":{}}';
  return { type: builtinMergeType(apiVersion, kind), zero: JSON.parse(zero) };
}

function resetBy(resource: ServedResource, subresource: string | undefined): FieldSet {
  if (subresource === "status") return allButStatus;
  return resource.hasStatus ? statusOnly : nothing;
}
