import { describe, expect, test } from "vitest";
import { ApiError, ConnectionError, DecodeError } from "../client/errors.ts";
import type { KubeObject } from "../resource/object.ts";
import {
  added,
  apiError,
  bookmark,
  deleted,
  errorEvent,
  initialEventsEnd,
  list,
  modified,
  pod,
} from "./fakes.test.helper.ts";
import {
  type Answer,
  type Empty,
  initialState,
  type Listing,
  type StreamingList,
  step,
  type Watching,
  watchingFrom,
} from "./state.ts";

const a = pod("a", "1");
const b = pod("b", "2");
const broken: Answer<KubeObject> = { type: "error", error: new ConnectionError("socket hang up") };
const listing: Listing = { phase: "listing", streamingLists: true, page: 0, continue: "", whole: false };
const streaming: StreamingList = { phase: "streaming-list", streamingLists: true, heard: false };
const watching = watchingFrom("10", true);

/** Lists again, by a streaming list where the server has them. */
const relist: Empty = { phase: "empty", streamingLists: true, next: "stream" };
const pagesThisTime: Empty = { phase: "empty", streamingLists: true, next: "pages" };
const pagesFromNowOn: Empty = { phase: "empty", streamingLists: false, next: "pages" };

function error(code: number, reason: string): Answer<KubeObject> {
  return { type: "error", error: apiError(code, reason) };
}

describe("Empty", () => {
  test("begins with a streaming list", () => {
    expect(step(initialState(true), { type: "start" })).toEqual({ state: streaming, items: [{ type: "init" }] });
  });

  test("begins with pages where streaming lists are known to be none, or not for this time", () => {
    expect(step(initialState(false), { type: "start" }).state).toEqual({ ...listing, streamingLists: false });
    expect(step(pagesThisTime, { type: "start" }).state).toEqual(listing);
  });

  test("lists whole when pages have expired", () => {
    const state: Empty = { phase: "empty", streamingLists: false, next: "whole" };
    expect(step(state, { type: "start" }).state).toEqual({ ...listing, streamingLists: false, whole: true });
  });
});

describe("Listing", () => {
  test("a page leads to the next", () => {
    const { state, items } = step(listing, { type: "page", list: list("9", [a], "token-1") });
    expect(items).toEqual([{ type: "init-apply", object: a }]);
    expect(state).toEqual({ ...listing, page: 1, continue: "token-1" });
  });

  test("the last page leads to the watch from its resourceVersion", () => {
    const { state, items } = step({ ...listing, page: 3, continue: "t" }, { type: "page", list: list("9", [b]) });
    expect(items).toEqual([
      { type: "init-apply", object: b },
      { type: "init-done", resourceVersion: "9" },
    ]);
    expect(state).toEqual(watchingFrom("9", true));
  });

  test("items may be null, as Go writes an empty list", () => {
    const empty = { metadata: { resourceVersion: "9" }, items: null as unknown as KubeObject[] };
    expect(step(listing, { type: "page", list: empty }).items).toEqual([{ type: "init-done", resourceVersion: "9" }]);
  });

  test.each([
    ["no resourceVersion", { metadata: {}, items: [] }],
    ["no metadata", { items: [] }],
    ["nothing at all", null],
    ["an item without metadata", { metadata: { resourceVersion: "9" }, items: [{}] }],
    ["items that are no list", { metadata: { resourceVersion: "9" }, items: "all" }],
  ])("%s is a failure, and the list begins anew", (_, answer) => {
    const { state, items, failure } = step(listing, { type: "page", list: answer as never });
    expect(failure).toBeInstanceOf(DecodeError);
    expect({ state, items }).toEqual({ state: relist, items: [] });
  });

  const second: Listing = { ...listing, page: 1, continue: "t" };
  test.each([
    ["410 Gone", error(410, "Expired")],
    ["400, not understood", error(400, "BadRequest")],
  ])("an expired token (%s) leads to a whole list", (_, answer) => {
    expect(step(second, answer)).toMatchObject({
      state: { phase: "empty", next: "whole" },
      failure: expect.any(ApiError),
    });
  });

  test.each([
    ["a broken connection", broken],
    ["403", error(403, "Forbidden")],
    ["404", error(404, "NotFound")],
    ["429", error(429, "TooManyRequests")],
    ["500", error(500, "InternalError")],
  ])("%s leads to the same page again", (_, answer) => {
    expect(step(second, answer)).toMatchObject({ state: second, items: [], failure: expect.any(Error) });
  });
});

