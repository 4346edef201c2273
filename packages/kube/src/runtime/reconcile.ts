import type { KubeObject } from "../resource/object.ts";
import type { Resource } from "../resource/resource.ts";
import type { Reflector } from "../watch/reflector.ts";
import type { Request } from "./request.ts";

/** What a reconcile has to go by. */
export interface Context<K extends KubeObject> {
  /**
   * As last heard of, what reconciles have written included; undefined once it is gone.
   * The controller's own copy: do not change it.
   */
  readonly object: K | undefined;
  /** All of the controller's objects. */
  readonly store: Reflector<K>;
  /** Aborts when the reconcile takes too long, or the controller will not wait for it any more. */
  readonly signal: AbortSignal;
}

/** Nothing: wait for the next change. Else also in so many milliseconds, if nothing changes before. */
export type Outcome = { readonly requeueAfter: number } | undefined;

/** Brings the world to what the object wants, from whatever state it is in. What it throws, the error policy is asked about. */
export type Reconcile<K extends KubeObject> = (
  request: Request,
  context: Context<K>,
) => Promise<Outcome> | Promise<void>;

/**
 * What comes after a failure: `backoff` tries again after 5 ms, doubling to
 * 1000 s; `done` waits for the next change.
 * @param failures in a row, this one included.
 */
export type ErrorPolicy = (
  request: Request,
  error: unknown,
  failures: number,
) => "backoff" | "done" | { readonly requeueAfter: number };

/** A watch has failed, and goes on by itself; or a mapper or a predicate has thrown, and its change is skipped. What it throws ends what it was given to. */
export type OnWatchError = (error: unknown, resource: Resource) => void;

/** How a controller runs. */
export interface RunOptions {
  /** Stops the controller: nothing is begun any more, and `run` returns when what runs has ended. */
  readonly signal: AbortSignal;
  /** Called for each failed reconcile; the place to log it. What it throws ends the run. */
  readonly errorPolicy: ErrorPolicy;
  /** Default: nobody is told, and the watch goes on all the same. */
  readonly onWatchError?: OnWatchError | undefined;
  /** Reconciles at a time, each of another object; default 1. */
  readonly concurrency?: number | undefined;
  /** Milliseconds after which a reconcile's signal aborts; default none. */
  readonly timeout?: number | undefined;
  /** Milliseconds that a reconcile may take to end when the controller stops, before its signal aborts; default 25 000. It has one second more to heed that. */
  readonly gracePeriod?: number | undefined;
  /** Milliseconds that an object waits at most until the watches have brought what its reconciles have written; default 10 000. 0: it does not wait. */
  readonly catchUpTimeout?: number | undefined;
}

/** Counts since the controller was made, for metrics. */
export interface ControllerStats {
  /** Reconciles begun. */
  reconciles: number;
  /** Of these, such that threw. */
  errors: number;
  /** Of these, such that took longer than `timeout`. */
  timeouts: number;
  /** Tries after a failure that the error policy asked for. */
  retries: number;
  /** Milliseconds that all reconciles took together. */
  milliseconds: number;
  /** Reconciles that run now. */
  active: number;
  /** Of these, such whose signal has aborted. One that stays does not heed its signal, and keeps its object from being reconciled. */
  stuck: number;
  /** Objects that wait for a reconcile now. */
  depth: number;
  /** Objects that are not reconciled now because the watches have not brought what was written. */
  held: number;
  /** Writes that the watches have not brought within `catchUpTimeout`. */
  overdue: number;
  /** Watches that failed, and went on. */
  watchErrors: number;
  /** Mappers and predicates that threw. */
  mappingErrors: number;
}

/** Reconciles had not ended when the controller did, although their signals had aborted. */
export class StuckError extends Error {
  override readonly name = "StuckError";
  /** Those of the objects. */
  readonly requests: readonly Request[];

  constructor(requests: readonly Request[]) {
    const names = requests.map(({ name, namespace }) => (namespace === undefined ? name : `${namespace}/${name}`));
    super(`not ended, although told to: the ${names.length === 1 ? "reconcile" : "reconciles"} of ${names.join(", ")}`);
    this.requests = requests;
  }
}
