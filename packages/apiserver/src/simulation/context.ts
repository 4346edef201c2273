import { isDeepStrictEqual } from "node:util";
import type { ApiRequest, Clock, KubeObject } from "@kubecast/kube";
import type { Life } from "./pod-life.ts";
import { scriptAnnotation } from "./script.ts";
import type { Timers } from "./timers.ts";
import type { Writer } from "./writer.ts";

/** What the parts of a simulation share. */
export interface Context {
  /** Sends a request, until the simulation stops. */
  readonly send: (request: ApiRequest) => Promise<unknown>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly writer: Writer;
  /** Simulated time an amount of real time. */
  readonly speed: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: (message: string) => void;
}

/**
 * Lives a life: `changed` is called after each of its steps, `ended` when it has
 * none left. The answer ends it early.
 */
export function run(
  { clock, timers, speed }: Context,
  life: Life,
  changed: () => void,
  ended?: () => void,
): () => void {
  let cancel = () => {};
  const step = () => {
    const { done, value } = life.next();
    if (done) return ended?.();
    if (value !== Number.POSITIVE_INFINITY) cancel = timers.at(clock.now() + value / speed, step);
    changed();
  };
  step();
  return () => cancel();
}

export function scriptOf(object: KubeObject): string {
  return object.metadata.annotations?.[scriptAnnotation] ?? "healthy";
}

/** The object's script; one that cannot be read is logged, and taken as healthy. */
export function readScript<S>(
  object: KubeObject,
  parse: (text: string) => S,
  healthy: S,
  log: (message: string) => void,
): S {
  try {
    return parse(scriptOf(object));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log(`${describe(object)}: annotation ${scriptAnnotation}: ${reason}; taken as healthy`);
    return healthy;
  }
}

/** `Pod shop/api-1`, for messages. */
export function describe({ kind, metadata }: KubeObject): string {
  const { namespace, name } = metadata;
  return `${kind ?? "object"} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** The members of `after` that differ from `before`, as a merge patch. */
export function difference(before: object, after: object): Record<string, unknown> {
  const old: Record<string, unknown> = { ...before };
  return Object.fromEntries(Object.entries(after).filter(([key, value]) => !isDeepStrictEqual(old[key], value)));
}