describe("StreamingList", () => {
  test("gathers initial events", () => {
    const { state, items } = step(streaming, { type: "events", events: [added(a), modified(b)] });
    expect(items).toEqual([
      { type: "init-apply", object: a },
      { type: "init-apply", object: b },
    ]);
    expect(state).toEqual({ ...streaming, heard: true });
  });

  test("takes back what is deleted meanwhile", () => {
    expect(step(streaming, { type: "events", events: [added(a), deleted(a)] }).items).toEqual([
      { type: "init-apply", object: a },
      { type: "delete", object: a },
    ]);
  });

  test("ends at the marked bookmark, and what follows it are changes", () => {
    const { state, items } = step(streaming, { type: "events", events: [added(a), initialEventsEnd("9"), added(b)] });
    expect(items).toEqual([
      { type: "init-apply", object: a },
      { type: "init-done", resourceVersion: "9" },
      { type: "apply", object: b },
    ]);
    expect(state).toEqual({ ...watchingFrom("2", true), heard: true });
  });

  test.each([400, 405, 406, 415, 422, 501])("refused with %i: pages from now on, without a failure", (code) => {
    expect(step(streaming, error(code, "Invalid"))).toEqual({ state: pagesFromNowOn, items: [] });
  });

  test("a bookmark without the mark shows a server that ignores the request: pages from now on", () => {
    const events = [added(a), bookmark("9"), added(b)];
    const { state, failure } = step(streaming, { type: "events", events });
    expect({ state, failure }).toEqual({ state: pagesFromNowOn, failure: undefined });
  });

  test("so does one without a resourceVersion to go on from", () => {
    const answer: Answer<KubeObject> = { type: "events", events: [added(a), initialEventsEnd("")] };
    expect(step(streaming, answer).state).toEqual(pagesFromNowOn);
  });

  test("so does silence once the answer has begun", () => {
    const silence = { type: "silence", milliseconds: 10_000, opened: true } as const;
    expect(step(streaming, silence)).toEqual({ state: pagesFromNowOn, items: [] });
  });

  test.each<[string, StreamingList, Answer<KubeObject>, Empty]>([
    ["no connection: a streaming list again", streaming, broken, relist],
    ["no headers: a streaming list again", streaming, { type: "silence", milliseconds: 9, opened: false }, relist],
    ["401: a streaming list again", streaming, error(401, "Unauthorized"), relist],
    ["429: a streaming list again", streaming, error(429, "TooManyRequests"), relist],
    ["500: pages this time", streaming, error(500, "InternalError"), pagesThisTime],
    ["cut half-way: pages this time", { ...streaming, heard: true }, broken, pagesThisTime],
    ["ended half-way: pages this time", { ...streaming, heard: true }, { type: "end", lasted: 9000 }, pagesThisTime],
    ["ended with nothing: pages this time", streaming, { type: "end", lasted: 3 }, pagesThisTime],
    [
      "410 as an event: pages this time",
      streaming,
      { type: "events", events: [errorEvent(410, "Expired")] },
      pagesThisTime,
    ],
  ])("%s", (_, state, answer, next) => {
    expect(step(state, answer)).toMatchObject({ state: next, failure: expect.any(Error) });
  });
});

