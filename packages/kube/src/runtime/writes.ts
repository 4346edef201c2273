import { isStatus } from "../client/status.ts";
import type { ApiRequest, Transport } from "../client/transport.ts";
import type { KubeObject, ObjectMeta } from "../resource/object.ts";
import { requestInfo } from "../resource/request-info.ts";
import { compareResourceVersions } from "../resource/resource-version.ts";
import type { Clock } from "../watch/clock.ts";
import type { Reflector } from "../watch/reflector.ts";
import type { WorkQueue } from "./queue.ts";
import { findIn, keyOf, type Request } from "./request.ts";

/** Subresources that are answered with the version of the object that they are of. */
const OF_THE_OBJECT = new Set([undefined, "status", "scale", "resize", "ephemeralcontainers", "approval", "finalize"]);

/** The copy of one kind of objects, which follows the server at a distance. */
export type Copy = Pick<
  Reflector<KubeObject>,
  "resource" | "namespace" | "isSelective" | "transport" | "version" | "get" | "getWithin"
>;

/** Milliseconds for what a copy may never have: one of selected objects is told nothing of others. */
const UNSELECTED_TIMEOUT = 1_000;

export interface WritesOptions {
  readonly clock: Clock;
  readonly queue: WorkQueue;
  /** The first is that of the objects that are reconciled. */
  readonly copies: readonly Copy[];
  /** Milliseconds that a key is held at most. */
  readonly timeout: number;
  /** A copy did not have a write in time. */
  readonly onTimeout: () => void;
}

interface Pending {
  readonly key: string;
  /** Whether the copy has what was written. */
  readonly arrived: () => boolean;
  timer: unknown;
}

/**
 * What reconciles have written and the copies do not have yet. Until they do, two
 * keys are held in the queue: the one whose reconcile has written, and that of the
 * object that was written, where it is one that is reconciled.
 *
 * A copy has a write when it is as new as the write's resourceVersion; a deletion
 * that is answered with none, when the object is gone from it. That versions have
 * an order is a promise of Kubernetes since 1.35 (KEP-5504), and was so before; one
 * that has none is not waited for. Nor is a write that got no answer, which may have
 * been carried out or not, one of a whole collection, and an eviction.
 */
export class Writes {
  readonly #options: WritesOptions;
  readonly #pending = new Map<Copy, Set<Pending>>();
  /** The newest version that was written. */
  readonly #newest = new Map<Copy, string>();
  #closed = false;

  constructor(options: WritesOptions) {
    this.#options = options;
  }

  /** @param writer the key whose reconcile has written. */
  wrote(writer: string, client: Transport, request: ApiRequest, answer: unknown): void {
    if (this.#closed || this.#options.timeout === 0) return;
    const { verb, group, resource, subresource, namespace, ...target } = requestInfo(request);
    if (verb === "deletecollection" || !OF_THE_OBJECT.has(subresource) || isDryRun(request)) return;
    for (const copy of this.#options.copies) {
      if (!isSameCluster(copy.transport, client) || copy.resource.group !== group || copy.resource.plural !== resource)
        continue;
      if (copy.namespace !== undefined && copy.namespace !== namespace) continue;
      // What is created has its name from its own metadata, or from the server.
      const name = target.name ?? metadataOf(answer)?.name ?? "";
      const written = copy.resource.namespaced && namespace !== undefined ? { name, namespace } : { name };
      const arrived = this.#arrival(copy, written, answer);
      if (arrived === undefined || arrived()) continue;
      const own = copy === this.#options.copies[0] ? [keyOf(written)] : [];
      const isSure = !copy.isSelective || findIn(copy, written) !== undefined;
      for (const key of new Set([writer, ...own])) this.#await(copy, key, arrived, isSure);
    }
  }

  /** To be called when the copy has changed. */
  heard(copy: Copy): void {
    for (const pending of this.#pending.get(copy) ?? []) if (pending.arrived()) this.#end(copy, pending);
  }

  close(): void {
    for (const pendings of this.#pending.values()) {
      for (const { timer } of pendings) this.#options.clock.clearTimeout(timer);
    }
    this.#pending.clear();
    this.#closed = true;
  }

  #arrival(copy: Copy, written: Request, answer: unknown): (() => boolean) | undefined {
    if (isStatus(answer)) {
      const uid = answer.details?.uid ?? findIn(copy, written)?.metadata.uid;
      const newest = this.#newest.get(copy);
      // It may not have heard of the object at all, if that was made just before.
      return () => !isOlder(copy.version, newest) && (uid === undefined || findIn(copy, written)?.metadata.uid !== uid);
    }
    const version = metadataOf(answer)?.resourceVersion;
    if (version === undefined) return undefined;
    const newest = this.#newest.get(copy);
    if (newest === undefined || isOlder(newest, version)) this.#newest.set(copy, version);
    return () => !isOlder(copy.version, version);
  }

  /** @param isSure that the copy will have it. */
  #await(copy: Copy, key: string, arrived: () => boolean, isSure: boolean): void {
    const { clock, queue, timeout, onTimeout } = this.#options;
    const pending: Pending = { key, arrived, timer: undefined };
    const late = (): void => {
      if (isSure && !arrived()) onTimeout();
      this.#end(copy, pending);
    };
    pending.timer = clock.setTimeout(late, isSure ? timeout : Math.min(timeout, UNSELECTED_TIMEOUT));
    const pendings = this.#pending.get(copy) ?? new Set();
    this.#pending.set(copy, pendings.add(pending));
    queue.hold(key);
  }

  #end(copy: Copy, pending: Pending): void {
    const { clock, queue } = this.#options;
    clock.clearTimeout(pending.timer);
    this.#pending.get(copy)?.delete(pending);
    queue.release(pending.key);
  }
}

/** What wraps a client need not say whose it is: then it is taken for the same, at the cost of a wait that was none. */
function isSameCluster(a: Transport, b: Transport): boolean {
  const [one, other] = [a.config?.server, b.config?.server];
  return a === b || one === undefined || other === undefined || one === other;
}

/** Whether the first is known to be older than the second. */
function isOlder(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && (compareResourceVersions(a, b) ?? 0) < 0;
}

function isDryRun({ path }: ApiRequest): boolean {
  return new URLSearchParams(path.split("?", 2)[1]).has("dryRun");
}

function metadataOf(answer: unknown): ObjectMeta | undefined {
  return (answer as Partial<KubeObject> | null)?.metadata;
}
