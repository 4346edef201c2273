import { hostname } from "node:os";
import { Api } from "../api/api.ts";
import { ApiError } from "../client/errors.ts";
import { TokenBucket } from "../client/token-bucket.ts";
import type { RequestOptions, Transport } from "../client/transport.ts";
import type { KubeObject } from "../resource/object.ts";
import type { Resource } from "../resource/resource.ts";
import type { ObjectReference } from "../types/core/v1.ts";
import type { Event } from "../types/events/v1.ts";
import { type Clock, systemClock } from "../watch/clock.ts";
import { microTime } from "./micro-time.ts";

const events: Resource = { group: "events.k8s.io", version: "v1", kind: "Event", plural: "events", namespaced: true };

/** Milliseconds without a repetition that end a series, as in client-go. */
const SERIES_END = 360_000;
// client-go's spam filter: 25 events about an object at once, and one every five minutes.
const SPAM = { burst: 25, interval: 300_000 };
/** Objects whose events are counted; more are forgotten, the longest unheard of first. */
const MOST_SOURCES = 4096;
/** Bytes that the API takes. */
const LONGEST_NOTE = 1024;

/** What has happened to an object. */
export interface NewEvent {
  /** `Warning` for what somebody should look at. */
  readonly type: "Normal" | "Warning";
  /** Why, in one word, such as `FailedMount`; at most 128 characters. */
  readonly reason: string;
  /** What was done or tried, such as `Mounting`; at most 128 characters. */
  readonly action: string;
  /** For people; what is longer than 1024 bytes is cut off. */
  readonly note?: string | undefined;
  /** Another object that has to do with it. */
  readonly related?: KubeObject | undefined;
}

/** In whose name Events are published. */
export interface RecorderOptions {
  /** Whom to tell. */
  readonly client: Transport;
  /** Who reports, such as `my-controller`. */
  readonly controller: string;
  /** Which of them, at most 128 characters; default the host's name, which is the Pod's. */
  readonly instance?: string | undefined;
  /** For tests; default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Milliseconds since the epoch for the events' times; default Date.now. */
  readonly wallClock?: (() => number) | undefined;
}

/** Events that are the same but for their time. */
interface Series {
  /** As the server has it; undefined while it has none. */
  name: string | undefined;
  count: number;
  lastAt: number;
  /** Ends with the last request. */
  tail: Promise<unknown>;
}

/**
 * Publishes Events about objects, which `kubectl describe` shows. The same event
 * within six minutes is told as a repetition of the one there is (`series`). About
 * one object there are 25 at once and then one every five minutes; those between
 * are dropped, though counted where they repeat one.
 *
 * Needs the rights `create` and `patch` on `events` of `events.k8s.io`, in the
 * object's namespace or, for one without, in `default`. Where `patch` is refused a
 * repetition is another event.
 *
 * ```ts
 * const recorder = new Recorder({ client, controller: "my-controller" });
 * const pod = await pods.get("blog");
 * const event = { type: "Warning", reason: "Unreachable", action: "Probing", note: "no answer" } as const;
 * console.log(await recorder.publish(event, pod)); // created
 * console.log(await recorder.publish(event, pod)); // repeated
 * ```
 */
export class Recorder {
  readonly #client: Transport;
  readonly #controller: string;
  readonly #instance: string;
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  /** The one that was repeated last is the last. */
  readonly #series = new Map<string, Series>();
  /** By the object, likewise. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor({
    client,
    controller,
    instance = hostname(),
    clock = systemClock,
    wallClock = Date.now,
  }: RecorderOptions) {
    this.#client = client;
    this.#controller = controller;
    this.#instance = instance;
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /**
   * @param object has an `apiVersion` and a `kind`.
   * @returns what became of it.
   * @throws as `Api.create` does.
   */
  async publish(
    event: NewEvent,
    object: KubeObject,
    options?: RequestOptions,
  ): Promise<"created" | "repeated" | "dropped"> {
    const told: ToldEvent = {
      type: event.type,
      reason: event.reason,
      action: event.action,
      ...(event.note === undefined ? {} : { note: cut(event.note) }),
      regarding: referenceTo(object),
      ...(event.related === undefined ? {} : { related: referenceTo(event.related) }),
    };
    const series = this.#seriesOf(JSON.stringify(told));
    series.count++;
    if (!this.#bucketOf(told.regarding).take()) return "dropped";
    // One after the other, so that the first creates what the others repeat.
    const published = series.tail.then(() => this.#send(told, series, options));
    series.tail = published.catch(() => {});
    return published;
  }

  async #send(told: ToldEvent, series: Series, options?: RequestOptions): Promise<"created" | "repeated"> {
    const api = Api.of<Event>(this.#client, events).within(told.regarding.namespace ?? "default");
    const time = microTime(this.#wallClock());
    if (series.name !== undefined) {
      try {
        const repeated = { series: { count: series.count, lastObservedTime: time } };
        await api.patch(series.name, repeated, {}, options);
        return "repeated";
      } catch (error) {
        if (!(error instanceof ApiError && (error.isForbidden || error.isNotFound))) throw error;
        series.name = undefined;
        series.count = 1;
      }
    }
    const created = await api.create(
      {
        metadata: { generateName: `${prefixOf(told.regarding)}-` },
        ...told,
        eventTime: time,
        reportingController: this.#controller,
        reportingInstance: this.#instance,
        ...(series.count > 1 ? { series: { count: series.count, lastObservedTime: time } } : {}),
      },
      {},
      options,
    );
    series.name = created.metadata.name;
    return "created";
  }

  #seriesOf(key: string): Series {
    const now = this.#clock.now();
    for (const [old, { lastAt }] of this.#series) {
      if (now - lastAt < SERIES_END) break;
      this.#series.delete(old);
    }
    const series = this.#series.get(key) ?? { name: undefined, count: 0, lastAt: now, tail: Promise.resolve() };
    series.lastAt = now;
    moveToEnd(this.#series, key, series);
    return series;
  }

  #bucketOf({ kind, namespace, name, uid }: ObjectReference): TokenBucket {
    const key = JSON.stringify([kind, namespace, name, uid]);
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#clock, SPAM);
    moveToEnd(this.#buckets, key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_SOURCES && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}

type ToldEvent = Pick<Event, "type" | "reason" | "action" | "note" | "related"> & { regarding: ObjectReference };

function referenceTo({ apiVersion, kind, metadata }: KubeObject): ObjectReference {
  const { name, namespace, uid } = metadata;
  if (!apiVersion || !kind || !name)
    throw new TypeError("an event is about an object with an apiVersion, a kind and a name");
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
  };
}

/** Objects of some kinds, such as Roles, have names that an Event may not have. */
function prefixOf({ name = "" }: ObjectReference): string {
  return /^[a-z0-9]([-.]?[a-z0-9])*$/.test(name) ? name : "event";
}

function moveToEnd<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
}

/** At the end of a character, and with a sign that there was more. */
function cut(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= LONGEST_NOTE) return note;
  let end = LONGEST_NOTE - 3;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString("utf8", 0, end)}…`;
}