describe("Watching", () => {
  test("events are items, and the last resourceVersion is kept", () => {
    const gone = pod("b", "13");
    const events = [added(pod("a", "11")), modified(pod("a", "12")), deleted(gone), bookmark("20")];
    const { state, items, failure } = step(watching, { type: "events", events });
    expect(items).toEqual([
      { type: "apply", object: pod("a", "11") },
      { type: "apply", object: pod("a", "12") },
      { type: "delete", object: gone },
      { type: "bookmark", resourceVersion: "20" },
    ]);
    expect(state).toEqual({ ...watchingFrom("20", true), heard: true });
    expect(failure).toBeUndefined();
  });

  test("an event without a resourceVersion leaves the one there was", () => {
    const bare = added({ metadata: { name: "a" } });
    expect(step(watching, { type: "events", events: [bare] }).state).toMatchObject({ resourceVersion: "10" });
  });

  test("a normal end is resumed at once, from the last resourceVersion", () => {
    const heard: Watching = { ...watchingFrom("20", true), heard: true };
    expect(step(heard, { type: "end", lasted: 300_000 })).toEqual({ state: watchingFrom("20", true), items: [] });
    expect(step(watching, { type: "end", lasted: 1000 })).toEqual({ state: watching, items: [] });
  });

  test("a watch that ends at once with nothing is resumed after a wait, and the second time listed again", () => {
    const end = { type: "end", lasted: 999 } as const;
    const first = step(watching, end);
    expect(first).toMatchObject({ state: watchingFrom("10", true, 1), failure: expect.any(ConnectionError) });
    const second = step(first.state, end);
    expect(second).toMatchObject({ state: relist, failure: expect.any(ConnectionError) });
  });

  test("an event in between makes it the first time again", () => {
    const heard = step(watchingFrom("10", true, 1), { type: "events", events: [bookmark("11")] }).state;
    const ended = step(heard, { type: "end", lasted: 5 });
    expect(ended).toMatchObject({ state: watchingFrom("11", true, 0), failure: expect.any(ConnectionError) });
  });

  test.each([
    ["410 on the start", error(410, "Gone")],
    ["410 Expired on the start", error(410, "Expired")],
    ["410 as an event", { type: "events", events: [errorEvent(410, "Expired")] }],
    ["Expired as an event, by its reason", { type: "events", events: [errorEvent(500, "Expired")] }],
    ["a resourceVersion that is not understood", error(400, "BadRequest")],
    ["an invalid one", error(422, "Invalid")],
    ["too large, in words", error(504, "Too large resource version: 12, current: 5")],
    [
      "too large, by its cause",
      {
        type: "error",
        error: new ApiError(
          { reason: "Timeout", details: { causes: [{ reason: "ResourceVersionTooLarge" }] } },
          { code: 504 },
        ),
      },
    ],
  ] as [string, Answer<KubeObject>][])("%s: lists again", (_, answer) => {
    expect(step(watching, answer)).toMatchObject({ state: relist, failure: expect.any(ApiError) });
  });

  test.each([
    ["a broken connection", broken],
    ["silence", { type: "silence", milliseconds: 305_000, opened: true }],
    ["no headers", { type: "silence", milliseconds: 305_000, opened: false }],
    ["401", error(401, "Unauthorized")],
    ["403", error(403, "Forbidden")],
    ["429", error(429, "TooManyRequests")],
    ["429 as an event", { type: "events", events: [errorEvent(429, "TooManyRequests")] }],
    ["500", error(500, "InternalError")],
    ["504", error(504, "Timeout")],
  ] as [string, Answer<KubeObject>][])("%s: resumes, however often, and lists nothing", (_, answer) => {
    let result = step<KubeObject>(watching, answer);
    for (let time = 0; time < 5; time++) result = step(result.state, answer);
    expect(result).toMatchObject({ state: watching, items: [], failure: expect.any(Error) });
  });

  test.each([
    ["an ERROR event", { type: "events", events: [errorEvent(500, "InternalError")] }],
    ["an unknown event", { type: "events", events: [{ type: "NEWS", object: a }] }],
    ["an event without an object", { type: "events", events: [{ type: "ADDED" }] }],
    ["an event that is null", { type: "events", events: [null] }],
    ["a line that is not JSON", { type: "error", error: new DecodeError("not JSON") }],
  ] as [string, Answer<KubeObject>][])(
    "%s: resumes, and lists again when it comes again with nothing before",
    (_, answer) => {
      const first = step(watching, answer);
      expect(first).toMatchObject({ state: watchingFrom("10", true, 1), failure: expect.any(Error) });
      expect(step(first.state, answer)).toMatchObject({ state: relist, failure: expect.any(Error) });
    },
  );

  test("events before an ERROR count, those after it do not", () => {
    const events = [added(pod("a", "11")), errorEvent(500, "InternalError", "etcd went away"), added(pod("b", "12"))];
    const { state, items, failure } = step(watching, { type: "events", events });
    expect(items).toEqual([{ type: "apply", object: pod("a", "11") }]);
    expect(state).toEqual(watchingFrom("11", true));
    expect(failure?.message).toBe("etcd went away");
  });
});
