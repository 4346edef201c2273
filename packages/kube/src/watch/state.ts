import { ApiError, ConnectionError, DecodeError } from "../client/errors.ts";
import type { KubeObject, ObjectList, WatchEvent } from "../resource/object.ts";
import type { WatchItem } from "./item.ts";

/** `Empty -> Listing | StreamingList -> Watching`, and back to `Empty` when what is known cannot be continued. */
export type State = Empty | Listing | StreamingList | Watching;

interface Memory {
  /** Whether to begin with a streaming list: false once the server has shown that it has none. */
  readonly streamingLists: boolean;
}
/** Nothing is known, or no longer enough: a list comes next. */
export interface Empty extends Memory {
  readonly phase: "empty";
  /** How to list this time; `whole` is one answer without pages. */
  readonly next: "stream" | "pages" | "whole";
}
/** A list is being fetched, page by page. */
export interface Listing extends Memory {
  readonly phase: "listing";
  /** From 0. */
  readonly page: number;
  /** Token of the page to fetch, empty for the first. */
  readonly continue: string;
  readonly whole: boolean;
}
/** The list comes as the first events of a watch, up to a bookmark that marks their end. */
export interface StreamingList extends Memory {
  readonly phase: "streaming-list";
  readonly heard: boolean;
}
/** The list is whole; changes follow from `resourceVersion` on. */
export interface Watching extends Memory {
  readonly phase: "watching";
  readonly resourceVersion: string;
  /** Whether this connection has brought an event. */
  readonly heard: boolean;
  /** Connections in a row that the server ended without an event, at once or with an error. */
  readonly fruitless: number;
}

/** What came of the request that the state asked for. */
export type Answer<K> =
  /** Leave `Empty`. */
  | { readonly type: "start" }
  | { readonly type: "page"; readonly list: ObjectList<K> }
  | { readonly type: "events"; readonly events: readonly WatchEvent<K>[] }
  /** The server ended the watch, `lasted` milliseconds after it was asked for. */
  | { readonly type: "end"; readonly lasted: number }
  /** Nothing was heard for as long as one may wait; `opened` is false while the answer's headers are missing. */
  | { readonly type: "silence"; readonly milliseconds: number; readonly opened: boolean }
  | { readonly type: "error"; readonly error: Error };

export interface Step<K extends KubeObject> {
  readonly state: State;
  readonly items: WatchItem<K>[];
  /** To be told, and waited for, before `state` is acted on. The connection, if any, is of no more use. */
  readonly failure?: Error;
}

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";
/** A watch that ends sooner than this has been turned away, as client-go has it. */
const AT_ONCE = 1000;
const FRUITLESS_LIMIT = 2;

export function initialState(streamingLists: boolean): State {
  return { phase: "empty", streamingLists, next: "stream" };
}

/** A `Watching` from a resourceVersion on, with no connection made for it yet. */
export function watchingFrom(resourceVersion: string, streamingLists: boolean, fruitless = 0): Watching {
  return { phase: "watching", streamingLists, resourceVersion, heard: false, fruitless };
}

/** What an answer leads to. Pure: every transition of the watch is here. */
export function step<K extends KubeObject>(state: State, answer: Answer<K>): Step<K> {
  switch (state.phase) {
    case "empty":
      return begin(state);
    case "listing":
      return answer.type === "page" ? listed(state, answer.list) : listFailed(state, errorOf(answer));
    case "streaming-list":
      return answer.type === "events" ? streamed(state, answer.events) : streamEnded(state, answer);
    case "watching":
      return answer.type === "events" ? watched(state, answer.events, 0, []) : watchEnded(state, answer);
  }
}

function begin<K extends KubeObject>({ streamingLists, next }: Empty): Step<K> {
  const state: State =
    streamingLists && next === "stream"
      ? { phase: "streaming-list", streamingLists, heard: false }
      : { phase: "listing", streamingLists, page: 0, continue: "", whole: next === "whole" };
  return { state, items: [{ type: "init" }] };
}

// ---- Listing

