import { type Channel, channel, tracingChannel } from "node:diagnostics_channel";
import type { ApiRequest } from "../resource/request.ts";
import { type RequestInfo, requestInfo } from "../resource/request-info.ts";
import type { Resource } from "../resource/resource.ts";
import { ApiError, ConnectionError } from "./errors.ts";

/**
 * What a failure was, without its words: those of the API may quote what was
 * sent, and those of a reconcile are its author's.
 */
export interface Failure {
  /** The error's class, such as `ApiError`. */
  readonly name: string;
  /** The HTTP status, where the API answered. */
  readonly code?: number | undefined;
  /** Such as `NotFound`, or `ECONNREFUSED` where no answer came. */
  readonly reason?: string | undefined;
}

/** A request of a `Client`, all its tries together. */
export interface RequestMessage extends RequestInfo {
  /** The HTTP method; `verb` is RBAC's word. */
  readonly method: ApiRequest["method"];
  /** Scheme, host and port. */
  readonly server: string;
  /** Empty. What a subscriber puts in at the start is sent along, such as `traceparent`. */
  readonly headers: Record<string, string>;
  /** HTTP status of the last answer; undefined while there is none. */
  status: number | undefined;
  /** Tries after the first. */
  retries: number;
  /** Milliseconds, at the end: until the answer was there whole or, for a stream such as a watch, its headers. */
  duration: number | undefined;
  /** At the end, where it failed. */
  error: Failure | undefined;
}

/** A try has failed, and there will be another. */
export interface RetryMessage {
  /** The one that is tried again. */
  readonly request: RequestMessage;
  /** That have failed, this one included. */
  readonly tries: number;
  /** Milliseconds until the next. */
  readonly delay: number;
  /** Why the try failed. */
  readonly error: Failure;
}

/** A request has waited for its turn. */
export interface WaitMessage {
  /** The one that waited. */
  readonly request: RequestMessage;
  /** For the `rateLimit` of the client, or because as many run as may at a time. */
  readonly reason: "rate" | "parallel";
  /** Milliseconds. */
  readonly duration: number;
}

/** Of a connection that is opened while somebody listens; not through a SOCKS proxy. */
export interface ConnectionMessage {
  /** Each `opened` is followed by one `closed`. */
  readonly type: "opened" | "closed";
  /** Scheme, host and port. */
  readonly server: string;
}

/** What happened to a watch that heals itself: that of a `watcher`, an Informer, a Reflector or a Controller. */
export interface WatchMessage {
  /** What is watched. */
  readonly resource: Pick<Resource, "group" | "version" | "plural">;
  /** Undefined for all. */
  readonly namespace: string | undefined;
  /**
   * `listed`: a list is whole. `opened` and `resumed`: a watch is asked for, the first
   * after a list or one from where the last ended. `ended`: by the server, as it does
   * every few minutes. `error`: it goes on after `retryIn`.
   */
  readonly type: "listed" | "opened" | "resumed" | "ended" | "error";
  /** With `error`. */
  readonly error?: Failure;
  /** With `error`: milliseconds until the next try. */
  readonly retryIn?: number;
}

/** One call of a Controller's reconcile function. */
export interface ReconcileMessage {
  /** Of the controller's objects, such as `documents.kube.rs`. */
  readonly controller: string;
  /** Of the object; undefined where its kind has none. */
  readonly namespace: string | undefined;
  /** Of the object. */
  readonly name: string;
  /** Milliseconds, at the end. */
  duration: number | undefined;
  /** At the end: milliseconds after which it wants to be called again. */
  requeueAfter: number | undefined;
  /** At the end, where it threw. */
  error: Failure | undefined;
}

/** A `LeaderElector` of this process leads, or does not any more. */
export interface LeaderMessage {
  /** `lost`: not renewed in time, or taken by another. `released`: left to the next one at the end. */
  readonly type: "acquired" | "lost" | "released";
  /** Of the Lease. */
  readonly namespace: string;
  /** Of the Lease. */
  readonly name: string;
  /** This candidate's own. */
  readonly identity: string;
}

/** The depth of a Controller's queue has changed. */
export interface QueueMessage {
  /** The controller, such as `documents.kube.rs`. */
  readonly queue: string;
  /** Keys that wait to be taken. */
  readonly depth: number;
}

/** A channel of `node:diagnostics_channel` whose messages are known by type. */
export interface MessageChannel<M> {
  /** Whether anybody listens; ask before making a message that costs. */
  readonly hasSubscribers: boolean;
  /** Tells all listeners, at once and in order. */
  publish(message: M): void;
  /** The listener must not throw, and not change the message. */
  subscribe(listener: (message: M) => void): void;
  /** Whether it was subscribed. */
  unsubscribe(listener: (message: M) => void): boolean;
}

