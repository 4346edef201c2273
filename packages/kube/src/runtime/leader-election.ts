import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Api } from "../api/api.ts";
import { diagnostics, type LeaderMessage } from "../client/diagnostics.ts";
import { ApiError } from "../client/errors.ts";
import type { Transport } from "../client/transport.ts";
import type { Resource } from "../resource/resource.ts";
import type { Lease, LeaseSpec } from "../types/coordination/v1.ts";
import { type Clock, sleep, systemClock } from "../watch/clock.ts";
import { microTime } from "./micro-time.ts";
import { StuckError } from "./reconcile.ts";

const leases: Resource = {
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
};

/** Which Lease is contended for, and how. */
export interface LeaderElectionOptions {
  /** Whom to ask. */
  readonly client: Transport;
  /** Of the Lease that the candidates share. */
  readonly namespace: string;
  /** Of the Lease, which is made where it is not there. */
  readonly name: string;
  /** Must differ between candidates; default the host's name and a random part. */
  readonly identity?: string | undefined;
  /** Milliseconds, in whole seconds, that the others leave a leader that is silent; default 15 000. */
  readonly leaseDuration?: number | undefined;
  /** Milliseconds after the last renewal when a leader gives up by itself; default 10 000. */
  readonly renewDeadline?: number | undefined;
  /** Milliseconds between tries; default 2 000. */
  readonly retryPeriod?: number | undefined;
  /** Leave the Lease to the next one at the end; default true. */
  readonly release?: boolean | undefined;
  /** A try has failed; there will be another. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Somebody else leads now, or this one does. */
  readonly onNewLeader?: ((identity: string) => void) | undefined;
  /** For tests; default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Milliseconds since the epoch as the Lease is to tell them; default Date.now. */
  readonly wallClock?: (() => number) | undefined;
  /** From 0 up to, not including, 1; default Math.random. */
  readonly random?: (() => number) | undefined;
}

/** Why the signal of a leader has aborted. */
export class LeadershipLostError extends Error {
  override readonly name = "LeadershipLostError";
}

/**
 * Contends for a Lease, so that of several processes one leads.
 *
 * What is promised: of two that run this, the earlier leader's signal has
 * aborted before the later one's work begins, as long as clocks run at the same
 * speed to within leaseDuration/renewDeadline. Clocks need not agree: a
 * candidate counts from when it saw the Lease change, a leader from before it
 * asked for the renewal. A process that was stopped learns of it when it goes
 * on, and may be overtaken by its own timers by a moment: ask `isLeader` right
 * before what must not be done twice.
 *
 * `Controller.warmUp` has those that do not lead watch already.
 *
 * ```ts
 * const elector = new LeaderElector({ client, namespace: "shop", name: "my-controller" });
 * await elector.run((signal) => controller.run(reconcile, { signal, errorPolicy }), { signal });
 * ```
 */
export class LeaderElector {
  /** What the Lease's `holderIdentity` is while this one leads. */
  readonly identity: string;
  readonly #api: Api<Lease>;
  readonly #options: LeaderElectionOptions;
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #leaseDuration: number;
  readonly #renewDeadline: number;
  readonly #retryPeriod: number;
  /** As last seen. */
  #lease: Lease | undefined;
  /** When its spec was first seen as it is. */
  #seenAt = 0;
  /** A write has not been answered, and may have been carried out or not. */
  #inDoubt = false;
  /** Just before the last renewal was asked for; undefined while this one does not lead. */
  #renewedAt: { readonly clock: number; readonly wall: number } | undefined;
  #announced: string | undefined;
  #running = false;

  /** @throws {RangeError} the times do not fit each other. */
  constructor(options: LeaderElectionOptions) {
    const { leaseDuration = 15_000, renewDeadline = 10_000, retryPeriod = 2_000 } = options;
    if (
      !(leaseDuration % 1000 === 0 && leaseDuration > renewDeadline && renewDeadline > retryPeriod && retryPeriod > 0)
    ) {
      throw new RangeError(
        `leaseDuration (${leaseDuration}) must be whole seconds, longer than renewDeadline (${renewDeadline}), and that longer than retryPeriod (${retryPeriod})`,
      );
    }
    this.identity = options.identity ?? `${hostname()}_${randomUUID()}`;
    this.#api = Api.of<Lease>(options.client, leases).within(options.namespace);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#wallClock = options.wallClock ?? Date.now;
    this.#leaseDuration = leaseDuration;
    this.#renewDeadline = renewDeadline;
    this.#retryPeriod = retryPeriod;
  }

