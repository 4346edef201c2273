import type { IncomingMessage, ServerResponse } from "node:http";
import { findResource } from "../api/custom-resources.ts";
import { servedVersions } from "../api/resources.ts";
import { badRequest, methodNotAllowed, noSuchResource, StatusError } from "../api/status-error.ts";
import type { Containers } from "../containers/containers.ts";
import type { Registry, Subresource } from "../registry/target.ts";
import { type Authorize, authenticate, checkAccess, verbOf } from "./access.ts";
import { isOfContainers, serveContainer, type Upgrade } from "./container-handler.ts";
import { serveDiscovery, servePublic } from "./discovery.ts";
import { parseResourcePath, type ResourcePath } from "./path.ts";
import { flag, parseWatchOptions } from "./query.ts";
import { serveCollection, serveObject } from "./resource-handler.ts";
import { requireAcceptsJson, sendError, sendText } from "./respond.ts";
import { WatchStream } from "./watch-stream.ts";

export interface HandlerOptions {
  readonly registry: Registry;
  readonly token: string;
  readonly authorize: Authorize | undefined;
  readonly containers: Containers;
  /** Milliseconds. */
  readonly bookmarkInterval: number;
  /** Told of each watch before it starts. */
  readonly onWatch: (watch: WatchStream, response: ServerResponse) => void;
}

/**
 * Answers one request; whatever goes wrong becomes a Status.
 * @param upgrade the connection, where the client wants to speak another protocol on it.
 */
export async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: HandlerOptions,
  upgrade?: Upgrade,
): Promise<void> {
  // A client that goes away while it is written to is no fault of the server.
  response.on("error", () => response.destroy());
  try {
    await dispatch(request, response, options, upgrade);
  } catch (error) {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const status = error instanceof URIError ? badRequest("the path has a broken percent sign") : error;
    sendError(response, status instanceof StatusError ? status : internalError(status));
  }
}

async function dispatch(
  request: IncomingMessage,
  response: ServerResponse,
  options: HandlerOptions,
  upgrade: Upgrade | undefined,
): Promise<void> {
  const { pathname, search } = splitUrl(request.url ?? "/");
  if (request.method === "GET" && servePublic(pathname, response)) return;
  authenticate(request, options.token);
  if (request.method === "GET" && serveDiscovery(pathname, request, response, options.registry.store)) return;
  const path = parseResourcePath(pathname);
  if (path === undefined) return sendText(response, 404, "404 page not found\n");
  await serveResource(request, response, path, new URLSearchParams(search), options, upgrade);
}

async function serveResource(
  request: IncomingMessage,
  response: ServerResponse,
  path: ResourcePath,
  query: URLSearchParams,
  options: HandlerOptions,
  upgrade: Upgrade | undefined,
): Promise<void> {
  const verb = verbOf(request.method, path, flag(query, "watch"));
  if (options.authorize !== undefined) checkAccess(options.authorize, verb, path);
  const resource = findResource(options.registry.store, path.apiVersion, path.plural);
  if (resource === undefined) {
    if (servedVersions.has(path.apiVersion)) throw noSuchResource();
    return sendText(response, 404, "404 page not found\n");
  }
  const { namespace, name, subresource } = path;
  if (namespace !== undefined && !resource.namespaced) throw noSuchResource();
  const served = resource.subresources.find((each) => each.name === subresource);
  if (subresource !== undefined && served === undefined) throw noSuchResource();
  requireAcceptsJson(request);
  const verbs = name !== undefined && verb === "create" ? (served?.verbs ?? []) : (served ?? resource).verbs;
  if (!verbs.includes(verb)) throw methodNotAllowed();

  const { registry, bookmarkInterval } = options;
  const target = { resource, namespace };
  if (verb === "watch") {
    const watch = new WatchStream(
      response,
      { store: registry.store, resource, namespace, bookmarkInterval },
      parseWatchOptions(query, resource),
    );
    options.onWatch(watch, response);
    watch.start();
    return;
  }
  const call = { request, response, query, registry };
  if (name === undefined) return serveCollection(call, verb, target);
  if (resource.namespaced && namespace === undefined) throw noSuchResource();
  if (served !== undefined && isOfContainers(served.name)) {
    // A WebSocket begins with a GET, but who may not create is not to run anything (Kubernetes 1.35).
    if (options.authorize !== undefined && upgrade !== undefined) checkAccess(options.authorize, "create", path);
    return serveContainer({ ...call, containers: options.containers, upgrade }, { ...target, name }, served.name);
  }
  return serveObject(call, verb, { ...target, name, subresource: served?.name as Subresource | undefined });
}

function splitUrl(url: string): { pathname: string; search: string } {
  const mark = url.indexOf("?");
  return mark < 0 ? { pathname: url, search: "" } : { pathname: url.slice(0, mark), search: url.slice(mark + 1) };
}

function internalError(error: unknown): StatusError {
  const why = error instanceof Error ? error.message : String(error);
  return new StatusError(500, "InternalError", `Internal error occurred: ${why}`);
}
