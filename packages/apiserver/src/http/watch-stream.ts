import type { ServerResponse } from "node:http";
import type { ServedResource } from "../api/resources.ts";
import { expired, type StatusError } from "../api/status-error.ts";
import type { Selection } from "../selectors/selection.ts";
import type { Collection } from "../store/collection.ts";
import type { Cursor } from "../store/cursor.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { type StoreEvent, watchFrame } from "../store/store-event.ts";
import type { StoredObject } from "../store/stored-object.ts";
import type { WatchOptions } from "./query.ts";
import { type Representation, representation } from "./representation.ts";

export interface Watched {
  readonly store: ObjectStore;
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  /** Milliseconds. */
  readonly bookmarkInterval: number;
}

/**
 * One watch. It takes events from the history as fast as its client reads them
 * and holds none itself: a client that is too slow for the history is cut off.
 */
export class WatchStream {
  readonly #response: ServerResponse;
  readonly #watched: Watched;
  readonly #options: WatchOptions;
  readonly #collection: Collection;
  readonly #prefix: string;
  readonly #form: Representation;
  #cursor: Cursor | undefined;
  #initial: StoredObject[] = [];
  #initialSent = 0;
  #initialEnd: Buffer | undefined;
  #blocked = false;
  #closed = false;
  #bytesUntilCut = Number.POSITIVE_INFINITY;

  constructor(response: ServerResponse, watched: Watched, options: WatchOptions) {
    this.#response = response;
    this.#watched = watched;
    this.#options = options;
    this.#collection = watched.store.collection(watched.resource);
    this.#form = representation(response.req, watched.resource, "PartialObjectMetadata");
    this.#prefix = watched.namespace === undefined ? "" : `${watched.namespace}/`;
  }

  /** Answers with 200 whatever comes: once a watch is accepted, even a 410 is an event of it. */
  start(): void {
    this.#response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-cache, private" });
    this.#response.flushHeaders();
    const { resourceVersion, initialEvents, allowBookmarks } = this.#options;
    const current = this.#watched.store.revision;
    if (initialEvents) {
      this.#initial = this.#matching();
      if (allowBookmarks) this.#initialEnd = this.#bookmark(current, { "k8s.io/initial-events-end": "true" });
    }
    const from = initialEvents || resourceVersion === 0 ? current : resourceVersion;
    this.#cursor = this.#collection.cursor(from);
    if (this.#cursor === undefined) {
      this.#fail(expired(`too old resource version: ${from} (${this.#collection.history.compacted})`));
      return;
    }
    const unsubscribe = this.#collection.onChange(() => this.#wake());
    const bookmarks = allowBookmarks
      ? setInterval(() => this.#sendBookmark(), this.#watched.bookmarkInterval)
      : undefined;
    // Where the client sets no limit, half an hour to an hour, so that watches do not all end at once.
    const seconds = this.#options.timeoutSeconds ?? 1800 * (1 + Math.random());
    const timeout = setTimeout(() => this.#finish(), Math.min(seconds * 1000, 2 ** 31 - 1));
    this.#response.on("drain", () => {
      this.#blocked = false;
      this.#pump();
    });
    this.#response.once("close", () => {
      this.#closed = true;
      unsubscribe();
      clearInterval(bookmarks);
      clearTimeout(timeout);
    });
    this.#pump();
  }

  /** Cuts the connection once this many more bytes of events are sent, wherever in an event that is. */
  cutAfter(bytes: number | undefined): void {
    this.#bytesUntilCut = bytes ?? Number.POSITIVE_INFINITY;
  }

  #matching(): StoredObject[] {
    const { keys, get } = this.#collection.current();
    const found: StoredObject[] = [];
    for (const key of keys) {
      const stored = key.startsWith(this.#prefix) ? get(key) : undefined;
      if (stored !== undefined && this.#options.selection.matches(stored.object)) found.push(stored);
    }
    return found;
  }

  #wake(): void {
    if (this.#blocked && this.#cursor?.lost) this.#response.destroy();
    else this.#pump();
  }

  #pump(): void {
    while (!this.#blocked && !this.#closed) {
      const frame = this.#nextFrame();
      if (frame === undefined) break;
      this.#write(frame);
    }
    if (this.#cursor?.lost) this.#response.destroy();
  }

  #nextFrame(): Buffer | undefined {
    const { head, shown } = this.#form;
    const stored = this.#initial[this.#initialSent];
    if (stored !== undefined) {
      this.#initialSent++;
      return watchFrame("ADDED", shown(stored), head);
    }
    this.#initial = [];
    if (this.#initialEnd !== undefined) {
      const bookmark = this.#initialEnd;
      this.#initialEnd = undefined;
      return bookmark;
    }
    while (true) {
      const event = this.#cursor?.next();
      if (event === undefined) return undefined;
      if (!event.object.key.startsWith(this.#prefix)) continue;
      const frame = frameFor(event, this.#options.selection, this.#form);
      if (frame !== undefined) return frame;
    }
  }

  #write(frame: Buffer): void {
    if (frame.length > this.#bytesUntilCut) {
      this.#closed = true;
      this.#response.write(frame.subarray(0, this.#bytesUntilCut), () => this.#response.destroy());
      return;
    }
    this.#bytesUntilCut -= frame.length;
    if (!this.#response.write(frame)) this.#blocked = true;
  }

  /** Tells the client how far it is, where it has been told of everything up to there. */
  #sendBookmark(): void {
    const { revision } = this.#watched.store;
    const caughtUp = !this.#blocked && !this.#closed && this.#initial.length === 0;
    if (caughtUp && revision >= this.#options.resourceVersion) this.#write(this.#bookmark(revision));
  }

  #bookmark(revision: number, annotations?: Record<string, string>): Buffer {
    const metadata = { resourceVersion: String(revision), ...(annotations !== undefined && { annotations }) };
    return Buffer.from(`{"type":"BOOKMARK","object":${this.#form.head}"metadata":${JSON.stringify(metadata)}}}\n`);
  }

  #finish(): void {
    if (this.#options.allowBookmarks) this.#sendBookmark();
    this.#closed = true;
    this.#response.end();
  }

  #fail(error: StatusError): void {
    this.#closed = true;
    this.#response.end(`${JSON.stringify({ type: "ERROR", object: error.status })}\n`);
  }
}

/** What a watcher of the selection sees of an event: an object may come into the selection and leave it. */
function frameFor(event: StoreEvent, selection: Selection, { head, shown, row }: Representation): Buffer | undefined {
  const frame = (type: StoreEvent["type"], object: StoredObject) =>
    // What one prints of an object is not what the next does, nor the same a minute later.
    row === undefined ? event.frame(type, shown(object), head) : watchFrame(type, shown(object), head);
  if (selection.everything) return frame(event.type, event.object);
  const now = event.type !== "DELETED" && selection.matches(event.object.object);
  const before = event.previous !== undefined && selection.matches(event.previous.object);
  if (now) return frame(before ? "MODIFIED" : "ADDED", event.object);
  if (!before) return undefined;
  return frame("DELETED", event.type === "DELETED" ? event.object : event.departed);
}
