import type { RequestOptions, Transport } from "../client/transport.ts";
import * as named from "../resource/named.ts";
import type { KubeObject, ObjectList, Status, WatchEvent } from "../resource/object.ts";
import type {
  ApplyParams,
  DeleteParams,
  ListParams,
  PatchParams,
  PostParams,
  SelectorParams,
  WatchParams,
} from "../resource/params.ts";
import type { Apply } from "../resource/partly.ts";
import type { Patch } from "../resource/patch.ts";
import { RawApi } from "../resource/raw-api.ts";
import type { ResourceOf } from "../resource/resource.ts";
import type * as admissionregistrationv1 from "../types/admissionregistration/v1.ts";
import type * as apiextensionsv1 from "../types/apiextensions/v1.ts";
import type * as appsv1 from "../types/apps/v1.ts";
import type * as authorizationv1 from "../types/authorization/v1.ts";
import type * as autoscalingv1 from "../types/autoscaling/v1.ts";
import type * as batchv1 from "../types/batch/v1.ts";
import type * as corev1 from "../types/core/v1.ts";
import type { PartialObjectMetadata } from "../types/meta/v1.ts";
import type * as networkingv1 from "../types/networking/v1.ts";
import type * as storagev1 from "../types/storage/v1.ts";
import { decodeEvents } from "../wire/frames.ts";
import type { Condition } from "./conditions.ts";
import { Subresources } from "./subresources.ts";
import type { WaitOptions } from "./wait.ts";

/** Objects a page of `listAll`; what client-go and kube take too. */
const PAGE = 500;

/**
 * The objects of one kind, typed. Immutable: `within`, `group` and `version`
 * return a new one. Without `within`, lists and watches span all namespaces.
 *
 * Every method rejects as its `Transport` does, and with a
 * `RequestValidationError` for what cannot be sent.
 *
 * ```ts
 * const pods = Api.v1Pod(client).within("default");
 * const pod = await pods.get("blog");
 * ```
 */
export class Api<K extends KubeObject> extends Subresources<K> {
  /**
   * Of any resource: a kind of `@kubecast/kube/<group>/<version>`, which brings its type along,
   * or what `findResource` and a `Discovery` give.
   *
   * ```ts
   * import { Lease } from "@kubecast/kube/coordination/v1";
   * const leases = Api.of(client, Lease).within("default");
   * ```
   */
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

  /** Of one namespace. */
  within(namespace: string): Api<K> {
    return new Api<K>(this.client, this.raw.within(namespace));
  }

  /** Of another API group. */
  group(group: string): Api<K> {
    return new Api<K>(this.client, this.raw.group(group));
  }

  /** Of another version of the group. */
  version(version: string): Api<K> {
    return new Api<K>(this.client, this.raw.version(version));
  }

  /**
   * The same objects, but their metadata alone, which is all that is sent: for what reads no
   * more than names, labels, annotations or owners. Lists, watches, patches and deletes; an
   * `Informer`, a `Reflector` and a `Controller` take it too. To create or replace is a
   * `RequestValidationError`. The objects say that they are of the kind PartialObjectMetadata:
   * for an owner reference or an Event, take the kind from `raw.resource`.
   *
   * ```ts
   * const reflector = Reflector.new(Api.v1Secret(client).metadata());
   * ```
   */
  metadata(): Api<PartialObjectMetadata> {
    return new Api<PartialObjectMetadata>(this.client, this.raw.metadata());
  }

  /** @throws {ApiError} `isNotFound`: there is none of this name. */
  async get(name: string, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.get(name), options);
  }

  /**
   * @returns the object as it is stored, with its identity and what the server filled in.
   * @throws {ApiError} `isAlreadyExists`, or `isInvalid`, whose `status.details.causes` tell the fields.
   */
  async create(object: K, params?: PostParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.create(object, params), options);
  }

  /** Fails with a conflict if the object is not the newest: `metadata.resourceVersion` tells. */
  async replace(name: string, object: K, params?: PostParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.replace(name, object, params), options);
  }

  /**
   * Changes an object. How the patch is read, `Patch.merge` and the like say, or
   * `params.strategy` for a plain object or array; without either it is a JSON merge patch.
   *
   * ```ts
   * await pods.patch("web", Patch.merge({ metadata: { labels: { tier: "front" } } }));
   * ```
   *
   * @throws {RequestValidationError} the patch and the strategy contradict each other.
   */
  async patch(name: string, patch: Patch | object, params?: PatchParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.patch(name, patch, params), options);
  }

  /**
   * Server-side apply: creates the object, or changes it where its fields differ from those
   * given, which are the `fieldManager`'s from then on. What it applied before and leaves out
   * now is removed. `apiVersion` and `kind` are filled in.
   *
   * ```ts
   * await maps.apply({ metadata: { name: "web" }, data: { color: "blue" } }, { fieldManager: "painter" });
   * ```
   *
   * @throws {ApiError} `isConflict`: another manager owns one of the fields; `fieldConflicts` tells which.
   */
  async apply(object: Apply<K>, params: ApplyParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.apply(object as Apply<KubeObject>, params), options);
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
   *
   * @throws {ApiError} `isGone`: reading took so long that the server has forgotten that moment
   * (five minutes). Begin anew or, where what changed meanwhile may be half seen, go on with
   * the rest as it is now: `listAll({ continue: error.status.metadata.continue })`.
   */
  async *listAll(params: ListParams = {}, options?: RequestOptions): AsyncGenerator<ObjectList<K>, void, undefined> {
    let next: ListParams | undefined = { limit: PAGE, ...params };
    while (next !== undefined) {
      const page: ObjectList<K> = await this.list(next, options);
      yield page;
      next = page.metadata.continue ? followOn(next, page.metadata.continue) : undefined;
    }
  }

  /**
   * The objects of all pages, one by one; see `listAll`.
   *
   * ```ts
   * for await (const pod of pods.items({ labelSelector: "app=shop" })) console.log(pod.metadata.name); // web
   * ```
   */
  async *items(params?: ListParams, options?: RequestOptions): AsyncGenerator<K, void, undefined> {
    for await (const page of this.listAll(params, options)) yield* page.items;
  }

  /** Deletes all that the selectors choose: the objects or, from servers that say no more, a Status. */
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

  /** Watches the object of this name until the condition holds; see `waitFor`. */
  async wait(name: string, condition: Condition<K>, options?: WaitOptions): Promise<K | undefined> {
    const { waitFor } = await import("./wait.ts");
    return waitFor(this, name, condition, options);
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

/** The token carries the resourceVersion; the API refuses a request that names both. */
function followOn(params: ListParams, token: string): ListParams {
  const { resourceVersion: _, resourceVersionMatch: __, ...rest } = params;
  return { ...rest, continue: token };
}
