import type { Transport } from "../client/transport.ts";
import type { KubeObject } from "../resource/object.ts";
import type { RawApi } from "../resource/raw-api.ts";
import type { Of, Resource } from "../resource/resource.ts";
import type { FieldPath, IdentityField, Projected } from "../wire/projection.ts";
import { freezesCaches } from "./freeze.ts";
import type { Transform } from "./transform.ts";
import { type WatchOptions, WatchRounds, type WatchStats, watchStats } from "./watcher.ts";

/** What an `Api` is to a watch: whom to ask, and for what. */
export interface Watchable<K extends KubeObject> extends Of<K> {
  /** Whom to ask. */
  readonly client: Transport;
  /** Builds the requests. */
  readonly raw: RawApi;
}

/** What is watched: the objects of an `Api`, or of what the options say. */
export type WatchSource<K extends KubeObject> = Watchable<K> | WatchOptions;

/** What those who remember the objects may be told. */
export interface CacheSettings {
  /**
   * Whether the objects are frozen when they come, so that code which changes one,
   * and with it the truth for all others, gets a TypeError at the very line. For
   * development: it costs about as much as decoding. Default: whether the
   * environment has `KUBE_CACHE_MUTATION_DETECTOR=true`.
   */
  readonly frozen?: boolean | undefined;
}

/** What watches an `Api` may be told besides. */
export type WatchSettings = CacheSettings &
  Omit<WatchOptions, "transport" | "resource" | "namespace" | "metadataOnly" | "fields" | "transform">;

/** The same with a transform; see `WatchOptions`. */
export type TransformSettings<K extends KubeObject, T extends KubeObject> = WatchSettings & {
  readonly transform?: Transform<K, T>;
};

/** The same with the fields that will be read; see `WatchOptions`. A path that the type does not have is an error. */
export type PartialSettings<
  K extends KubeObject,
  P extends string,
  T extends KubeObject = PartialObject<K, P>,
> = TransformSettings<PartialObject<K, P>, T> & {
  readonly fields?: readonly P[] & readonly FieldPath<K, P>[];
};

/** The object with the fields of these paths and its identity; whole where there are no paths. */
export type PartialObject<K extends KubeObject, P extends string> = [P] extends [never]
  ? K
  : Projected<K, P | IdentityField> extends infer R extends KubeObject
    ? R
    : never;

/**
 * What watches of all shapes have in common: kube's builder methods, each of which
 * changes and returns the object itself; and that they go on where they were, for
 * one reader at a time.
 */
export abstract class Configurable<K extends KubeObject> {
  /** What it calls itself in errors. */
  protected abstract readonly kind: string;
  /** Kept up to date while it runs. */
  readonly stats: WatchStats;
  protected options: WatchOptions;
  protected readonly frozen: boolean;
  /** How far it is; undefined where it has not begun. */
  protected rounds: WatchRounds<K> | undefined;
  #running = false;

  constructor(source: WatchSource<K>, settings: WatchSettings & Pick<WatchOptions, "fields" | "transform"> = {}) {
    const options = { ...optionsOf(source), ...settings };
    this.frozen = settings.frozen ?? freezesCaches();
    this.stats = options.stats ?? watchStats();
    this.options = { ...options, stats: this.stats };
  }

  /** What kind of objects is watched. */
  get resource(): Resource {
    return this.options.resource;
  }

  /** In which namespace; undefined: in all, or the resource has none. */
  get namespace(): string | undefined {
    return this.options.namespace;
  }

  /** Whether only objects of some labels or fields are watched. */
  get isSelective(): boolean {
    return Boolean(this.options.labelSelector || this.options.fieldSelector);
  }

  /** Whom it asks. */
  get transport(): Transport {
    return this.options.transport;
  }

  /** Seconds until the server ends a watch, the next one and those after it; which is then resumed. */
  timeout(seconds: number): this {
    this.options = { ...this.options, timeoutSeconds: seconds };
    return this;
  }

  /**
   * Only objects whose labels match, such as `app=shop,tier!=db`.
   * @throws {Error} it has begun, and not been `reset`.
   */
  labels(selector: string): this {
    return this.#select({ labelSelector: selector });
  }

  /**
   * Only objects whose fields match, such as `spec.nodeName=node-1`.
   * @throws {Error} it has begun, and not been `reset`.
   */
  fields(selector: string): this {
    return this.#select({ fieldSelector: selector });
  }

  /** Others than those that it knows would come without a list, or stay without a word. */
  #select(selectors: Pick<WatchOptions, "labelSelector" | "fieldSelector">): this {
    if (this.rounds !== undefined) {
      throw new Error(`this ${this.kind} has begun: say what it selects before that, or after a reset()`);
    }
    this.options = { ...this.options, ...selectors };
    return this;
  }

  /** Seconds that a watch lasts of those who poll, and want a turn now and then: kube's default. */
  protected get polled(): number {
    return this.options.timeoutSeconds ?? 10;
  }

  /**
   * Forgets how far it is: what comes next begins with a list, and tells in what
   * that differs from what is known. Until it is whole, that stays as it is.
   * @throws {Error} if it is running.
   */
  reset(): this {
    this.begin();
    this.end();
    this.rounds = undefined;
    return this;
  }

  /**
   * What there is to run, until the `end`.
   * @throws {Error} if it is running.
   */
  protected begin(): WatchRounds<K> {
    if (this.#running) throw new Error(`this ${this.kind} is running already`);
    this.rounds ??= new WatchRounds<K>(this.options);
    this.#running = true;
    return this.rounds;
  }

  protected end(): void {
    this.#running = false;
  }
}

function optionsOf(source: WatchSource<KubeObject>): WatchOptions {
  if (!("raw" in source)) return source;
  const { resource, namespace, metadataOnly } = source.raw;
  return { transport: source.client, resource, namespace, metadataOnly };
}
