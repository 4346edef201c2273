import type { RequestOptions, StreamedResponse, Transport } from "../client/transport.ts";
import { answered } from "../client/writes.ts";
import type { KubeObject, Status, WatchEvent } from "../resource/object.ts";
import type { ApiRequest } from "../resource/request.ts";
import { requestInfo } from "../resource/request-info.ts";
import { apiError, type FakeClock, FakeStream, initialEventsEnd } from "../watch/fakes.test.helper.ts";

/** An API whose watches bring what was written when the test has them do so. */
export class SlowServer implements Transport {
  readonly config: { readonly server: string };
  /** Milliseconds that the next event takes; asked once an event. */
  delay: () => number;
  /** Of lists, streaming or not. */
  lists = 0;
  version = 10;
  readonly gone = new Set<string>();
  readonly #clock: FakeClock;
  readonly #objects = new Map<string, KubeObject>();
  readonly #streams = new Map<string, FakeStream>();
  readonly #lastAt = new Map<string, number>();

  constructor(clock: FakeClock, delay: () => number = () => 0, url = "https://slow") {
    this.config = { server: url };
    this.#clock = clock;
    this.delay = delay;
  }

  get(resource: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${resource}/${name}`);
  }

  /** As anybody might. */
  write(resource: string, name: string, change: (old: KubeObject) => object = (old) => old): KubeObject {
    const path = `${resource}/${name}`;
    const old = this.#objects.get(path);
    const resourceVersion = String(++this.version);
    const uid = old?.metadata.uid ?? `${name}-${resourceVersion}`;
    const blank: KubeObject = { apiVersion: "v1", kind: resource, metadata: { name, namespace: "shop", uid } };
    const changed = change(old ?? blank) as KubeObject;
    const object = { ...changed, metadata: { ...changed.metadata, resourceVersion } };
    this.#objects.set(path, object);
    this.#send(resource, { type: old === undefined ? "ADDED" : "MODIFIED", object });
    return object;
  }

  delete(resource: string, name: string): Status {
    const object = this.#objects.get(`${resource}/${name}`);
    if (object === undefined) throw apiError(404, "NotFound");
    const { uid = "" } = object.metadata;
    this.#objects.delete(`${resource}/${name}`);
    this.gone.add(uid);
    const resourceVersion = String(++this.version);
    this.#send(resource, { type: "DELETED", object: { ...object, metadata: { ...object.metadata, resourceVersion } } });
    return { apiVersion: "v1", kind: "Status", status: "Success", details: { name, uid } };
  }

  otherClient(): Transport {
    const { config } = this;
    const refused = (): never => {
      throw new Error("not asked for");
    };
    const request = <T>(asked: ApiRequest): Promise<T> => this.#request<T>(other, asked);
    const other: Transport = { config, request, requestText: refused, stream: refused };
    return other;
  }

  request<T>(request: ApiRequest): Promise<T> {
    return this.#request<T>(this, request);
  }

  async #request<T>(client: Transport, request: ApiRequest): Promise<T> {
    const { resource = "", name = "" } = requestInfo(request);
    const sent = JSON.parse(String(request.body ?? "{}")) as KubeObject;
    const answer = this.#answer(request.method, resource, name || sent.metadata?.name || "", sent);
    answered(client, request, answer);
    return structuredClone(answer) as T;
  }

  #answer(method: string, resource: string, name: string, sent: KubeObject): KubeObject | Status {
    if (method === "DELETE") return this.delete(resource, name);
    const old = this.get(resource, name);
    if (method === "PUT" && sent.metadata.resourceVersion !== old?.metadata.resourceVersion) {
      throw apiError(409, "Conflict");
    }
    return this.write(resource, name, (object) => ({ ...object, metadata: { ...object.metadata, ...sent.metadata } }));
  }

  async stream(request: ApiRequest, { signal }: RequestOptions = {}): Promise<StreamedResponse> {
    const { resource = "" } = requestInfo(request);
    this.lists++;
    const stream = new FakeStream();
    this.#streams.set(resource, stream);
    signal?.addEventListener("abort", () => stream.body.destroy());
    const items = [...this.#objects].filter(([path]) => path.startsWith(`${resource}/`));
    stream.send(
      ...items.map(([, object]): WatchEvent<KubeObject> => ({ type: "ADDED", object })),
      initialEventsEnd(String(this.version)),
    );
    return { status: 200, headers: {}, body: stream.body };
  }

  /** All watches break. */
  cut(): void {
    for (const stream of this.#streams.values()) stream.cut();
  }

  requestText(): Promise<string> {
    throw new Error("not asked for");
  }

  /** In order, however long each takes. */
  #send(resource: string, event: WatchEvent<KubeObject>): void {
    const stream = this.#streams.get(resource);
    if (stream === undefined) return;
    const at = Math.max(this.#lastAt.get(resource) ?? 0, this.#clock.now() + this.delay());
    this.#lastAt.set(resource, at);
    this.#clock.setTimeout(() => {
      if (!stream.body.destroyed) stream.send(event);
    }, at - this.#clock.now());
  }
}
