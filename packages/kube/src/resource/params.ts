import { RequestValidationError } from "./errors.ts";
import type { PatchStrategy } from "./patch.ts";

/** Which objects a list, a watch or a deleteCollection is about. */
export interface SelectorParams {
  /** Such as `app=shop,tier!=db`. */
  labelSelector?: string;
  /** Such as `spec.nodeName=node-1`. */
  fieldSelector?: string;
}

/** The names are those of the query parameters of the API. */
export interface ListParams extends SelectorParams {
  /** Most objects a page; the answer's `metadata.continue` leads to the next one. */
  limit?: number;
  /** `metadata.continue` of the page before. */
  continue?: string;
  /** Absent: the newest state. `"0"`: whatever the server has at hand. */
  resourceVersion?: string;
  /** Whether the list is to be of this very version, or of that or a later one. */
  resourceVersionMatch?: "Exact" | "NotOlderThan";
  /** Seconds after which the server gives up. */
  timeoutSeconds?: number;
}

export interface WatchParams extends SelectorParams {
  /** Where to go on from; absent: begin with an event ADDED for each object that exists. */
  resourceVersion?: string;
  /** Has the server send a BOOKMARK, an event with nothing but a resourceVersion, about once a minute. */
  allowWatchBookmarks?: boolean;
  /** Seconds after which the server ends the watch. */
  timeoutSeconds?: number;
  /** A streaming list: what exists comes first, then a bookmark that says that it was all. */
  sendInitialEvents?: boolean;
  /** With `sendInitialEvents` the API demands `NotOlderThan`, which is set where it is absent. */
  resourceVersionMatch?: "NotOlderThan";
}

/** How an object is written. */
export interface PostParams {
  /** Check and answer as if it were done, but do nothing. */
  dryRun?: boolean;
  /** Who is recorded as the owner of the fields; at most 128 characters. */
  fieldManager?: string;
  /** What the server does about unknown and duplicate fields. */
  fieldValidation?: "Ignore" | "Warn" | "Strict";
}

/** How a patch is applied. */
export interface PatchParams extends PostParams {
  /** How a plain object or array is to be read; default `Merge`. A `Patch` says it by itself. */
  strategy?: PatchStrategy;
  /** With `Apply` only: take over fields that another manager owns. */
  force?: boolean;
}

/** How an object is applied. */
export interface ApplyParams extends PostParams {
  /** Who owns the fields that are applied; at most 128 characters. */
  fieldManager: string;
  /** Take over fields that another manager owns; without it that is a conflict. */
  force?: boolean;
}

/** `Orphan` leaves what the object owns, `Background` deletes it afterwards, `Foreground` before the object goes. */
export type PropagationPolicy = "Orphan" | "Background" | "Foreground";

