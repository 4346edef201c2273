import type { SelectorParams } from "../resource/params.ts";
import { RawApi } from "../resource/raw-api.ts";
import type { ApiRequest } from "../resource/request.ts";
import type { Resource } from "../resource/resource.ts";
import type { Listing, StreamingList, Watching } from "./state.ts";

/** Which objects are watched. */
export interface Selection {
  /** Of any kind, whether the library knows it or not. */
  readonly resource: Resource;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** Such as `app=shop,tier!=db`. */
  readonly labelSelector?: string | undefined;
  /** Such as `spec.nodeName=node-1`. */
  readonly fieldSelector?: string | undefined;
  /** Whether of the objects the metadata alone are sent, as PartialObjectMetadata. */
  readonly metadataOnly?: boolean | undefined;
}

/** The requests of a watch. */
export class WatchRequests {
  readonly #api: RawApi;
  readonly #selectors: SelectorParams;

  /** @throws {RequestValidationError} for a namespace or resource that the API cannot have. */
  constructor({ resource, namespace, labelSelector = "", fieldSelector = "", metadataOnly }: Selection) {
    this.#api = new RawApi(resource, namespace, { metadataOnly });
    this.#selectors = { labelSelector, fieldSelector };
  }

  /** The next page of the list. Always the newest state: an older one would take the watcher back in time. */
  list(state: Listing, pageSize: number): ApiRequest {
    const page = { ...this.#selectors, continue: state.continue };
    return this.#api.list(state.whole ? page : { ...page, limit: pageSize });
  }

  /** The list as it was at a resourceVersion, whole. */
  listAt(resourceVersion: string): ApiRequest {
    return this.#api.list({ ...this.#selectors, resourceVersion, resourceVersionMatch: "Exact" });
  }

  /** The watch that the state asks for; the server ends it after `timeoutSeconds`. */
  watch(state: StreamingList | Watching, timeoutSeconds: number): ApiRequest {
    const from = state.phase === "watching" ? { resourceVersion: state.resourceVersion } : { sendInitialEvents: true };
    return this.#api.watch({ ...this.#selectors, ...from, allowWatchBookmarks: true, timeoutSeconds });
  }
}
