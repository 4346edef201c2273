import { DecodeError } from "../client/errors.ts";
import type { AttachedProcess } from "../client/streams/exec.ts";
import type { ListenOptions, PortForward, PortListener } from "../client/streams/port-forward.ts";
import type { RequestOptions, StreamedResponse, Transport } from "../client/transport.ts";
import type { KubeObject, Status } from "../resource/object.ts";
import type {
  ApplyParams,
  AttachParams,
  DeleteParams,
  LogParams,
  PatchParams,
  PostParams,
  TokenParams,
} from "../resource/params.ts";
import type { Apply } from "../resource/partly.ts";
import { Patch } from "../resource/patch.ts";
import type { RawApi } from "../resource/raw-api.ts";
import type { Of, objectOf } from "../resource/resource.ts";
import type { TokenRequest, TokenRequestStatus } from "../types/authentication/v1.ts";
import type { Scale } from "../types/autoscaling/v1.ts";
import type { CertificateSigningRequest } from "../types/certificates/v1.ts";
import type { EphemeralContainer, Namespace, Pod, ServiceAccount } from "../types/core/v1.ts";
import type { Decision } from "./approval.ts";

/** What an `Api` can do with the subresources of its objects; those of one kind are there for that kind alone. */
export abstract class Subresources<K extends KubeObject> implements Of<K> {
  declare readonly [objectOf]?: K;
  /** Sends the requests. */
  readonly client: Transport;
  /** Builds the requests that this sends. */
  readonly raw: RawApi;

  constructor(client: Transport, raw: RawApi) {
    this.client = client;
    this.raw = raw;
  }

