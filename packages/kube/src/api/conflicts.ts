import { ApiError } from "../client/errors.ts";

/** A field that could not be applied, because another manager owns it. */
export interface FieldConflict {
  /** Such as `.spec.replicas`. */
  readonly field: string;
  /** Who owns it, such as `kubectl-client-side-apply`. */
  readonly manager: string;
}

/**
 * Which fields an `apply` failed for; none for any other error.
 *
 * ```ts
 * const web = { metadata: { name: "web" }, spec: { replicas: 2 } };
 * await deployments.apply(web, { fieldManager: "me" }).catch((error) => {
 *   for (const { field, manager } of fieldConflicts(error)) console.log(`${field} is ${manager}'s`); // .spec.replicas is scaler's
 * });
 * ```
 */
export function fieldConflicts(error: unknown): FieldConflict[] {
  if (!(error instanceof ApiError && error.isConflict)) return [];
  const causes = error.status.details?.causes ?? [];
  return causes
    .filter(({ reason }) => reason === "FieldManagerConflict")
    .map(({ field = "", message = "" }) => ({ field, manager: managerOf(message) }));
}

/** The API tells the manager in the text alone: `conflict with "me" using apps/v1 at 2026-01-01T00:00:00Z`. */
function managerOf(message: string): string {
  const quoted = /^conflict with ("(?:[^"\\]|\\.)*")/.exec(message)?.[1];
  if (quoted === undefined) return message;
  try {
    return JSON.parse(quoted);
  } catch {
    // Go escapes some characters in ways of its own.
    return quoted.slice(1, -1);
  }
}
