import { Readable } from "node:stream";
import { ConnectionError } from "../client/errors.ts";
import type { RequestOptions, StreamedResponse, Transport } from "../client/transport.ts";
import type { KubeObject, WatchEvent } from "../resource/object.ts";
import type { ApiRequest } from "../resource/request.ts";
import type { Clock } from "./clock.ts";
import { apiError, bookmark, errorEvent, initialEventsEnd, list, pod } from "./fakes.test.helper.ts";

interface Recorded {
  revision: number;
  event: WatchEvent<KubeObject>;
}

interface Token {
  revision: number;
  items: KubeObject[];
}

export type StreamingLists = "supported" | "refused" | "ignored";
/** How the server says that a resourceVersion is too old. */
export type Expiry = "status" | "event" | "bare close";

/** Milliseconds from a request to its answer, in which the world goes on. */
const LATENCY = 50;

/** The least that an API server is: objects, their history, lists of a moment and watches from one on. */
export class ModelServer implements Transport {
  readonly objects = new Map<string, KubeObject>();
  /** Uids of objects that have been and are no more. */
  readonly gone = new Set<string>();
  readonly #clock: Clock;
  readonly #streamingLists: StreamingLists;
  readonly #expiry: Expiry;
  #revision = 100;
  #uids = 0;
  #history: Recorded[] = [];
  #compacted = 100;
  #tokens = new Map<string, Token>();
  #watches = new Set<Readable>();
  readonly #born = new WeakMap<Readable, number>();
  /** Those of them whose initial events are not over. */
  #initial = new Set<Readable>();
  /** Failures of the requests to come. */
  #failures: Error[] = [];
  #instantEnds = 0;

  constructor(clock: Clock, streamingLists: StreamingLists, expiry: Expiry) {
    this.#clock = clock;
    this.#streamingLists = streamingLists;
    this.#expiry = expiry;
  }

  // ---- What happens in the cluster

