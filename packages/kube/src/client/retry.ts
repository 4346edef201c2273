import { setTimeout as delay } from "node:timers/promises";
import { ApiError, ConnectionError } from "./errors.ts";
import { isTransient } from "./failure.ts";

/** Time and chance, so that a test can decide both. */
export interface Timing {
  /** Milliseconds since the epoch; never goes back. */
  now(): number;
  /** Rejects when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** From 0 to less than 1. */
  random(): number;
}

/** A clock that never goes back, real waits, `Math.random`. */
export const systemTiming: Timing = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
  random: Math.random,
};

/** After so many tries the error is the caller's. */
const TRIES = 5;
const FIRST_WAIT = 100;

/**
 * Milliseconds to wait before a request is sent again; undefined where it must
 * not be: because it may have been carried out, because another try would not
 * help, or because there were enough.
 *
 * 429 says that nothing was done, so any request may be repeated, except for an
 * eviction that a disruption budget is against; after 503, 504 and a cut
 * connection only a GET, or what was never sent. The waits are random between
 * zero and a limit that doubles ("full jitter"), on top of what the server asks
 * for.
 *
 * @param tries how many have failed, this one included.
 */
export function retryDelay(error: unknown, method: string, tries: number, random: () => number): number | undefined {
  if (tries >= TRIES || !mayRepeat(error, method)) return undefined;
  const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  return asked + Math.floor(random() * FIRST_WAIT * 2 ** (tries - 1));
}

function mayRepeat(error: unknown, method: string): boolean {
  if (error instanceof ApiError) {
    // A budget's no is no overload: another try helps only where the server says when.
    if (error.isDisruptionBudget) return error.retryAfterSeconds !== undefined;
    return error.code === 429 || (method === "GET" && (error.code === 503 || error.code === 504));
  }
  return error instanceof ConnectionError && isTransient(error) && (method === "GET" || !error.sent);
}

/**
 * Seconds that a Retry-After header asks to wait: a number, or an HTTP date.
 * @param now milliseconds since the epoch.
 */
export function parseRetryAfter(value: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const date = text.endsWith(" GMT") ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
