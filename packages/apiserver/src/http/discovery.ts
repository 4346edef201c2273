import type { IncomingMessage, ServerResponse } from "node:http";
import { allResources } from "../api/custom-resources.ts";
import { aggregatedType, groupDiscoveryList } from "../discovery/aggregated.ts";
import { discoveryDocument } from "../discovery/documents.ts";
import { version } from "../discovery/version.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { sendJson, sendText } from "./respond.ts";

/** What anybody may read: health and version. False for other paths. */
export function servePublic(path: string, response: ServerResponse): boolean {
  switch (path) {
    case "/healthz":
    case "/livez":
    case "/readyz":
      sendText(response, 200, "ok");
      return true;
    case "/version":
      sendJson(response, 200, version);
      return true;
    default:
      return false;
  }
}

/** Answers the paths by which a client finds out what the server has. False for other paths. */
export function serveDiscovery(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  store: ObjectStore,
): boolean {
  const aggregated = (path === "/api" || path === "/apis") && acceptsAggregated(request);
  if (aggregated) {
    const resources = allResources(store).filter(({ group }) => (group === "") === (path === "/api"));
    sendJson(response, 200, groupDiscoveryList(resources), aggregatedType);
    return true;
  }
  const answer = discoveryDocument(path, request.headers.host ?? "", () => allResources(store));
  if (answer === undefined) return false;
  sendJson(response, 200, answer);
  return true;
}

function acceptsAggregated(request: IncomingMessage): boolean {
  return (request.headers.accept ?? "")
    .split(",")
    .map((range) => range.replaceAll(" ", "").split(";"))
    .some(
      (parts) =>
        parts[0] === "application/json" &&
        ["g=apidiscovery.k8s.io", "v=v2", "as=APIGroupDiscoveryList"].every((part) => parts.includes(part)),
    );
}