/** A TracingChannel of `node:diagnostics_channel` whose messages are known by type: one object for one operation. */
export interface OperationChannel<M extends object> {
  /** Whether anybody listens, to any of the five. */
  readonly hasSubscribers: boolean;
  /** Before it begins. What is bound to it by `bindStore` holds throughout. */
  readonly start: MessageChannel<M> & Pick<Channel<unknown, M>, "bindStore" | "unbindStore" | "runStores">;
  /** The function has returned its promise. */
  readonly end: MessageChannel<M>;
  /** The promise is settled; `asyncEnd` follows at once. */
  readonly asyncStart: MessageChannel<M>;
  /** It is over, well or not. */
  readonly asyncEnd: MessageChannel<M>;
  /** It has failed; `asyncEnd` follows. */
  readonly error: MessageChannel<M>;
  /** To several of the five; each listener as `MessageChannel.subscribe` says. */
  subscribe(listeners: OperationListeners<M>): void;
  /** Takes the same functions; whether all were subscribed. */
  unsubscribe(listeners: OperationListeners<M>): boolean;
}

/** Listeners by the channel that they listen to. */
export type OperationListeners<M> = {
  readonly [E in "start" | "end" | "asyncStart" | "asyncEnd" | "error"]?: (message: M) => void;
};

const channelOf = <M>(name: string): MessageChannel<M> => channel(name) as unknown as MessageChannel<M>;
const operationOf = <M extends object>(name: string): OperationChannel<M> =>
  tracingChannel<unknown, M>(name) as unknown as OperationChannel<M>;

/**
 * What the library tells of itself, for metrics and traces, as channels of
 * `node:diagnostics_channel`. The names and the shapes of the messages are stable:
 * fields may come, none goes. Where nobody listens nothing is computed. There is
 * never a credential, a body or a query in a message.
 *
 * `request` and `reconcile` are tracing channels: `start`, and `asyncEnd` with the
 * same object, now with its outcome; before that `error` where it failed. An
 * AsyncLocalStorage that is bound to `start` holds throughout.
 *
 * ```ts
 * diagnostics.retry.subscribe(({ request, delay }) => console.error(request.path, delay));
 * diagnostics.request.asyncEnd.subscribe((message) => console.error(message));
 * ```
 */
export const diagnostics = {
  /** `tracing:kubecast:request:*` */
  request: operationOf<RequestMessage>("kubecast:request"),
  /** `kubecast:retry` */
  retry: channelOf<RetryMessage>("kubecast:retry"),
  /** `kubecast:wait` */
  wait: channelOf<WaitMessage>("kubecast:wait"),
  /** `kubecast:connection` */
  connection: channelOf<ConnectionMessage>("kubecast:connection"),
  /** `kubecast:watch` */
  watch: channelOf<WatchMessage>("kubecast:watch"),
  /** `tracing:kubecast:reconcile:*` */
  reconcile: operationOf<ReconcileMessage>("kubecast:reconcile"),
  /** `kubecast:leader` */
  leader: channelOf<LeaderMessage>("kubecast:leader"),
  /** `kubecast:queue` */
  queue: channelOf<QueueMessage>("kubecast:queue"),
};

/** Runs a request, and tells of it if anybody listens. */
export function traceRequest<T>(
  server: string,
  request: ApiRequest,
  run: (message: RequestMessage | undefined) => Promise<T>,
): Promise<T> {
  const { request: requests, retry, wait } = diagnostics;
  if (!requests.hasSubscribers && !retry.hasSubscribers && !wait.hasSubscribers) return run(undefined);
  const outcome = { status: undefined, retries: 0, duration: undefined, error: undefined };
  const message: RequestMessage = { ...requestInfo(request), method: request.method, server, headers: {}, ...outcome };
  return trace(requests, message, () => run(message));
}

/**
 * As TracingChannel.tracePromise, which however puts into the message what the
 * function returns, and the error as it is: those may hold what nobody else may see.
 */
export function trace<M extends { duration: number | undefined; error: Failure | undefined }, T>(
  to: OperationChannel<M>,
  message: M,
  run: () => Promise<T>,
): Promise<T> {
  return to.start.runStores(message, () => {
    const began = performance.now();
    const running = (async () => {
      try {
        return await run();
      } catch (error) {
        message.error = failureOf(error);
        throw error;
      } finally {
        message.duration = performance.now() - began;
        if (message.error !== undefined) to.error.publish(message);
        to.asyncStart.publish(message);
        to.asyncEnd.publish(message);
      }
    })();
    to.end.publish(message);
    return running;
  });
}

export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return { name: error.name, code: error.code, reason: error.reason || undefined };
  const cause = error instanceof ConnectionError ? error.cause : error;
  const code = (cause as { code?: unknown } | null | undefined)?.code;
  const reason = typeof code === "string" ? code : undefined;
  return { name: error instanceof Error ? error.name : typeof error, reason };
}
