import type { ApiRequest } from "../client/transport.ts";
import type { Resource } from "../resource/resource.ts";
import type { Listing, StreamingList, Watching } from "./state.ts";

/** Which objects are watched. */
export interface Selection {
  readonly resource: Resource;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** Such as `app=shop,tier!=db`. */
  readonly labelSelector?: string | undefined;
  /** Such as `spec.nodeName=node-1`. */
  readonly fieldSelector?: string | undefined;
}

/** The next page of the list. Always the newest state: an older one would take the watcher back in time. */
export function listRequest(selection: Selection, state: Listing, pageSize: number): ApiRequest {
  return get(selection, {
    ...(state.whole ? {} : { limit: String(pageSize) }),
    ...(state.continue === "" ? {} : { continue: state.continue }),
  });
}

/** The watch that the state asks for; the server ends it after `timeoutSeconds`. */
export function watchRequest(
  selection: Selection,
  state: StreamingList | Watching,
  timeoutSeconds: number,
): ApiRequest {
  const from =
    state.phase === "watching"
      ? { resourceVersion: state.resourceVersion }
      : { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" };
  return get(selection, {
    watch: "true",
    allowWatchBookmarks: "true",
    ...from,
    timeoutSeconds: String(timeoutSeconds),
  });
}

function get(selection: Selection, parameters: Record<string, string>): ApiRequest {
  const query = new URLSearchParams(parameters);
  if (selection.labelSelector) query.set("labelSelector", selection.labelSelector);
  if (selection.fieldSelector) query.set("fieldSelector", selection.fieldSelector);
  const text = query.toString();
  return {
    method: "GET",
    path: text === "" ? collectionPath(selection) : `${collectionPath(selection)}?${text}`,
    headers: { accept: "application/json" },
  };
}

function collectionPath({ resource, namespace }: Selection): string {
  const { group, version, plural, namespaced } = resource;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  if (namespace === undefined) return `${root}/${plural}`;
  if (!namespaced) throw new TypeError(`${plural} are not namespaced, but are watched in namespace ${namespace}`);
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
