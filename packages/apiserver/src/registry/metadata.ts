import { type Fields, isFields } from "../api/fields.ts";
import { badRequest } from "../api/status-error.ts";

/** Throws a 400 where the metadata that this server itself reads have another shape than the API's. */
export function checkMetadata(metadata: Fields): void {
  for (const field of ["labels", "annotations"] as const) {
    const map = metadata[field] ?? {};
    if (!isFields(map)) throw badRequest(`metadata.${field}: it is not a JSON object`);
    for (const [key, value] of Object.entries(map)) {
      if (typeof value !== "string") throw badRequest(`metadata.${field}[${JSON.stringify(key)}]: it is not a string`);
    }
  }
  const finalizers = metadata.finalizers ?? [];
  if (!Array.isArray(finalizers) || finalizers.some((finalizer) => typeof finalizer !== "string")) {
    throw badRequest("metadata.finalizers: it is not a list of strings");
  }
}
