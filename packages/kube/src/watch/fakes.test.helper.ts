import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect } from "vitest";
import { ApiError } from "../client/errors.ts";
import type { RequestOptions, StreamedResponse, Transport } from "../client/transport.ts";
import type { KubeObject, ObjectList, WatchEvent } from "../resource/object.ts";
import type { ApiRequest } from "../resource/request.ts";
import type { Resource } from "../resource/resource.ts";
import type { Clock } from "./clock.ts";

export const pods: Resource = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true };

export function pod(name: string, resourceVersion: string, uid = `uid-of-${name}`): KubeObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "shop", uid, resourceVersion } };
}

export function list(resourceVersion: string, items: KubeObject[], token?: string): ObjectList<KubeObject> {
  return { metadata: { resourceVersion, ...(token === undefined ? {} : { continue: token }) }, items };
}

export function added(object: KubeObject): WatchEvent<KubeObject> {
  return { type: "ADDED", object };
}
export function modified(object: KubeObject): WatchEvent<KubeObject> {
  return { type: "MODIFIED", object };
}
export function deleted(object: KubeObject): WatchEvent<KubeObject> {
  return { type: "DELETED", object };
}
export function bookmark(resourceVersion: string): WatchEvent<KubeObject> {
  return { type: "BOOKMARK", object: { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion } } };
}
export function initialEventsEnd(resourceVersion: string): WatchEvent<KubeObject> {
  const annotations = { "k8s.io/initial-events-end": "true" };
  return { type: "BOOKMARK", object: { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion, annotations } } };
}
export function errorEvent(code: number, reason: string, message = reason): WatchEvent<KubeObject> {
  return { type: "ERROR", object: { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message } };
}

export function apiError(code: number, reason: string, retryAfterSeconds?: number): ApiError {
  return new ApiError({ code, reason, message: reason }, { code, retryAfterSeconds });
}

/** Of the test that runs. */
export let clock: FakeClock;
export let server: FakeTransport;
/** Aborts when the test is over. */
export let stop: AbortController;

/** Gives each test of a file a clock, a server and a signal of its own. */
export function fakesForEachTest(): void {
  beforeEach(() => {
    clock = new FakeClock();
    server = new FakeTransport();
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await settled();
    expect(clock.pending, "timers left behind").toBe(0);
  });
}

/** Waits until all that is going on by itself has gone on; there is no IO in these tests. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}

/** Stands still unless it is told to go on. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  readonly #timers = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }
  setTimeout(callback: () => void, milliseconds: number): unknown {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return timer;
  }
  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as { at: number; callback: () => void });
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Lets what is going on come to rest, then passes the time, and again. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (;;) {
      await settled();
      const [first] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (first === undefined || first.at > until) break;
      this.#timers.delete(first);
      this.#now = first.at;
      first.callback();
    }
    this.#now = until;
  }
}

/** The body of a watch, which the test writes. */
export class FakeStream {
  /** Chunks that the reader has asked for. */
  pulled = 0;
  readonly body: Readable;

  constructor() {
    this.body = new Readable({
      read: () => {
        this.pulled++;
      },
    });
  }

  send(...events: WatchEvent<KubeObject>[]): this {
    return this.sendText(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  }
  sendText(text: string): this {
    this.body.push(Buffer.from(text));
    return this;
  }
  /** As the server does when the watch's time is up. */
  end(): void {
    this.body.push(null);
  }
  /** As a broken connection does. */
  cut(): void {
    this.body.destroy(new Error("socket hang up"));
  }
}

/** A request that the watcher has made and the test answers. */
export class Call {
  readonly method: string;
  readonly path: string;
  /** What was sent as JSON. */
  readonly body: unknown;
  readonly query: Record<string, string>;
  readonly options: RequestOptions;
  readonly #resolve: (answer: unknown) => void;
  readonly #reject: (error: Error) => void;

  constructor(
    request: ApiRequest,
    options: RequestOptions,
    resolve: (answer: unknown) => void,
    reject: (error: Error) => void,
  ) {
    const url = new URL(request.path, "http://test");
    this.method = request.method;
    this.body = request.body === undefined ? undefined : JSON.parse(String(request.body));
    this.path = url.pathname;
    this.query = Object.fromEntries(url.searchParams);
    this.options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
  }

  answer(answer: ObjectList<KubeObject> | KubeObject): void {
    this.#resolve(answer);
  }
  fail(error: Error): void {
    this.#reject(error);
  }
  open(): FakeStream {
    const stream = new FakeStream();
    this.stream(stream.body);
    return stream;
  }
  stream(body: Readable): void {
    this.#resolve({ status: 200, headers: {}, body } satisfies StreamedResponse);
  }
}

/** The test is the server: it takes the calls one by one. */
export class FakeTransport implements Transport {
  readonly #calls: Call[] = [];

  request<T>(request: ApiRequest, options: RequestOptions = {}): Promise<T> {
    return this.#called(request, options);
  }
  requestText(request: ApiRequest, options: RequestOptions = {}): Promise<string> {
    return this.#called(request, options);
  }
  stream(request: ApiRequest, options: RequestOptions = {}): Promise<StreamedResponse> {
    return this.#called(request, options);
  }

  /** Calls made and not yet taken. */
  get waiting(): number {
    return this.#calls.length;
  }

  /** The next call; fails where none was made once all is at rest. */
  async call(): Promise<Call> {
    if (this.#calls.length === 0) await settled();
    const call = this.#calls.shift();
    if (call === undefined) throw new Error("the watcher has made no request");
    return call;
  }

  #called<T>(request: ApiRequest, options: RequestOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#calls.push(new Call(request, options, resolve as (answer: unknown) => void, reject));
    });
  }
}
