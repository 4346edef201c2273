import { type Fields, isFields, parseJson } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import { badRequest, StatusError, unsupportedMediaType } from "../api/status-error.ts";
import { applyJsonPatch, JsonPatchError, type JsonPatchOperation } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { patchSchema } from "./patch-schema.ts";
import { applyStrategicMerge, StrategicMergeError } from "./strategic-merge.ts";

const jsonPatch = "application/json-patch+json";
const mergePatch = "application/merge-patch+json";
const strategicMergePatch = "application/strategic-merge-patch+json";
/** Server-side apply, which is another thing: see registry/apply.ts. */
export const applyType = "application/apply-patch+yaml";

/**
 * The change that a patch asks for. Throws a 415 for a type of patch that is
 * not known, a 400 for a body that is no such patch;
 * the change throws a 422 where the patch does not fit the object.
 */
export function applyPatch(
  type: string,
  body: Buffer,
  resource: Pick<ServedResource, "apiVersion" | "kind" | "custom">,
): (current: Fields) => Fields {
  switch (type) {
    case jsonPatch: {
      const operations = parseJson(body, "error decoding patch");
      if (!Array.isArray(operations) || !operations.every(isFields)) {
        throw badRequest("error decoding patch: it is not a list of operations");
      }
      return (current) => objectOrFail(() => applyJsonPatch(current, operations as unknown as JsonPatchOperation[]));
    }
    case mergePatch: {
      const patch = parsePatchObject(body);
      return (current) => objectOrFail(() => applyMergePatch(current, patch));
    }
    case strategicMergePatch: {
      if (resource.custom) throw unsupportedMediaType([jsonPatch, mergePatch, applyType]);
      const patch = parsePatchObject(body);
      const schema = patchSchema(resource.apiVersion, resource.kind);
      return (current) => objectOrFail(() => applyStrategicMerge(current, patch, schema));
    }
    default:
      throw unsupportedMediaType([jsonPatch, mergePatch, strategicMergePatch, applyType]);
  }
}

function parsePatchObject(body: Buffer): Fields {
  const patch = parseJson(body, "error decoding patch");
  if (!isFields(patch)) throw badRequest("error decoding patch: it is not a JSON object");
  return patch;
}

function objectOrFail(apply: () => unknown): Fields {
  try {
    const result = apply();
    if (isFields(result)) return result;
    throw unprocessable("the result is not a JSON object");
  } catch (error) {
    if (error instanceof JsonPatchError || error instanceof StrategicMergeError) throw unprocessable(error.message);
    throw error;
  }
}

function unprocessable(why: string): StatusError {
  const message = `the server rejected our request due to an error in our request: ${why}`;
  return new StatusError(422, "Invalid", message, { details: {} });
}