function listed<K extends KubeObject>(state: Listing, list: ObjectList<K>): Step<K> {
  const { streamingLists } = state;
  const fault = faultOfList(list);
  if (fault !== undefined) {
    const again: State = { phase: "empty", streamingLists, next: "stream" };
    return { state: again, items: [], failure: new DecodeError(fault) };
  }
  const { continue: token = "", resourceVersion = "" } = list.metadata;
  // Go writes a list without items as null.
  const items: WatchItem<K>[] = (list.items ?? []).map((object) => ({ type: "init-apply", object }));
  if (token !== "") return { state: { ...state, page: state.page + 1, continue: token }, items };
  items.push({ type: "init-done", resourceVersion });
  return { state: watchingFrom(resourceVersion, streamingLists), items };
}

function faultOfList(list: ObjectList<KubeObject>): string | undefined {
  if (!list?.metadata?.continue && !list?.metadata?.resourceVersion) {
    return "the list has no metadata.resourceVersion: can this resource be watched?";
  }
  const items: unknown = list.items ?? [];
  if (!Array.isArray(items)) return "the list's items are not a list";
  return items.every((item) => item?.metadata) ? undefined : "the list has an item without metadata";
}

function listFailed<K extends KubeObject>(state: Listing, failure: Error): Step<K> {
  const expired = isExpired(failure) || (state.continue !== "" && codeOf(failure) === 400);
  if (!expired) return { state, items: [], failure };
  // The pages so far are of a past that the server has forgotten; asking for
  // everything in one answer cannot fail that way again.
  return { state: { phase: "empty", streamingLists: state.streamingLists, next: "whole" }, items: [], failure };
}

// ---- StreamingList

function streamed<K extends KubeObject>(state: StreamingList, events: readonly WatchEvent<K>[]): Step<K> {
  const items: WatchItem<K>[] = [];
  for (let index = 0; index < events.length; index++) {
    const event = events[index] as WatchEvent<K>;
    const failure = faultOf(event);
    if (failure !== undefined)
      return { ...streamEnded<K>({ ...state, heard: true }, { type: "error", error: failure }), items };
    if (event.type === "ADDED" || event.type === "MODIFIED") {
      items.push({ type: "init-apply", object: event.object });
    } else if (event.type === "DELETED") {
      items.push({ type: "delete", object: event.object });
    } else if (event.type === "BOOKMARK") {
      const { annotations, resourceVersion = "" } = event.object.metadata;
      // A server that knows streaming lists sends no other bookmark before this one.
      const ended = annotations?.[INITIAL_EVENTS_END] === "true" && resourceVersion !== "";
      if (!ended) return { state: withoutStreaming(), items };
      items.push({ type: "init-done", resourceVersion });
      const { streamingLists } = state;
      const watching: Watching = { phase: "watching", streamingLists, resourceVersion, heard: true, fruitless: 0 };
      return watched(watching, events, index + 1, items);
    }
  }
  return { state: state.heard ? state : { ...state, heard: true }, items };
}

function streamEnded<K extends KubeObject>(state: StreamingList, answer: Answer<K>): Step<K> {
  // Events, and then nothing, is what a server does that takes this for a plain watch.
  if (answer.type === "silence" && answer.opened) return { state: withoutStreaming(), items: [] };
  const failure =
    answer.type === "end" ? new ConnectionError("the streaming list ended before it was whole") : errorOf(answer);
  if (REFUSALS.has(codeOf(failure)) && !state.heard) return { state: withoutStreaming(), items: [] };
  // A stream that broke half-way begins from the start, where pages keep what
  // they have; and what fails in the server for a stream may go well in pages.
  const broke = state.heard || answer.type === "end" || (codeOf(failure) ?? 0) >= 500;
  const next = broke ? "pages" : "stream";
  return { state: { phase: "empty", streamingLists: state.streamingLists, next }, items: [], failure };
}