  /** The whole object, as `get` gives it; for those who may read nothing but the status. */
  async getStatus(name: string, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.getStatus(name), options);
  }

  /** Replaces the status of the object and leaves the rest as it is; see `Api.replace`. */
  async replaceStatus(name: string, object: K, params?: PostParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.replaceStatus(name, object, params), options);
  }

  /** See `Api.patch`. */
  async patchStatus(name: string, patch: Patch | object, params?: PatchParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.patchStatus(name, patch, params), options);
  }

  /** See `Api.apply`; of the object, the status is taken and nothing else. */
  async applyStatus(object: Apply<K>, params: ApplyParams, options?: RequestOptions): Promise<K> {
    return this.client.request(this.raw.applyStatus(object as Apply<KubeObject>, params), options);
  }

  /** How many replicas are wanted, and how many there are. */
  async getScale(name: string, options?: RequestOptions): Promise<Scale> {
    return this.client.request(this.raw.getScale(name), options);
  }

  /** Sets how many replicas are wanted; see `Api.replace`. */
  async replaceScale(name: string, scale: Scale, params?: PostParams, options?: RequestOptions): Promise<Scale> {
    return this.client.request(this.raw.replaceScale(name, scale, params), options);
  }

  /** See `Api.patch`. */
  async patchScale(
    name: string,
    patch: Patch | object,
    params?: PatchParams,
    options?: RequestOptions,
  ): Promise<Scale> {
    return this.client.request(this.raw.patchScale(name, patch, params), options);
  }

  // Of Pods.

  /** What a pod's container has written so far. */
  async log(
    this: Subresources<Pod>,
    name: string,
    params?: Omit<LogParams, "follow">,
    options?: RequestOptions,
  ): Promise<string> {
    return this.client.requestText(this.raw.log(name, params), options);
  }

  /** The same as it is being written; destroy `body` to stop. */
  async logStream(
    this: Subresources<Pod>,
    name: string,
    params?: LogParams,
    options?: RequestOptions,
  ): Promise<StreamedResponse> {
    return this.client.stream(this.raw.log(name, { follow: true, ...params }), options);
  }

  /**
   * The lines of a log as they are written, without their ends. Leaving the loop drops the
   * connection. Ends when the container ends; rejects with the signal's reason.
   */
  async *logLines(
    this: Subresources<Pod>,
    name: string,
    params?: LogParams,
    options?: RequestOptions,
  ): AsyncGenerator<string, void, undefined> {
    const { body } = await this.logStream(name, params, options);
    const { lines } = await import("../client/streams/lines.ts");
    yield* lines(body);
  }

  /**
   * Deletes a pod unless a PodDisruptionBudget is against it, as a drain of its node does.
   *
   * ```ts
   * const refused = await pods.evict("web").catch((error) => error);
   * // Such as: ... The disruption budget web needs 2 healthy pods and has 2 currently
   * if (refused.isDisruptionBudget) console.log(refused.message);
   * ```
   *
   * @throws {ApiError} `isDisruptionBudget`: not now. What the budget allows changes when pods
   * become ready: try again in some seconds (kubectl takes five).
   */
  async evict(this: Subresources<Pod>, name: string, params?: DeleteParams, options?: RequestOptions): Promise<Status> {
    return this.client.request(this.raw.evict(name, params), options);
  }

  /**
   * Puts a pod on a node, as schedulers do.
   * @throws {ApiError} `isConflict`: it is on one already, or is being deleted.
   */
  async bind(
    this: Subresources<Pod>,
    name: string,
    nodeName: string,
    params?: PostParams,
    options?: RequestOptions,
  ): Promise<Status> {
    return this.client.request(this.raw.bind(name, nodeName, params), options);
  }

  /**
   * Changes the resources of a pod's containers while it runs. A plain object is a strategic
   * merge patch, so that one container can be named alone:
   *
   * ```ts
   * await pods.resize("web", { spec: { containers: [{ name: "web", resources: { requests: { cpu: "200m" } } }] } });
   * ```
   */
  async resize(
    this: Subresources<Pod>,
    name: string,
    patch: Patch | object,
    params?: PatchParams,
    options?: RequestOptions,
  ): Promise<Pod> {
    return this.client.request(this.raw.patchSubresource(name, "resize", byKey(patch, params), params), options);
  }

  /**
   * Starts one more container in a pod that runs, such as for `kubectl debug`. It stays: what
   * has been added can be neither changed nor removed.
   */
  async addEphemeralContainer(
    this: Subresources<Pod>,
    name: string,
    container: EphemeralContainer,
    params?: PostParams,
    options?: RequestOptions,
  ): Promise<Pod> {
    return this.patchEphemeralContainers(
      name,
      Patch.strategic({ spec: { ephemeralContainers: [container] } }),
      params,
      options,
    );
  }

  /** The whole pod, with them in its spec. */
  async getEphemeralContainers(this: Subresources<Pod>, name: string, options?: RequestOptions): Promise<Pod> {
    return this.client.request(this.raw.getSubresource(name, "ephemeralcontainers"), options);
  }

  /** Of the pod, the ephemeral containers are taken: those that there are, and new ones. */
  async replaceEphemeralContainers(
    this: Subresources<Pod>,
    name: string,
    pod: Pod,
    params?: PostParams,
    options?: RequestOptions,
  ): Promise<Pod> {
    return this.client.request(this.raw.replaceSubresource(name, "ephemeralcontainers", pod, params), options);
  }

  /** A plain object is a strategic merge patch. */
  async patchEphemeralContainers(
    this: Subresources<Pod>,
    name: string,
    patch: Patch | object,
    params?: PatchParams,
    options?: RequestOptions,
  ): Promise<Pod> {
    const request = this.raw.patchSubresource(name, "ephemeralcontainers", byKey(patch, params), params);
    return this.client.request(request, options);
  }

  // What follows is loaded when it is first called: few programs need it.

  /**
   * Runs a command in a pod's container. Resolves once the connection stands; the signal
   * cuts it at any time. The command is not given to a shell: for that, run
   * `["sh", "-c", "..."]`.
   *
   * ```ts
   * const { stdout, stderr, result } = await pods.exec("blog", ["cat", "/etc/hostname"]);
   * stderr.resume();
   * for await (const chunk of stdout) console.log(String(chunk)); // blog
   * const { exitCode } = await result;
   * console.log(exitCode); // 0
   * ```
   */
  async exec(
    this: Subresources<Pod>,
    name: string,
    command: readonly string[],
    { signal, timeout, ...params }: AttachParams & RequestOptions = {},
  ): Promise<AttachedProcess> {
    const { openProcess } = await import("../client/streams/exec.ts");
    return openProcess(this.client, this.raw.exec(name, command, params), params, given({ signal, timeout }));
  }

  /** The streams of the process that the container runs; `stdin` only where the container has one. */
  async attach(
    this: Subresources<Pod>,
    name: string,
    { signal, timeout, ...params }: AttachParams & RequestOptions = {},
  ): Promise<AttachedProcess> {
    const { openProcess } = await import("../client/streams/exec.ts");
    return openProcess(this.client, this.raw.attach(name, params), params, given({ signal, timeout }));
  }

  /**
   * One connection to each of a pod's ports, all over one WebSocket.
   *
   * ```ts
   * const forward = await pods.portForward("blog", [8080]);
   * forward.stream(8080).write("GET / HTTP/1.0\r\n\r\n");
   * for await (const chunk of forward.stream(8080)) console.log(String(chunk));
   * forward.close();
   * ```
   */
  async portForward(
    this: Subresources<Pod>,
    name: string,
    ports: readonly number[],
    options: RequestOptions = {},
  ): Promise<PortForward> {
    const { openPortForward } = await import("../client/streams/port-forward.ts");
    return openPortForward(this.client, this.raw.portForward(name, ports), ports, options);
  }

  /** Listens on this computer; each connection there becomes one to the pod's port. */
  async portForwardListen(
    this: Subresources<Pod>,
    name: string,
    port: number,
    options: ListenOptions = {},
  ): Promise<PortListener> {
    const { listen } = await import("../client/streams/port-forward.ts");
    return listen((signal) => this.portForward(name, [port], { signal }), port, options);
  }

  // Of other kinds.

  /**
   * A token of a ServiceAccount, with the time of its end.
   *
   * ```ts
   * const { token, expirationTimestamp } = await accounts.createToken("builder", { audiences: ["vault"] });
   * ```
   *
   * @throws {DecodeError} the answer has no token.
   */
  async createToken(
    this: Subresources<ServiceAccount>,
    name: string,
    params?: TokenParams,
    options?: RequestOptions,
  ): Promise<TokenRequestStatus> {
    const answer = await this.client.request<TokenRequest>(this.raw.createToken(name, params), options);
    if (answer.status?.token) return answer.status;
    throw new DecodeError(`the answer has no token (POST serviceaccounts/${name}/token)`);
  }

  /** Approves a CertificateSigningRequest; its signer then issues the certificate. */
  async approve(
    this: Subresources<CertificateSigningRequest>,
    name: string,
    decision: Decision,
    options?: RequestOptions,
  ): Promise<CertificateSigningRequest> {
    const { decide } = await import("./approval.ts");
    return decide(this, name, { type: "Approved", ...decision }, options);
  }

  /** Denies a CertificateSigningRequest, for good. */
  async deny(
    this: Subresources<CertificateSigningRequest>,
    name: string,
    decision: Decision,
    options?: RequestOptions,
  ): Promise<CertificateSigningRequest> {
    const { decide } = await import("./approval.ts");
    return decide(this, name, { type: "Denied", ...decision }, options);
  }

  /** The whole request; its `status.conditions` say whether it is approved. */
  async getApproval(
    this: Subresources<CertificateSigningRequest>,
    name: string,
    options?: RequestOptions,
  ): Promise<CertificateSigningRequest> {
    return this.client.request(this.raw.getSubresource(name, "approval"), options);
  }

  /** Of the object, the conditions are taken; see `Api.replace`. */
  async replaceApproval(
    this: Subresources<CertificateSigningRequest>,
    name: string,
    object: CertificateSigningRequest,
    params?: PostParams,
    options?: RequestOptions,
  ): Promise<CertificateSigningRequest> {
    return this.client.request(this.raw.replaceSubresource(name, "approval", object, params), options);
  }

  /** See `Api.patch`. */
  async patchApproval(
    this: Subresources<CertificateSigningRequest>,
    name: string,
    patch: Patch | object,
    params?: PatchParams,
    options?: RequestOptions,
  ): Promise<CertificateSigningRequest> {
    return this.client.request(this.raw.patchSubresource(name, "approval", patch, params), options);
  }

  /** Replaces a namespace with the `spec.finalizers` given, which no other request can set; its status stays. */
  async finalize(
    this: Subresources<Namespace>,
    name: string,
    namespace: Namespace,
    params?: PostParams,
    options?: RequestOptions,
  ): Promise<Namespace> {
    return this.client.request(this.raw.replaceSubresource(name, "finalize", namespace, params), options);
  }
}

/** As a strategic merge patch where nothing says otherwise: a pod's lists are told apart by their keys. */
function byKey(patch: Patch | object, params: PatchParams = {}): Patch {
  return Patch.of(patch, params.strategy ?? (patch instanceof Patch ? patch.strategy : "Strategic"));
}

function given({ signal, timeout }: { signal: AbortSignal | undefined; timeout: number | undefined }): RequestOptions {
  return { ...(signal !== undefined && { signal }), ...(timeout !== undefined && { timeout }) };
}