/** How an object is deleted. */
export interface DeleteParams {
  /** Check and answer as if it were done, but do nothing. */
  dryRun?: boolean;
  /** Seconds that the object may take to end by itself; 0 kills at once. */
  gracePeriodSeconds?: number;
  /** What becomes of the objects that this one owns. */
  propagationPolicy?: PropagationPolicy;
  /** Delete only the very object, or the very version of it, that was seen. */
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** What a token is to be good for. */
export interface TokenParams {
  /** Who is to take it; default the API server. */
  audiences?: string[];
  /** At least 600; default 3600. The server may choose another: see `expirationTimestamp` of the answer. */
  expirationSeconds?: number;
  /** The token ends with this object, such as a Pod or Secret of its namespace. */
  boundObjectRef?: { kind: string; apiVersion: string; name: string; uid?: string };
}

/** Which part of a log is wanted. */
export interface LogParams {
  /** May be left out where the pod has only one. */
  container?: string;
  /** Keep the answer open and send what is written from now on. */
  follow?: boolean;
  /** Bytes after which the server ends the answer, be it within a line. */
  limitBytes?: number;
  /** Whether JSON is to be indented. */
  pretty?: boolean;
  /** Of the container's run before this one. */
  previous?: boolean;
  /** Of the last so many seconds only. */
  sinceSeconds?: number;
  /** RFC 3339. */
  sinceTime?: string;
  /** The last lines only. */
  tailLines?: number;
  /** Begin each line with its RFC 3339 time. */
  timestamps?: boolean;
}

/** A process' streams; at least one must be wanted. */
export interface AttachParams {
  /** May be left out where the pod has only one. */
  container?: string;
  /** Default false. */
  stdin?: boolean;
  /** Default true. */
  stdout?: boolean;
  /** Default true, but false with `tty`, whose one output is stdout. */
  stderr?: boolean;
  /** Whether the streams are a terminal; for `attach` as the container was made. Default false. */
  tty?: boolean;
}

type Value = string | number | boolean | undefined;
export type Query = readonly (readonly [name: string, value: Value])[];

/** `?a=1&b=2` in the order given; what is absent, `false` or empty is left out. */
export function queryString(query: Query): string {
  const pairs = query.flatMap(([name, value]) =>
    value === undefined || value === false || value === "" ? [] : `${name}=${encodeURIComponent(value)}`,
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** @throws {RequestValidationError} a number is not one that the API takes, or a parameter none that there is. */
export function listQuery(params: ListParams): Query {
  checkCount("limit", params.limit);
  checkCount("timeoutSeconds", params.timeoutSeconds);
  if (params.resourceVersionMatch !== undefined && !params.resourceVersion) {
    throw new RequestValidationError("resourceVersionMatch needs a resourceVersion");
  }
  return all(params, [
    ["labelSelector", params.labelSelector],
    ["fieldSelector", params.fieldSelector],
    ["limit", params.limit],
    ["continue", params.continue],
    ["resourceVersion", params.resourceVersion],
    ["resourceVersionMatch", params.resourceVersionMatch],
    ["timeoutSeconds", params.timeoutSeconds],
  ]);
}

/** @throws {RequestValidationError} a number is not one that the API takes. */
export function watchQuery(params: WatchParams): Query {
  checkCount("timeoutSeconds", params.timeoutSeconds);
  const match = params.resourceVersionMatch ?? (params.sendInitialEvents ? "NotOlderThan" : undefined);
  const query = all(params, [
    ["labelSelector", params.labelSelector],
    ["fieldSelector", params.fieldSelector],
    ["resourceVersion", params.resourceVersion],
    ["resourceVersionMatch", match],
    ["sendInitialEvents", params.sendInitialEvents],
    ["allowWatchBookmarks", params.allowWatchBookmarks],
    ["timeoutSeconds", params.timeoutSeconds],
  ]);
  return [["watch", true], ...query];
}

/** @throws {RequestValidationError} the `fieldManager` is too long. */
export function postQuery(params: PostParams): Query {
  // The API counts code points, not UTF-16 units.
  if (params.fieldManager !== undefined && [...params.fieldManager].length > 128) {
    throw new RequestValidationError("fieldManager must not be longer than 128 characters");
  }
  return all(params, [
    ["dryRun", params.dryRun ? "All" : undefined],
    ["fieldManager", params.fieldManager],
    ["fieldValidation", params.fieldValidation],
  ]);
}

/** @throws {RequestValidationError} `force` without Apply, Apply without a `fieldManager`, or one that is too long. */
export function patchQuery({ strategy, force, ...params }: PatchParams): Query {
  const apply = strategy === "Apply";
  if (force !== undefined && !apply) {
    throw new RequestValidationError("force is for the patch strategy Apply only");
  }
  if (apply && !params.fieldManager) {
    throw new RequestValidationError("the patch strategy Apply needs a fieldManager");
  }
  return [...postQuery(params), ["force", force]];
}

/** @throws {RequestValidationError} a number is not one that the API takes. */
export function logQuery(params: LogParams): Query {
  checkCount("limitBytes", params.limitBytes);
  checkCount("sinceSeconds", params.sinceSeconds);
  checkCount("tailLines", params.tailLines);
  return all(params, [
    ["container", params.container],
    ["follow", params.follow],
    ["limitBytes", params.limitBytes],
    ["pretty", params.pretty],
    ["previous", params.previous],
    ["sinceSeconds", params.sinceSeconds],
    ["sinceTime", params.sinceTime],
    ["tailLines", params.tailLines],
    ["timestamps", params.timestamps],
  ]);
}

/**
 * With each stream said, because the API's own defaults differ between exec and attach.
 *
 * @throws {RequestValidationError} the API does not take the choice.
 */
export function attachQuery(params: AttachParams): Query {
  const { stdin, stdout, stderr, tty } = chosenStreams(params);
  if (tty && stderr) throw new RequestValidationError("with tty there is no stderr: all output is stdout");
  if (!stdin && !stdout && !stderr) throw new RequestValidationError("one of stdin, stdout and stderr must be wanted");
  return all(params, [
    ["container", params.container],
    ["stdin", String(stdin)],
    ["stdout", String(stdout)],
    ["stderr", String(stderr)],
    ["tty", String(tty)],
  ]);
}

/** The defaults filled in. */
export function chosenStreams(params: AttachParams): Required<Omit<AttachParams, "container">> {
  const { stdin = false, stdout = true, tty = false, stderr = !tty } = params;
  return { stdin, stdout, stderr, tty };
}

/** The body of a delete; absent where there is nothing to say. */
export function deleteOptions(params: DeleteParams): object | undefined {
  checkNames(params, ["dryRun", "gracePeriodSeconds", "propagationPolicy", "preconditions"]);
  checkCount("gracePeriodSeconds", params.gracePeriodSeconds);
  const { dryRun, ...rest } = params;
  const options = { ...rest, ...(dryRun ? { dryRun: ["All"] } : {}) };
  if (Object.values(options).every((value) => value === undefined)) return undefined;
  return { apiVersion: "v1", kind: "DeleteOptions", ...options };
}

/**
 * The query, if it says all of the parameters. One that is misspelt could not be left
 * out: without its selector a request is about all objects there are.
 */
function all(params: object, query: Query): Query {
  checkNames(
    params,
    query.map(([name]) => name),
  );
  return query;
}

function checkNames(params: object, known: readonly string[]): void {
  const unknown = Object.keys(params).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const where = unknown === "signal" || unknown === "timeout" ? "; this is one of the options behind them" : "";
  throw new RequestValidationError(`there is no parameter ${unknown}: there are ${known.join(", ")}${where}`);
}

function checkCount(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
    throw new RequestValidationError(`${name} must be a whole number of at least 0, not ${value}`);
  }
}