/** Invalid parameters, unknown method or media type, not implemented: answers of a server without streaming lists. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([400, 405, 406, 415, 422, 501]);

function withoutStreaming(): State {
  return { phase: "empty", streamingLists: false, next: "pages" };
}

// ---- Watching

function watched<K extends KubeObject>(
  state: Watching,
  events: readonly WatchEvent<K>[],
  from: number,
  items: WatchItem<K>[],
): Step<K> {
  let { resourceVersion, heard, fruitless } = state;
  for (let index = from; index < events.length; index++) {
    const event = events[index] as WatchEvent<K>;
    const failure = faultOf(event);
    if (failure !== undefined) {
      return {
        ...watchEnded<K>({ ...state, resourceVersion, heard, fruitless }, { type: "error", error: failure }),
        items,
      };
    }
    if (event.type === "ERROR") continue; // told by faultOf; for the type checker
    const { object } = event;
    resourceVersion = object.metadata.resourceVersion || resourceVersion;
    heard = true;
    fruitless = 0;
    if (event.type === "BOOKMARK") items.push({ type: "bookmark", resourceVersion });
    else items.push({ type: event.type === "DELETED" ? "delete" : "apply", object });
  }
  return { state: { ...state, resourceVersion, heard, fruitless }, items };
}

function watchEnded<K extends KubeObject>(state: Watching, answer: Answer<K>): Step<K> {
  const { resourceVersion, streamingLists, heard } = state;
  const relist: State = { phase: "empty", streamingLists, next: "stream" };
  const resume = watchingFrom(resourceVersion, streamingLists, heard ? 0 : state.fruitless);
  const count = heard ? 0 : state.fruitless + 1;
  const fruitless = count >= FRUITLESS_LIMIT ? relist : watchingFrom(resourceVersion, streamingLists, count);

  if (answer.type === "end") {
    if (answer.lasted >= AT_ONCE) return { state: watchingFrom(resourceVersion, streamingLists), items: [] };
    // Some servers close a watch from a forgotten resourceVersion without a word.
    const failure = new ConnectionError(`the watch ended at once${heard ? "" : ", without an event"}`);
    return { state: heard ? resume : fruitless, items: [], failure };
  }
  const failure = errorOf(answer);
  if (isExpired(failure) || isTooLarge(failure) || isMisunderstood(failure))
    return { state: relist, items: [], failure };
  // What the server cannot tell from here on, it may in a list; but no list
  // because a connection broke or the server has too much to do.
  const stuck = failure instanceof DecodeError || (failure instanceof StreamError && !failure.isTooManyRequests);
  return { state: stuck ? fruitless : resume, items: [], failure };
}

// ---- Errors

/** An ERROR event: the API's answer in the middle of a watch. */
class StreamError extends ApiError {}

/** The error that an event is, or that it makes by not being one. */
function faultOf(event: WatchEvent<KubeObject>): Error | undefined {
  switch (event?.type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
    case "BOOKMARK":
      return event.object?.metadata ? undefined : new DecodeError(`a ${event.type} event without object.metadata`);
    case "ERROR":
      return new StreamError(event.object ?? {}, { code: event.object?.code ?? 500 });
    default:
      return new DecodeError("a watch event of unknown type");
  }
}

function errorOf(answer: Answer<unknown>): Error {
  if (answer.type === "error") return answer.error;
  if (answer.type === "silence") {
    return new ConnectionError(
      `nothing heard for ${Math.round(answer.milliseconds / 1000)} s: the connection is taken for dead`,
    );
  }
  throw new TypeError(`no state asks for an answer of type ${answer.type}`);
}

function codeOf(error: Error): number | undefined {
  return error instanceof ApiError ? error.code : undefined;
}

function isExpired(error: Error): boolean {
  return error instanceof ApiError && (error.isGone || error.reason === "Expired" || error.reason === "Gone");
}

/** The resourceVersion is of a future that this server does not know, as after a restore from a backup. */
function isTooLarge(error: Error): boolean {
  if (!(error instanceof ApiError)) return false;
  const { details, message } = error.status;
  return (
    details?.causes?.some((cause) => cause.reason === "ResourceVersionTooLarge") === true ||
    // Before Kubernetes 1.18.6 only the text says it.
    /too large resource version/i.test(message ?? "")
  );
}

/** The server does not take the resourceVersion for one of its own. */
function isMisunderstood(error: Error): boolean {
  return error instanceof ApiError && !(error instanceof StreamError) && (error.code === 400 || error.code === 422);
}
