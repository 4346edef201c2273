import { RequestValidationError } from "./errors.ts";
import * as named from "./named.ts";
import type { KubeObject } from "./object.ts";
import {
  type ApplyParams,
  type AttachParams,
  attachQuery,
  type DeleteParams,
  deleteOptions,
  type ListParams,
  type LogParams,
  listQuery,
  logQuery,
  type PatchParams,
  type PostParams,
  patchQuery,
  postQuery,
  type Query,
  queryString,
  type SelectorParams,
  type TokenParams,
  type WatchParams,
  watchQuery,
} from "./params.ts";
import type { Apply } from "./partly.ts";
import { Patch, patchContentTypes } from "./patch.ts";
import type { ApiRequest } from "./request.ts";
import { apiVersion, type Resource, resourceName } from "./resource.ts";

/** What is sent: an object to be written as JSON, or the finished text or bytes. */
export type RequestBody = object | string | Uint8Array;

const JSON_TYPE = { "content-type": "application/json" };
const METADATA = { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" };
const METADATA_LIST = { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" };

/**
 * Builds the requests of one resource, without sending any. Immutable: `within`,
 * `group` and `version` return a new one.
 *
 * Every method throws a `RequestValidationError` for a name or parameter that
 * the API cannot take, and where a namespace is missing.
 *
 * ```ts
 * const request = RawApi.v1Pod().within("shop").get("blog");
 * console.log(request.method, request.path); // GET /api/v1/namespaces/shop/pods/blog
 * ```
 */
export class RawApi {
  /** What kind of objects the requests are about. */
  readonly resource: Resource;
  /** Absent: all namespaces, or a resource that has none. */
  readonly namespace: string | undefined;
  /** Whether the server is to answer with no more than objects' metadata. */
  readonly metadataOnly: boolean;

  constructor(resource: Resource, namespace?: string, options: { metadataOnly?: boolean | undefined } = {}) {
    checkSegment(resource, "version", resource.version);
    checkSegment(resource, "plural", resource.plural);
    if (resource.group !== "") checkSegment(resource, "group", resource.group);
    if (namespace !== undefined) {
      if (!resource.namespaced) {
        throw new RequestValidationError(`${resourceName(resource)} are cluster-wide, so not within ${namespace}`);
      }
      checkSegment(resource, "namespace", namespace);
    }
    this.resource = resource;
    this.namespace = namespace;
    this.metadataOnly = options.metadataOnly ?? false;
  }

  /**
   * A resource that a CustomResourceDefinition defines, by its plural; `group`
   * must follow: `RawApi.customResource("foos").group("clux.dev").version("v1")`.
   * Version `v1` and namespaced unless told otherwise.
   */
  static customResource(plural: string, options: { kind?: string; namespaced?: boolean } = {}): RawApi {
    const { kind = "", namespaced = true } = options;
    return new RawApi({ group: "", version: "v1", kind, plural, namespaced });
  }

  /** Of one namespace. */
  within(namespace: string): RawApi {
    return new RawApi(this.resource, namespace, this);
  }

  /** Of another API group. */
  group(group: string): RawApi {
    return new RawApi({ ...this.resource, group }, this.namespace, this);
  }

  /** Of another version of the group. */
  version(version: string): RawApi {
    return new RawApi({ ...this.resource, version }, this.namespace, this);
  }

  /**
   * The same, answered by PartialObjectMetadata in place of the objects. It
   * neither creates nor replaces: for that, objects must be whole.
   */
  metadata(): RawApi {
    return new RawApi(this.resource, this.namespace, { metadataOnly: true });
  }

  /** One page, of the namespace or, without one, of all. */
  list(params: ListParams = {}): ApiRequest {
    return this.#answered(METADATA_LIST, { method: "GET", path: this.#collection(listQuery(params)) });
  }

  /** Answered by a stream of events that `requestEvents` reads. */
  watch(params: WatchParams = {}): ApiRequest {
    return this.#answered(METADATA, { method: "GET", path: this.#collection(watchQuery(params)) });
  }

  /** One object. */
  get(name: string): ApiRequest {
    return this.#answered(METADATA, { method: "GET", path: this.#object(name) });
  }

  /** Answered by the object as it is stored. Its `apiVersion` and `kind` are filled in where they are absent and known. */
  create(object: RequestBody, params: PostParams = {}): ApiRequest {
    this.#needWhole("create");
    const path = this.#own() + queryString(postQuery(params));
    return { method: "POST", path, headers: JSON_TYPE, body: encode(this.#typed(object)) };
  }

  /** The object must carry the `metadata.resourceVersion` that was read, so that no other change is lost. */
  replace(name: string, object: RequestBody, params: PostParams = {}): ApiRequest {
    return this.#put(name, "", object, params);
  }

  /** A plain object or array is read as `params.strategy` says. */
  patch(name: string, patch: Patch | RequestBody, params: PatchParams = {}): ApiRequest {
    return this.#patch(name, "", patch, params);
  }

  /** Server-side apply: creates the object or changes it. `apiVersion` and `kind` are filled in where they are absent. */
  apply<T extends Apply<KubeObject>>(object: T, params: ApplyParams): ApiRequest {
    return this.#patch(object.metadata?.name ?? "", "", Patch.apply<object>(object), params);
  }

  /** The same for the status. */
  applyStatus<T extends Apply<KubeObject>>(object: T, params: ApplyParams): ApiRequest {
    return this.#patch(object.metadata?.name ?? "", "status", Patch.apply<object>(object), params);
  }

  /** Answered by the object while something keeps it, else by a Status. */
  delete(name: string, params: DeleteParams = {}): ApiRequest {
    return this.#answered(METADATA, withOptions({ method: "DELETE", path: this.#object(name) }, params));
  }

  /** Deletes all that the selectors match. */
  deleteCollection(selectors: SelectorParams = {}, params: DeleteParams = {}): ApiRequest {
    const request = { method: "DELETE", path: this.#own() + queryString(listQuery(selectors)) } as const;
    return this.#answered(METADATA_LIST, withOptions(request, params));
  }

  /** Of any name, such as `status`. */
  getSubresource(name: string, subresource: string): ApiRequest {
    const request = { method: "GET", path: this.#object(name, subresource) } as const;
    return subresource === "scale" ? request : this.#answered(METADATA, request);
  }

  /** Such as an `eviction`. */
  createSubresource(name: string, subresource: string, object: RequestBody, params: PostParams = {}): ApiRequest {
    const path = this.#object(name, subresource, postQuery(params));
    return { method: "POST", path, headers: JSON_TYPE, body: encode(object) };
  }

  /** What the subresource does not show of the object, or does not let be changed, stays. */
  replaceSubresource(name: string, subresource: string, object: RequestBody, params: PostParams = {}): ApiRequest {
    return this.#put(name, subresource, object, params);
  }

  /** See `patch`. */
  patchSubresource(
    name: string,
    subresource: string,
    patch: Patch | RequestBody,
    params: PatchParams = {},
  ): ApiRequest {
    return this.#patch(name, subresource, patch, params);
  }

  /** The whole object. */
  getStatus(name: string): ApiRequest {
    return this.getSubresource(name, "status");
  }

  /** Of the object, the status is taken. */
  replaceStatus(name: string, object: RequestBody, params: PostParams = {}): ApiRequest {
    return this.#put(name, "status", object, params);
  }

  /** See `patch`. */
  patchStatus(name: string, patch: Patch | RequestBody, params: PatchParams = {}): ApiRequest {
    return this.#patch(name, "status", patch, params);
  }

  /** Answered by a Scale of autoscaling/v1. */
  getScale(name: string): ApiRequest {
    return this.getSubresource(name, "scale");
  }

  /** Sets the number of replicas. */
  replaceScale(name: string, scale: RequestBody, params: PostParams = {}): ApiRequest {
    return this.#put(name, "scale", scale, params);
  }

  /** See `patch`. */
  patchScale(name: string, patch: Patch | RequestBody, params: PatchParams = {}): ApiRequest {
    return this.#patch(name, "scale", patch, params);
  }

  /** Of a Pod: deletes it if no PodDisruptionBudget is against it; else the answer is a 429. */
  evict(name: string, { dryRun = false, ...params }: DeleteParams = {}): ApiRequest {
    const options = deleteOptions(params);
    const eviction = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name, namespace: this.namespace },
      ...(options !== undefined && { deleteOptions: options }),
    };
    return this.createSubresource(name, "eviction", eviction, { dryRun });
  }

  /** Of a Pod: puts it on a node. */
  bind(name: string, nodeName: string, params: PostParams = {}): ApiRequest {
    const target = { apiVersion: "v1", kind: "Node", name: nodeName };
    const binding = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace: this.namespace }, target };
    return this.createSubresource(name, "binding", binding, params);
  }

  /** Of a ServiceAccount: a token of its own, answered by a TokenRequest. */
  createToken(name: string, params: TokenParams = {}): ApiRequest {
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: params };
    return this.createSubresource(name, "token", request);
  }

  /** Answered by text, not JSON; with `follow`, by a stream. */
  log(name: string, params: LogParams = {}): ApiRequest {
    return { method: "GET", path: this.#object(name, "log", logQuery(params)), headers: { accept: "*/*" } };
  }

  /** Answered by a WebSocket. The command is not given to a shell; the first word is the program. */
  exec(name: string, command: readonly string[], params: AttachParams = {}): ApiRequest {
    if (command.length === 0) throw new RequestValidationError("exec needs a command of at least one word");
    const words = command.map((word) => `&command=${encodeURIComponent(word)}`).join("");
    return { method: "GET", path: this.#object(name, "exec", attachQuery(params)) + words };
  }

  /** Answered by a WebSocket: the streams of the container's own process. */
  attach(name: string, params: AttachParams = {}): ApiRequest {
    return { method: "GET", path: this.#object(name, "attach", attachQuery(params)) };
  }

  /** Answered by a WebSocket with a pair of channels for each port. */
  portForward(name: string, ports: readonly number[]): ApiRequest {
    const wrong = ports.find((port) => !Number.isInteger(port) || port < 1 || port > 65_535);
    if (wrong !== undefined) throw new RequestValidationError(`a port is a whole number from 1 to 65535, not ${wrong}`);
    if (ports.length === 0) throw new RequestValidationError("portForward needs at least one port");
    return { method: "GET", path: this.#object(name, "portforward", [["ports", ports.join(",")]]) };
  }

  #put(name: string, subresource: string, object: RequestBody, params: PostParams): ApiRequest {
    if (subresource !== "scale") this.#needWhole("replace");
    const path = this.#object(name, subresource, postQuery(params));
    const whole = subresource === "" || subresource === "status" ? this.#typed(object) : object;
    return { method: "PUT", path, headers: JSON_TYPE, body: encode(whole) };
  }

  /** Says what it is, which the API knows of built-in kinds alone. */
  #typed(object: RequestBody): RequestBody {
    const { kind } = this.resource;
    return isEncoded(object) || kind === "" ? object : { apiVersion: apiVersion(this.resource), kind, ...object };
  }

  #patch(name: string, subresource: string, given: Patch | RequestBody, params: PatchParams): ApiRequest {
    const { strategy = "Merge" } = params;
    const patch = isEncoded(given) ? { strategy, content: given } : Patch.of(given, params.strategy);
    const path = this.#object(name, subresource, patchQuery({ ...params, strategy: patch.strategy }));
    const headers = { "content-type": patchContentTypes[patch.strategy] };
    const content = patch.strategy === "Apply" ? this.#named(name, subresource, patch.content) : patch.content;
    const request = { method: "PATCH", path, headers, body: encode(content) } as const;
    return subresource === "scale" ? request : this.#answered(METADATA, request);
  }

  /** Says what and which it is, as the API demands of what is applied. */
  #named(name: string, subresource: string, content: RequestBody): RequestBody {
    if (isEncoded(content)) return content;
    const own = { apiVersion: apiVersion(this.resource), kind: this.resource.kind };
    const type = subresource === "scale" ? { apiVersion: "autoscaling/v1", kind: "Scale" } : own;
    const object: Partial<KubeObject> = { ...type, ...content };
    if (object.kind) return { ...object, metadata: { name, ...object.metadata } };
    throw new RequestValidationError(`${resourceName(this.resource)}: what is applied needs its kind`);
  }

  #answered(as: Readonly<Record<string, string>>, request: ApiRequest): ApiRequest {
    return this.metadataOnly ? { ...request, headers: { ...request.headers, ...as } } : request;
  }

  #needWhole(verb: string): void {
    if (this.metadataOnly) throw new RequestValidationError(`${verb} needs whole objects, not their metadata alone`);
  }

  /** Of one namespace or, where none was chosen, of all. */
  #collection(query: Query): string {
    const { group, version, plural } = this.resource;
    const root = group === "" ? `/api/${segment(version)}` : `/apis/${segment(group)}/${segment(version)}`;
    const within = this.namespace === undefined ? "" : `/namespaces/${segment(this.namespace)}`;
    return `${root}${within}/${segment(plural)}${queryString(query)}`;
  }

  /** The collection that single objects are in: the API has none across namespaces. */
  #own(): string {
    if (this.resource.namespaced && this.namespace === undefined) {
      throw new RequestValidationError(`${resourceName(this.resource)}: choose a namespace with within() first`);
    }
    return this.#collection([]);
  }

  #object(name: string, subresource = "", query: Query = []): string {
    checkSegment(this.resource, "name", name);
    const below = subresource === "" ? "" : `/${segment(subresource)}`;
    return `${this.#own()}/${segment(name)}${below}${queryString(query)}`;
  }

  static v1Namespace = (): RawApi => new RawApi(named.v1Namespace);
  static v1Node = (): RawApi => new RawApi(named.v1Node);
  static v1PersistentVolume = (): RawApi => new RawApi(named.v1PersistentVolume);
  static v1ConfigMap = (): RawApi => new RawApi(named.v1ConfigMap);
  static v1Event = (): RawApi => new RawApi(named.v1Event);
  static v1PersistentVolumeClaim = (): RawApi => new RawApi(named.v1PersistentVolumeClaim);
  static v1Pod = (): RawApi => new RawApi(named.v1Pod);
  static v1ReplicationController = (): RawApi => new RawApi(named.v1ReplicationController);
  static v1ResourceQuota = (): RawApi => new RawApi(named.v1ResourceQuota);
  static v1Secret = (): RawApi => new RawApi(named.v1Secret);
  static v1Service = (): RawApi => new RawApi(named.v1Service);
  static v1DaemonSet = (): RawApi => new RawApi(named.v1DaemonSet);
  static v1Deployment = (): RawApi => new RawApi(named.v1Deployment);
  static v1ReplicaSet = (): RawApi => new RawApi(named.v1ReplicaSet);
  static v1StatefulSet = (): RawApi => new RawApi(named.v1StatefulSet);
  static v1CronJob = (): RawApi => new RawApi(named.v1CronJob);
  static v1Job = (): RawApi => new RawApi(named.v1Job);
  static v1HorizontalPodAutoscaler = (): RawApi => new RawApi(named.v1HorizontalPodAutoscaler);
  static v1Ingress = (): RawApi => new RawApi(named.v1Ingress);
  static v1NetworkPolicy = (): RawApi => new RawApi(named.v1NetworkPolicy);
  static v1VolumeAttachment = (): RawApi => new RawApi(named.v1VolumeAttachment);
  static v1SelfSubjectRulesReview = (): RawApi => new RawApi(named.v1SelfSubjectRulesReview);
  static v1ValidatingWebhookConfiguration = (): RawApi => new RawApi(named.v1ValidatingWebhookConfiguration);
  static v1CustomResourceDefinition = (): RawApi => new RawApi(named.v1CustomResourceDefinition);
}

const segment = encodeURIComponent;

function encode(body: RequestBody): string | Uint8Array {
  return isEncoded(body) ? body : JSON.stringify(body);
}

function isEncoded(body: RequestBody): body is string | Uint8Array {
  return typeof body === "string" || body instanceof Uint8Array;
}

function withOptions(request: ApiRequest, params: DeleteParams): ApiRequest {
  const body = deleteOptions(params);
  return body === undefined ? request : { ...request, headers: JSON_TYPE, body: JSON.stringify(body) };
}

/** The rule of `path segment names` in k8s.io/apimachinery, which holds for every name in a URL of the API. */
function checkSegment(resource: Pick<Resource, "group" | "plural">, what: string, value: string): void {
  const fault =
    value === ""
      ? "must not be empty"
      : value === "." || value === ".."
        ? `must not be "${value}"`
        : /[/%]/.test(value)
          ? `must not contain "/" or "%", as ${JSON.stringify(value)} does`
          : undefined;
  if (fault !== undefined) throw new RequestValidationError(`${resourceName(resource)}: ${what} ${fault}`);
}
