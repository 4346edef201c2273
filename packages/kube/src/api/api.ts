import type { AttachedProcess } from "../client/streams/exec.ts";
import type { ListenOptions, PortForward, PortListener } from "../client/streams/port-forward.ts";
import type { RequestOptions, StreamedResponse, Transport } from "../client/transport.ts";
import * as named from "../resource/named.ts";
import type { KubeObject, ObjectList, Status, WatchEvent } from "../resource/object.ts";
import type {
  AttachParams,
  DeleteParams,
  ListParams,
  LogParams,
  PatchParams,
  PostParams,
  SelectorParams,
  WatchParams,
} from "../resource/params.ts";
import { RawApi } from "../resource/raw-api.ts";
import type { Of, objectOf, ResourceOf } from "../resource/resource.ts";
import type * as admissionregistrationv1 from "../types/admissionregistration/v1.ts";
import type * as apiextensionsv1 from "../types/apiextensions/v1.ts";
import type * as appsv1 from "../types/apps/v1.ts";
import type * as authorizationv1 from "../types/authorization/v1.ts";
import type * as autoscalingv1 from "../types/autoscaling/v1.ts";
import type * as batchv1 from "../types/batch/v1.ts";
import type * as corev1 from "../types/core/v1.ts";
import type * as networkingv1 from "../types/networking/v1.ts";
import type * as storagev1 from "../types/storage/v1.ts";
import { decodeEvents } from "../wire/frames.ts";
import type { Condition } from "./conditions.ts";
import type { WaitOptions } from "./wait.ts";

/** Objects a page of `listAll`; what client-go and kube take too. */
const PAGE = 500;

/** A patch: part of an object or, for the strategy JSON, an array of operations. */
export type Patch = object;

/**
 * The objects of one kind, typed. Immutable: `within`, `group` and `version`
 * return a new one. Without `within`, lists and watches span all namespaces.
 *
 * Every method rejects as its `Transport` does, and with a
 * `RequestValidationError` for what cannot be sent.
 *
 *     const pods = Api.v1Pod(client).within("default");
 *     const pod = await pods.get("blog");
 */
export class Api<K extends KubeObject> implements Of<K> {
  declare readonly [objectOf]?: K;
  readonly client: Transport;
  /** Builds the requests that this sends. */
  readonly raw: RawApi;

  constructor(client: Transport, raw: RawApi) {
    this.client = client;
    this.raw = raw;
  }

  static of<K extends KubeObject>(client: Transport, resource: ResourceOf<K>): Api<K> {
    return new Api<K>(client, new RawApi(resource));
  }

  /** See `RawApi.customResource`; `group` must follow. */
  static customResource<K extends KubeObject = KubeObject>(
    client: Transport,
    plural: string,
    options?: { kind?: string; namespaced?: boolean },
  ): Api<K> {
    return new Api<K>(client, RawApi.customResource(plural, options));
  }

  within(namespace: string): Api<K> {
    return new Api<K>(this.client, this.raw.within(namespace));
  }

  group(group: string): Api<K> {
    return new Api<K>(this.client, this.raw.group(group));
  }

  version(version: string): Api<K> {
    return new Api<K>(this.client, this.raw.version(version));
  }