  put(name: string): void {
    const old = this.objects.get(name);
    const object = pod(name, String(++this.#revision), old?.metadata.uid ?? `uid-${++this.#uids}`);
    this.objects.set(name, object);
    this.#record({ type: old === undefined ? "ADDED" : "MODIFIED", object });
  }

  delete(name: string): void {
    const old = this.objects.get(name);
    if (old === undefined) return;
    this.objects.delete(name);
    this.gone.add(String(old.metadata.uid));
    this.#record({ type: "DELETED", object: pod(name, String(++this.#revision), old.metadata.uid) });
  }

  replace(name: string): void {
    this.delete(name);
    this.put(name);
  }

  // ---- What goes wrong

  compact(): void {
    this.#history = [];
    this.#compacted = this.#revision;
    this.#tokens.clear();
  }
  /** What a watch falls behind of, and cannot be told any more. */
  outrun(name: string): void {
    this.cutWatches();
    this.replace(name);
    this.compact();
  }
  bookmark(): void {
    for (const body of this.#watches) if (!this.#initial.has(body)) send(body, bookmark(String(this.#revision)));
  }
  endWatches(): void {
    this.#leaveAll((body) => body.push(null));
  }
  /** Only those that have been open for a second. */
  endLongWatches(): void {
    for (const body of this.#watches) if (this.#clock.now() - (this.#born.get(body) ?? 0) >= 1000) body.push(null);
  }
  cutWatches(): void {
    this.#leaveAll((body) => body.destroy(new Error("socket hang up")));
  }
  endWatchesMidLine(): void {
    this.#toAll('{"type":"MODIFIED","object":{"meta');
    this.endWatches();
  }
  garbage(): void {
    this.#toAll("<html>502 Bad Gateway</html>\n");
  }
  expireWatches(): void {
    this.#toAll(`${JSON.stringify(errorEvent(410, "Expired"))}\n`);
    this.endWatches();
  }
  breakWatches(): void {
    this.#toAll(`${JSON.stringify(errorEvent(500, "InternalError"))}\n`);
    this.endWatches();
  }
  /** The connections stay open, but nothing comes of them any more. */
  forgetWatches(): void {
    this.#leaveAll(() => {});
  }
  endAtOnce(times: number): void {
    this.#instantEnds += times;
  }
  fail(kind: "refused" | "500" | "403" | "429", times: number): void {
    for (let time = 0; time < times; time++) this.#failures.push(failure(kind));
  }
  heal(): void {
    this.#failures = [];
    this.#instantEnds = 0;
  }

  // ---- The API

  request<T>(request: ApiRequest, options: RequestOptions = {}): Promise<T> {
    return this.#answer(request, options, (query) => this.#list(query) as T);
  }
  requestText(): Promise<string> {
    return Promise.reject(new Error("a watcher reads no text"));
  }
  stream(request: ApiRequest, options: RequestOptions = {}): Promise<StreamedResponse> {
    return this.#answer(request, options, (query) => ({ status: 200, headers: {}, body: this.#watch(query) }));
  }

  #answer<T>(request: ApiRequest, { signal }: RequestOptions, make: (query: URLSearchParams) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => {
        try {
          const failure = this.#failures.shift();
          if (failure !== undefined) throw failure;
          resolve(make(new URL(request.path, "http://test").searchParams));
        } catch (error) {
          reject(error);
        }
      }, LATENCY);
      signal?.addEventListener("abort", () => {
        this.#clock.clearTimeout(timer);
        reject(signal.reason);
      });
    });
  }

  #list(query: URLSearchParams) {
    const token = query.get("continue");
    const { revision, items } = token === null ? this.#snapshot() : this.#resume(token);
    const limit = Number(query.get("limit") ?? items.length);
    if (items.length <= limit) return list(String(revision), items);
    const next = `${revision}-${items.length}-${this.#tokens.size}`;
    this.#tokens.set(next, { revision, items: items.slice(limit) });
    return list(String(revision), items.slice(0, limit), next);
  }

  #resume(token: string): Token {
    const known = this.#tokens.get(token);
    if (known === undefined) throw apiError(410, "Expired");
    return known;
  }

  #snapshot(): Token {
    return { revision: this.#revision, items: [...this.objects.values()] };
  }

  #watch(query: URLSearchParams): Readable {
    const from = query.get("resourceVersion");
    const streaming = query.get("sendInitialEvents") !== null;
    if (streaming && this.#streamingLists === "refused") throw apiError(422, "Invalid");
    const body = new Readable({ read() {} });
    if (this.#instantEnds > 0) {
      this.#instantEnds--;
      body.push(null);
      return body;
    }
    if (from === null) {
      send(body, ...[...this.objects.values()].map((object) => ({ type: "ADDED" as const, object })));
      this.#endInitial(body);
    } else if (Number(from) < this.#compacted) {
      if (this.#expiry === "status") throw apiError(410, "Expired");
      if (this.#expiry === "event") send(body, errorEvent(410, "Expired"));
      body.push(null);
      return body;
    } else {
      send(body, ...this.#history.filter(({ revision }) => revision > Number(from)).map(({ event }) => event));
    }
    this.#watches.add(body);
    this.#born.set(body, this.#clock.now());
    this.#later(body, Number(query.get("timeoutSeconds")) * 1000, () => body.push(null));
    return body;
  }

  /** The initial events take a while, in which others happen. */
  #endInitial(body: Readable): void {
    if (this.#streamingLists !== "supported") return;
    this.#initial.add(body);
    this.#later(body, LATENCY, () => {
      this.#initial.delete(body);
      send(body, initialEventsEnd(String(this.#revision)));
    });
  }

  /** Unless the connection is gone by then, or forgotten. */
  #later(body: Readable, milliseconds: number, act: () => void): void {
    const timer = this.#clock.setTimeout(() => {
      if (this.#watches.has(body)) act();
    }, milliseconds);
    body.once("close", () => {
      this.#watches.delete(body);
      this.#clock.clearTimeout(timer);
    });
  }

  #record(event: WatchEvent<KubeObject>): void {
    this.#history.push({ revision: this.#revision, event });
    for (const body of this.#watches) send(body, event);
  }

  #toAll(text: string): void {
    for (const body of this.#watches) body.push(Buffer.from(text));
  }

  #leaveAll(leave: (body: Readable) => void): void {
    for (const body of this.#watches) leave(body);
    this.#watches.clear();
  }
}

function send(body: Readable, ...events: WatchEvent<KubeObject>[]): void {
  if (events.length > 0) body.push(Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join("")));
}

function failure(kind: "refused" | "500" | "403" | "429"): Error {
  if (kind === "refused") return new ConnectionError("connect ECONNREFUSED");
  return apiError(Number(kind), kind, kind === "429" ? 3 : undefined);
}
