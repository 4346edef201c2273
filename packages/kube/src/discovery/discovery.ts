import { Api } from "../api/api.ts";
import type { Transport } from "../client/transport.ts";
import { Renewed } from "../config/renewed.ts";
import type { ResourceDescription } from "../resource/description.ts";
import { RequestValidationError } from "../resource/errors.ts";
import type { KubeObject, TypeMeta } from "../resource/object.ts";
import { RawApi } from "../resource/raw-api.ts";
import { apiVersion } from "../resource/resource.ts";
import { ResourceIndex } from "../resource/resource-index.ts";
import { askServer } from "./ask.ts";
import type { Found } from "./documents.ts";
import { UnknownResourceError } from "./errors.ts";

/** Milliseconds for which a server that did not have something is not asked for what it does not have. */
const PAUSE = 10_000;

/** For tests alone. */
export interface DiscoveryOptions {
  /** Milliseconds of a clock that never goes back; for tests. */
  now?: () => number;
}

interface Known extends Found {
  /** Which question this answers: they are counted. */
  readonly question: number;
  readonly index: ResourceIndex;
}

/**
 * What resources a server has, its custom ones too: for programs that handle
 * objects of any kind.
 *
 * The server is asked at the first need, once for all who wait, and the answer is
 * kept. What is not in it makes the server be asked again, so that a kind that came
 * later is found; but where that was in vain, not within the next 10 seconds. What
 * has gone is known until `invalidate`: requests for it are answered with 404.
 *
 * Every method that returns a promise rejects as the `Transport` does, and with the
 * signal's reason.
 *
 * ```ts
 * const discovery = new Discovery(client);
 * const deployments = await discovery.api("deploy"); // or any custom resource
 * for (const { metadata } of (await deployments.list()).items) console.log(metadata.name); // web
 * ```
 */
export class Discovery {
  readonly #client: Transport & { readonly namespace?: string };
  readonly #now: () => number;
  #known: Known | undefined;
  #questions = 0;
  /** Ages at once: what it is for is that all wait for one answer. */
  #asking: Renewed<Known>;
  /** Until when a miss is believed. */
  #believeUntil = Number.NEGATIVE_INFINITY;

  /** @param client `namespace`, if it has one, is for objects that name none; see `apiOf`. */
  constructor(client: Transport & { readonly namespace?: string }, options: DiscoveryOptions = {}) {
    this.#client = client;
    this.#now = options.now ?? (() => performance.now());
    this.#asking = this.#newAsking();
  }

  /** All resources, in the server's order of preference: the core group first, a group's preferred version first. */
  async resources(signal?: AbortSignal): Promise<readonly ResourceDescription[]> {
    return (await this.#current(signal)).resources;
  }

  /**
   * Each `apiVersion` that the server could not speak for when it was asked, as
   * the API server that it passes requests on to did not answer: `metrics.k8s.io/v1beta1`.
   * Its resources may be missing, or out of date.
   */
  async unavailable(signal?: AbortSignal): Promise<readonly string[]> {
    return (await this.#current(signal)).unavailable;
  }

  /**
   * The resource of this name; names are as for `findResource`: `foos`, `Foo`, `foos.clux.dev`,
   * `foos.v1.clux.dev`. Where a name leaves a choice, the server's preference decides.
   *
   * @throws {UnknownResourceError} there is none.
   */
  resource(name: string, signal?: AbortSignal): Promise<ResourceDescription> {
    return this.#lookUp(
      ({ index }) => index.find(name),
      ({ index, unavailable }) =>
        new UnknownResourceError(`resource "${name}"`, { suggestions: index.suggest(name), unavailable }),
      signal,
    );
  }

  /**
   * The resource of an object, by its `apiVersion` and `kind`.
   *
   * @throws {UnknownResourceError} the server does not have that kind in that version.
   * @throws {RequestValidationError} the object does not say what it is.
   */
  async resourceOf(object: TypeMeta, signal?: AbortSignal): Promise<ResourceDescription> {
    const { apiVersion: version, kind } = object;
    if (!version || !kind) throw new RequestValidationError("an object of any kind needs an apiVersion and a kind");
    return this.#lookUp(
      ({ index }) => index.findKind(version, kind),
      (known) =>
        new UnknownResourceError(`kind ${kind} in ${version}`, {
          suggestions: nearKinds(known, version, kind),
          unavailable: known.unavailable,
        }),
      signal,
    );
  }

  /**
   * The objects of the resource of this name, in all namespaces.
   *
   * @throws {UnknownResourceError} see `resource`.
   */
  async api<K extends KubeObject = KubeObject>(name: string, signal?: AbortSignal): Promise<Api<K>> {
    return new Api<K>(this.#client, new RawApi(await this.resource(name, signal)));
  }

  /**
   * The objects of the same resource in the same namespace: where the object is, or
   * is to be created. An object that names no namespace is in that of the client.
   *
   * ```ts
   * const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "colours" } };
   * const api = await new Discovery(client).apiOf(object);
   * await api.create(object);
   * ```
   *
   * @throws {UnknownResourceError | RequestValidationError} see `resourceOf`.
   */
  async apiOf<K extends KubeObject = KubeObject>(object: KubeObject, signal?: AbortSignal): Promise<Api<K>> {
    const resource = await this.resourceOf(object, signal);
    const namespace = resource.namespaced ? object.metadata.namespace || this.#client.namespace : undefined;
    return new Api<K>(this.#client, new RawApi(resource, namespace));
  }

  /** Forgets all: the server is asked at the next need, whoever waits for an older answer. */
  invalidate(): void {
    this.#known = undefined;
    this.#believeUntil = Number.NEGATIVE_INFINITY;
    this.#asking = this.#newAsking();
  }

  async #lookUp(
    find: (known: Known) => ResourceDescription | undefined,
    missing: (known: Known) => UnknownResourceError,
    signal: AbortSignal | undefined,
  ): Promise<ResourceDescription> {
    const asked = this.#questions;
    let known = await this.#current(signal);
    for (;;) {
      const found = find(known);
      if (found !== undefined) return found;
      // What was asked before this call may have come about since.
      const fresh = known.question > asked;
      if (fresh) this.#believeUntil = this.#now() + PAUSE;
      if (fresh || this.#now() < this.#believeUntil) throw missing(known);
      known = await this.#asking.get(signal);
    }
  }

  async #current(signal: AbortSignal | undefined): Promise<Known> {
    signal?.throwIfAborted();
    return this.#known ?? this.#asking.get(signal);
  }

  #newAsking(): Renewed<Known> {
    const asking: Renewed<Known> = new Renewed({
      load: async (signal) => {
        const question = ++this.#questions;
        const found = await askServer(this.#client, signal);
        const known = { ...found, question, index: new ResourceIndex(found.resources) };
        if (this.#asking === asking) this.#known = known;
        return { value: known, renewAt: Number.NEGATIVE_INFINITY };
      },
      now: this.#now,
    });
    return asking;
  }
}

/** The kind in other versions or, where there are none, those of similar name. */
function nearKinds({ resources, index }: Known, version: string, kind: string): string[] {
  const elsewhere = resources.filter((resource) => resource.kind === kind).slice(0, 3);
  if (elsewhere.length > 0) return elsewhere.map((resource) => `${kind} in ${apiVersion(resource)}`);
  const similar = index.suggest(kind).flatMap((name) => index.find(name) ?? []);
  const here = similar.filter((resource) => apiVersion(resource) === version);
  return (here.length > 0 ? here : similar).map((resource) => `${resource.kind} in ${apiVersion(resource)}`);
}
