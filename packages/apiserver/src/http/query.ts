import type { IncomingMessage } from "node:http";
import { type Fields, isFields } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import {
  badRequest,
  forbiddenField,
  invalid,
  invalidValue,
  required,
  StatusError,
  unsupportedValue,
} from "../api/status-error.ts";
import type { DeleteOptions } from "../registry/delete.ts";
import type { ListOptions } from "../registry/list.ts";
import type { WriteOptions } from "../registry/target.ts";
import { parseSelection, type Selection } from "../selectors/selection.ts";

export interface WatchOptions {
  readonly selection: Selection;
  /** 0 where the request names none or any. */
  readonly resourceVersion: number;
  readonly initialEvents: boolean;
  readonly allowBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

/** A flag is on unless it is absent, `0` or `false`, as the API reads it. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}

/** The name under which a write is recorded in managedFields, from the query or else the client's own. */
function managerOf(query: URLSearchParams, request: IncomingMessage): string {
  const asked = query.get("fieldManager") ?? "";
  if (asked !== "") return asked;
  const [product = ""] = (request.headers["user-agent"] ?? "").split("/", 1);
  return product.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, "").slice(0, managerLength);
}

/** What `PATCH` may say besides its body; throws a 422 for what does not fit the type of patch. */
export function parsePatchOptions(
  query: URLSearchParams,
  request: IncomingMessage,
  applies: boolean,
): { dryRun: boolean; manager: string; force: boolean } {
  const manager = query.get("fieldManager") ?? "";
  const causes = [];
  if (applies && manager === "") causes.push(required("fieldManager", "is required for apply patch"));
  if (!applies && query.has("force")) {
    causes.push(forbiddenField("force", "may not be specified for non-apply patch"));
  }
  if (manager.length > managerLength) {
    const message = `Too long: may not be more than ${managerLength} bytes`;
    causes.push({ reason: "FieldValueTooLong", message, field: "fieldManager" });
  }
  if (causes.length > 0) throw invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", causes);
  return { dryRun: dryRun(query), manager: managerOf(query, request), force: flag(query, "force") };
}

const managerLength = 128;

export function writeOptions(query: URLSearchParams, request: IncomingMessage): WriteOptions {
  return { dryRun: dryRun(query), manager: managerOf(query, request) };
}

export function dryRun(query: URLSearchParams): boolean {
  const values = query.getAll("dryRun");
  const unknown = values.find((value) => value !== "All");
  if (unknown === undefined) return values.length > 0;
  throw invalid({ group: "meta.k8s.io", kind: "CreateOptions" }, "", [unsupportedValue("dryRun", unknown, ["All"])]);
}

export function parseListOptions(query: URLSearchParams, resource: ServedResource): ListOptions {
  const match = query.get("resourceVersionMatch") ?? "";
  const resourceVersion = query.get("resourceVersion") ?? "";
  const causes = [];
  if (match !== "") {
    if (resourceVersion === "") {
      causes.push(matchForbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    if (query.get("continue"))
      causes.push(matchForbidden("resourceVersionMatch is forbidden when continue is provided"));
    if (match !== "Exact" && match !== "NotOlderThan") {
      causes.push(unsupportedValue("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && resourceVersion === "0") {
      causes.push(matchForbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (query.has("sendInitialEvents")) {
    causes.push(forbiddenField("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  if (causes.length > 0) throw invalid(listOptions, "", causes);
  return {
    selection: selectionOf(query, resource),
    limit: Math.max(0, integer(query, "limit") ?? 0),
    continue: query.get("continue") ?? "",
    resourceVersion: parseRevision(resourceVersion),
    resourceVersionMatch: match as ListOptions["resourceVersionMatch"],
  };
}

export function parseWatchOptions(query: URLSearchParams, resource: ServedResource): WatchOptions {
  const match = query.get("resourceVersionMatch") ?? "";
  const causes = [];
  if (query.has("sendInitialEvents") && match !== "NotOlderThan") {
    causes.push(matchForbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  }
  if (match !== "") {
    if (!query.has("sendInitialEvents")) {
      causes.push(matchForbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
    }
    if (match !== "NotOlderThan") causes.push(unsupportedValue("resourceVersionMatch", match, ["NotOlderThan"]));
    if (query.get("continue"))
      causes.push(matchForbidden("resourceVersionMatch is forbidden when continue is provided"));
  }
  if (causes.length > 0) throw invalid(listOptions, "", causes);
  const resourceVersion = parseRevision(query.get("resourceVersion") ?? "") ?? 0;
  return {
    selection: selectionOf(query, resource),
    resourceVersion,
    // Without a revision to start from, a watch begins with the objects that there are.
    initialEvents: query.has("sendInitialEvents") ? flag(query, "sendInitialEvents") : resourceVersion === 0,
    allowBookmarks: flag(query, "allowWatchBookmarks"),
    timeoutSeconds: integer(query, "timeoutSeconds"),
  };
}

export function selectionOf(query: URLSearchParams, resource: ServedResource): Selection {
  return parseSelection(resource, query.get("labelSelector") ?? "", query.get("fieldSelector") ?? "");
}

/** From the body, which a DELETE may have, and the query, which says the same with less. */
export function parseDeleteOptions(query: URLSearchParams, body: Fields | undefined): DeleteOptions {
  const inBody = body ?? {};
  const grace = integer(query, "gracePeriodSeconds") ?? inBody.gracePeriodSeconds ?? undefined;
  if (grace !== undefined && (typeof grace !== "number" || grace < 0)) {
    throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", [
      invalidValue("gracePeriodSeconds", grace, "must be a number of seconds from 0 on"),
    ]);
  }
  return {
    gracePeriodSeconds: grace,
    preconditions: isFields(inBody.preconditions) ? inBody.preconditions : {},
    dryRun: dryRun(query) || (Array.isArray(inBody.dryRun) && inBody.dryRun.includes("All")),
  };
}

/** Undefined for the empty one; a get refuses one from the future, else it has no say. */
export function parseRevision(text: string): number | undefined {
  if (text === "") return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const cause = invalidValue("resourceVersion", text, "must be a resource version of this server");
  throw badRequest(`invalid resource version: ${cause.field}: ${cause.message}`);
}

export function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new StatusError(400, "BadRequest", `${name}: ${JSON.stringify(text)} is not an integer`);
}

const listOptions = { group: "meta.k8s.io", kind: "ListOptions" };

function matchForbidden(why: string) {
  return forbiddenField("resourceVersionMatch", why);
}