  async get(name: string, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.get(name), options);
  }

  async create(object: K, params?: PostParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.create(object, params), options);
  }

  /** Fails with a conflict if the object is not the newest: `metadata.resourceVersion` tells. */
  async replace(name: string, object: K, params?: PostParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.replace(name, object, params), options);
  }

  async patch(name: string, patch: Patch, params?: PatchParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.patch(name, patch, params), options);
  }

  /** The object, if it is on its way to be deleted; a Status, if it is gone. `isStatus` tells them apart. */
  async delete(name: string, params?: DeleteParams, options?: RequestOptions): Promise<K | Status> {
    return this.client.request(this.raw.delete(name, params), options);
  }

  /** One page or, without `limit`, all. */
  async list(params?: ListParams, options?: RequestOptions): Promise<ObjectList<K>> {
    return this.client.request(this.raw.list(params), options);
  }

  /**
   * Page after page, all of one moment: the same `metadata.resourceVersion`.
   * If reading takes so long that the server forgets that moment (five minutes),
   * it fails with an ApiError that `isGone`.
   */
  async *listAll(params: ListParams = {}, options?: RequestOptions): AsyncGenerator<ObjectList<K>, void, undefined> {
    let next: ListParams | undefined = { limit: PAGE, ...params };
    while (next !== undefined) {
      const page: ObjectList<K> = await this.list(next, options);
      yield page;
      next = page.metadata.continue ? followOn(next, page.metadata.continue) : undefined;
    }
  }

  async deleteCollection(
    selectors?: SelectorParams,
    params?: DeleteParams,
    options?: RequestOptions,
  ): Promise<ObjectList<K> | Status> {
    return this.client.request(this.raw.deleteCollection(selectors, params), options);
  }

  /**
   * One watch, until the server ends it. Leaving the loop drops the connection;
   * an `Informer` goes on by itself.
   *
   * @throws {DecodeError} what came is no event.
   */
  async *watch(params?: WatchParams, options?: RequestOptions): AsyncGenerator<WatchEvent<K>, void, undefined> {
    const { body } = await this.client.stream(this.raw.watch(params), options);
    for await (const events of decodeEvents<K>(body)) yield* events;
  }

  async getStatus(name: string, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.getStatus(name), options);
  }

  async replaceStatus(name: string, object: K, params?: PostParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.replaceStatus(name, object, params), options);
  }

  async patchStatus(name: string, patch: Patch, params?: PatchParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.patchStatus(name, patch, params), options);
  }

  async getScale(name: string, options?: RequestOptions): Promise<autoscalingv1.Scale> {
    return this.client.request(this.raw.getScale(name), options);
  }

  async replaceScale(
    name: string,
    scale: autoscalingv1.Scale,
    params?: PostParams,
    options?: RequestOptions,
  ): Promise<autoscalingv1.Scale> {
    return this.client.request(this.raw.replaceScale(name, scale, params), options);
  }

  async patchScale(
    name: string,
    patch: Patch,
    params?: PatchParams,
    options?: RequestOptions,
  ): Promise<autoscalingv1.Scale> {
    return this.client.request(this.raw.patchScale(name, patch, params), options);
  }

  /** What a pod's container has written so far. */
  async log(name: string, params?: Omit<LogParams, "follow">, options?: RequestOptions): Promise<string> {
    return this.client.requestText(this.raw.log(name, params), options);
  }

  /** The same as it is being written; destroy `body` to stop. */
  async logStream(name: string, params?: LogParams, options?: RequestOptions): Promise<StreamedResponse> {
    return this.client.stream(this.raw.log(name, { follow: true, ...params }), options);
  }

  /**
   * The lines of a log as they are written, without their ends. Leaving the loop drops the
   * connection. Ends when the container ends; rejects with the signal's reason.
   */
  async *logLines(name: string, params?: LogParams, options?: RequestOptions): AsyncGenerator<string, void, undefined> {
    const { body } = await this.logStream(name, params, options);
    const { lines } = await import("../client/streams/lines.ts");
    yield* lines(body);
  }

  /** Watches the object of this name until the condition holds; see `waitFor`. */
  async wait(name: string, condition: Condition<K>, options?: WaitOptions): Promise<K | undefined> {
    const { waitFor } = await import("./wait.ts");
    return waitFor(this, name, condition, options);
  }

  // What follows is loaded when it is first called: few programs need it.

  /**
   * Runs a command in a pod's container. Resolves once the connection stands; the signal
   * cuts it at any time. The command is not given to a shell: for that, run
   * `["sh", "-c", "..."]`.
   *
   *     const { stdout, result } = await pods.exec("blog", ["cat", "/etc/hostname"]);
   *     for await (const chunk of stdout) process.stdout.write(chunk);
   *     const { exitCode } = await result;
   */
  async exec(
    name: string,
    command: readonly string[],
    { signal, timeout, ...params }: AttachParams & RequestOptions = {},
  ): Promise<AttachedProcess> {
    const { openProcess } = await import("../client/streams/exec.ts");
    return openProcess(this.client, this.raw.exec(name, command, params), params, given({ signal, timeout }));
  }

  /** The streams of the process that the container runs; `stdin` only where the container has one. */
  async attach(
    name: string,
    { signal, timeout, ...params }: AttachParams & RequestOptions = {},
  ): Promise<AttachedProcess> {
    const { openProcess } = await import("../client/streams/exec.ts");
    return openProcess(this.client, this.raw.attach(name, params), params, given({ signal, timeout }));
  }

  /**
   * One connection to each of a pod's ports, all over one WebSocket.
   *
   *     const forward = await pods.portForward("blog", [8080]);
   *     forward.stream(8080).end("...");
   */
  async portForward(name: string, ports: readonly number[], options: RequestOptions = {}): Promise<PortForward> {
    const { openPortForward } = await import("../client/streams/port-forward.ts");
    return openPortForward(this.client, this.raw.portForward(name, ports), ports, options);
  }

  /** Listens on this computer; each connection there becomes one to the pod's port. */
  async portForwardListen(name: string, port: number, options: ListenOptions = {}): Promise<PortListener> {
    const { listen } = await import("../client/streams/port-forward.ts");
    return listen((signal) => this.portForward(name, [port], { signal }), port, options);
  }

  static v1Namespace = (client: Transport): Api<corev1.Namespace> => Api.of(client, named.v1Namespace);
  static v1Node = (client: Transport): Api<corev1.Node> => Api.of(client, named.v1Node);
  static v1PersistentVolume = (client: Transport): Api<corev1.PersistentVolume> =>
    Api.of(client, named.v1PersistentVolume);
  static v1ConfigMap = (client: Transport): Api<corev1.ConfigMap> => Api.of(client, named.v1ConfigMap);
  static v1Event = (client: Transport): Api<corev1.Event> => Api.of(client, named.v1Event);
  static v1PersistentVolumeClaim = (client: Transport): Api<corev1.PersistentVolumeClaim> =>
    Api.of(client, named.v1PersistentVolumeClaim);
  static v1Pod = (client: Transport): Api<corev1.Pod> => Api.of(client, named.v1Pod);
  static v1ReplicationController = (client: Transport): Api<corev1.ReplicationController> =>
    Api.of(client, named.v1ReplicationController);
  static v1ResourceQuota = (client: Transport): Api<corev1.ResourceQuota> => Api.of(client, named.v1ResourceQuota);
  static v1Secret = (client: Transport): Api<corev1.Secret> => Api.of(client, named.v1Secret);
  static v1Service = (client: Transport): Api<corev1.Service> => Api.of(client, named.v1Service);
  static v1DaemonSet = (client: Transport): Api<appsv1.DaemonSet> => Api.of(client, named.v1DaemonSet);
  static v1Deployment = (client: Transport): Api<appsv1.Deployment> => Api.of(client, named.v1Deployment);
  static v1ReplicaSet = (client: Transport): Api<appsv1.ReplicaSet> => Api.of(client, named.v1ReplicaSet);
  static v1StatefulSet = (client: Transport): Api<appsv1.StatefulSet> => Api.of(client, named.v1StatefulSet);
  static v1CronJob = (client: Transport): Api<batchv1.CronJob> => Api.of(client, named.v1CronJob);
  static v1Job = (client: Transport): Api<batchv1.Job> => Api.of(client, named.v1Job);
  static v1HorizontalPodAutoscaler = (client: Transport): Api<autoscalingv1.HorizontalPodAutoscaler> =>
    Api.of(client, named.v1HorizontalPodAutoscaler);
  static v1Ingress = (client: Transport): Api<networkingv1.Ingress> => Api.of(client, named.v1Ingress);
  static v1NetworkPolicy = (client: Transport): Api<networkingv1.NetworkPolicy> =>
    Api.of(client, named.v1NetworkPolicy);
  static v1VolumeAttachment = (client: Transport): Api<storagev1.VolumeAttachment> =>
    Api.of(client, named.v1VolumeAttachment);
  static v1SelfSubjectRulesReview = (client: Transport): Api<authorizationv1.SelfSubjectRulesReview> =>
    Api.of(client, named.v1SelfSubjectRulesReview);
  static v1ValidatingWebhookConfiguration = (
    client: Transport,
  ): Api<admissionregistrationv1.ValidatingWebhookConfiguration> =>
    Api.of(client, named.v1ValidatingWebhookConfiguration);
  static v1CustomResourceDefinition = (client: Transport): Api<apiextensionsv1.CustomResourceDefinition> =>
    Api.of(client, named.v1CustomResourceDefinition);
}

function given({ signal, timeout }: { signal: AbortSignal | undefined; timeout: number | undefined }): RequestOptions {
  return { ...(signal !== undefined && { signal }), ...(timeout !== undefined && { timeout }) };
}

/** The token carries the resourceVersion; the API refuses a request that names both. */
function followOn(params: ListParams, token: string): ListParams {
  const { resourceVersion: _, resourceVersionMatch: __, ...rest } = params;
  return { ...rest, continue: token };
}