  /** Whether this one leads at this moment: the last renewal is recent enough, by the clock. */
  get isLeader(): boolean {
    return this.#left() > 0;
  }

  /** Who leads, as last heard of; undefined while nobody is known to. */
  get leader(): string | undefined {
    return this.#lease?.spec?.holderIdentity || undefined;
  }

  /**
   * Which leadership this is, while this one leads: later ones have greater numbers,
   * one after a loss that nobody used has the same. Whoever is given it along with a
   * write can refuse an older leader's, which no Lease can prevent.
   */
  get term(): number | undefined {
    return this.isLeader ? (this.#lease?.spec?.leaseTransitions ?? 0) : undefined;
  }

  /**
   * Waits until this one leads, and calls `lead`, whose signal aborts when the
   * leadership is lost or `signal` aborts. When `lead` has ended after a loss,
   * contends again. Returns when the signal has aborted and `lead` has ended, or
   * `lead` has ended by itself. While `lead` winds down on `signal` the Lease is
   * kept; then it is released, unless `lead` throws a `StuckError`.
   * @throws what `lead` throws, unless the leadership was lost.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, { signal }: { signal: AbortSignal }): Promise<void> {
    if (this.#running) throw new Error("this elector is running already");
    this.#running = true;
    try {
      while (await this.#acquire(signal)) {
        if ((await this.#term(lead, signal)) === "ended") return;
      }
    } finally {
      this.#running = false;
    }
  }

  /** Whether the lease is this one's now; false when the signal has aborted. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      await this.#try(this.#renewDeadline / 2, signal);
      if (this.isLeader) return true;
      // Apart by chance, so that candidates do not come together.
      const { random = Math.random } = this.#options;
      await sleep(this.#clock, this.#retryPeriod * (1 + 1.2 * random()), signal);
    }
    return false;
  }

  async #term(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<"ended" | "lost"> {
    const stop = new AbortController();
    const ended = new AbortController();
    const onAbort = (): void => stop.abort(signal.reason);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    this.#tell("acquired");
    const work = (async () => lead(stop.signal))().finally(() => ended.abort());
    let lost = true;
    try {
      await this.#keep(ended.signal);
      lost = !ended.signal.aborted;
    } finally {
      signal.removeEventListener("abort", onAbort);
      if (lost) {
        this.#tell("lost");
        stop.abort(new LeadershipLostError(`${this.identity} does not lead any more`));
      }
      const [end] = await Promise.allSettled([work]);
      if (!lost) this.#tell("released");
      // What goes on although it was told to end has what is left of the lease.
      await this.#release(!(end.status === "rejected" && end.reason instanceof StuckError));
    }
    await work.catch((error: unknown) => {
      if (stop.signal.aborted && isAbort(error, stop.signal.reason)) return;
      if (!lost) throw error;
      this.#options.onError?.(error);
    });
    return lost ? "lost" : "ended";
  }

  #tell(type: LeaderMessage["type"]): void {
    const { namespace, name } = this.#options;
    if (diagnostics.leader.hasSubscribers) {
      diagnostics.leader.publish({ type, namespace, name, identity: this.identity });
    }
  }

  /** Renews until the work has ended, or the leadership is lost. */
  async #keep(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await sleep(this.#clock, Math.min(this.#retryPeriod, this.#left()), ended);
      // No longer than half, so that one request without an answer is not the end.
      if (!ended.aborted && this.isLeader) await this.#try(Math.min(this.#left(), this.#renewDeadline / 2), ended);
      if (!this.isLeader) return;
    }
  }

  /** Milliseconds for which this one leads without another renewal. */
  #left(): number {
    if (this.#renewedAt === undefined) return 0;
    // Of a machine that was asleep, the one clock may have stopped and the other not.
    const silent = Math.max(this.#clock.now() - this.#renewedAt.clock, this.#wallClock() - this.#renewedAt.wall);
    return this.#renewDeadline - silent;
  }

  /** One try to get or to keep the lease, for so many milliseconds at most. */
  async #try(milliseconds: number, signal: AbortSignal): Promise<void> {
    await this.#within(milliseconds, signal, (within) => this.#claim(within));
    const { leader } = this;
    if (leader === undefined || leader === this.#announced) return;
    this.#announced = leader;
    this.#options.onNewLeader?.(leader);
  }

  async #claim(signal: AbortSignal): Promise<void> {
    // A leader knows the lease, and sees by a conflict if another has written it.
    if (this.#inDoubt || !this.isLeader) await this.#read(signal);
    const old = this.#lease?.spec ?? {};
    const mine = old.holderIdentity === this.identity;
    if (!mine) this.#renewedAt = undefined;
    if (!mine && old.holderIdentity && this.#clock.now() < this.#seenAt + this.#promised(old)) return;
    const asked = { clock: this.#clock.now(), wall: this.#wallClock() };
    const now = microTime(asked.wall);
    const transitions = old.leaseTransitions ?? 0;
    await this.#write(signal, {
      ...old,
      holderIdentity: this.identity,
      leaseDurationSeconds: this.#leaseDuration / 1000,
      acquireTime: mine ? (old.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: mine || this.#lease === undefined ? transitions : transitions + 1,
    });
    this.#renewedAt = asked;
  }

  /**
   * Leads no more.
   * @param early the next one may have the lease at once; no more than a courtesy, so a failure is told and no matter.
   */
  async #release(early: boolean): Promise<void> {
    const left = this.#left();
    this.#renewedAt = undefined;
    if (!early || left <= 0 || this.#options.release === false) return;
    await this.#within(left, new AbortController().signal, async (signal) => {
      if (this.#inDoubt) await this.#read(signal);
      const spec = this.#lease?.spec;
      if (spec?.holderIdentity !== this.identity) return;
      const now = microTime(this.#wallClock());
      await this.#write(signal, { ...spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: now });
    });
  }

  /** Milliseconds that its holder was promised. */
  #promised({ leaseDurationSeconds }: LeaseSpec): number {
    return leaseDurationSeconds === undefined ? this.#leaseDuration : leaseDurationSeconds * 1000;
  }

  async #read(signal: AbortSignal): Promise<void> {
    const lease = await this.#api.get(this.#options.name, { signal }).catch((error: unknown) => {
      if (error instanceof ApiError && error.isNotFound) return undefined;
      throw error;
    });
    this.#see(lease, signal);
  }

  async #write(signal: AbortSignal, spec: LeaseSpec): Promise<void> {
    const { name } = this.#options;
    const lease = this.#lease;
    this.#inDoubt = true;
    const written =
      lease === undefined
        ? await this.#api.create({ metadata: { name }, spec }, {}, { signal })
        : await this.#api.replace(name, { ...lease, spec }, {}, { signal });
    this.#see(written, signal);
  }

  #see(lease: Lease | undefined, signal: AbortSignal): void {
    signal.throwIfAborted();
    if (JSON.stringify(lease?.spec) !== JSON.stringify(this.#lease?.spec)) this.#seenAt = this.#clock.now();
    this.#lease = lease;
    this.#inDoubt = false;
  }

  /** Runs a task for so long, or until the signal aborts, and tells its failure. */
  async #within(
    milliseconds: number,
    signal: AbortSignal,
    task: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { name, namespace, onError } = this.#options;
    const abort = new AbortController();
    const late = (): void => abort.abort(new Error(`no answer about the lease ${namespace}/${name} in time`));
    const timer = this.#clock.setTimeout(late, milliseconds);
    const onAbort = (): void => abort.abort(signal.reason);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    try {
      await unlessAborted(task(abort.signal), abort.signal);
    } catch (error) {
      const race = error instanceof ApiError && (error.isConflict || error.isAlreadyExists);
      if (!race && !signal.aborted) onError?.(error);
    } finally {
      this.#clock.clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }
}

/** Waits no longer than until the signal aborts, whatever the task makes of it. */
function unlessAborted(task: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    task.then(resolve, reject);
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

function isAbort(error: unknown, reason: unknown): boolean {
  return error === reason || (error instanceof Error && error.name === "AbortError");
}
