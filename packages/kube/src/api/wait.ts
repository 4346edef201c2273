import { ApiError } from "../client/errors.ts";
import type { KubeObject } from "../resource/object.ts";
import { resourceName } from "../resource/resource.ts";
import { type Clock, systemClock } from "../watch/clock.ts";
import { Store } from "../watch/store.ts";
import { watcher } from "../watch/watcher.ts";
import type { Api } from "./api.ts";
import type { Condition } from "./conditions.ts";

/** How long to wait. */
export interface WaitOptions {
  /** Milliseconds; default none. */
  readonly timeout?: number | undefined;
  /** Ends the wait, which rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** For tests. */
  readonly clock?: Clock | undefined;
}

/** The condition was not met in time; `cause` is the last failure to find out, if there was one. */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
}

/**
 * Watches one object until the condition holds, for it or, while there is none,
 * for undefined. Sees each state that the server tells of.
 *
 * ```ts
 * const pod = await waitFor(pods, "blog", isPodRunning, { timeout: 60_000 });
 * ```
 *
 * @returns the object as it met the condition.
 * @throws {WaitTimeoutError}
 * @throws {RequestValidationError} there is no name, or the `api` is not within a namespace.
 * @throws {ApiError} there is no such resource, or it may not be watched.
 * @throws the signal's reason if it aborts before.
 */
export async function waitFor<K extends KubeObject>(
  api: Api<K>,
  name: string,
  condition: Condition<K>,
  { timeout, signal, clock = systemClock }: WaitOptions = {},
): Promise<K | undefined> {
  signal?.throwIfAborted();
  api.raw.get(name); // throws where this names no object
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  const what = `${resourceName(api.raw.resource)} ${JSON.stringify(name)}`;
  let failure: Error | undefined;
  const late = (): void => {
    stop.abort(new WaitTimeoutError(`${what} did not meet the condition within ${timeout} ms`, { cause: failure }));
  };
  const timer = timeout === undefined ? undefined : clock.setTimeout(late, timeout);
  const { resource, namespace, metadataOnly } = api.raw;
  const selection = { resource, namespace, metadataOnly, fieldSelector: `metadata.name=${name}` };
  const store = new Store<K>();
  try {
    for await (const items of watcher<K>({ transport: api.client, ...selection, clock, signal: stop.signal })) {
      for (const item of items) {
        store.applyItem(item);
        if (item.type === "error") {
          if (isFinal(item.error)) throw item.error;
          failure = item.error;
        }
        const object = store.get(name, namespace);
        if (store.synced && condition(object)) return object;
      }
    }
    throw stop.signal.reason;
  } finally {
    clock.clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Another try would get the same answer. */
function isFinal(error: Error): boolean {
  return error instanceof ApiError && [400, 401, 403, 404, 405, 406].includes(error.code);
}
