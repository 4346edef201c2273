import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { fieldsOf, objectsOf } from "../api/fields.ts";
import { badRequest, notFound } from "../api/status-error.ts";
import type { Containers } from "../containers/containers.ts";
import { serveLog } from "../containers/log-stream.ts";
import { parsePorts, portForwardProtocols, servePortForward } from "../containers/port-forward.ts";
import { servePortForwardTunnel, tunnelProtocol } from "../containers/port-forward-tunnel.ts";
import { remoteCommandProtocols, runMainProcess, serveRemoteCommand } from "../containers/remote-command.ts";
import { keyOf, type ObjectTarget, type Registry } from "../registry/target.ts";

/** A connection that its client wants to turn into one of another protocol. */
export interface Upgrade {
  readonly socket: Duplex;
  /** What came already after the request. */
  readonly head: Buffer;
}

export interface ContainerCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly registry: Registry;
  readonly containers: Containers;
  readonly upgrade: Upgrade | undefined;
}

const containerSubresources = new Set(["log", "exec", "attach", "portforward"]);

export function isOfContainers(subresource: string | undefined): boolean {
  return subresource !== undefined && containerSubresources.has(subresource);
}

/** The subresources of a Pod that a kubelet answers. */
export function serveContainer(call: ContainerCall, target: Omit<ObjectTarget, "subresource">, which: string): void {
  const { query, containers } = call;
  const { namespace = "", name: pod } = target;
  const pods = call.registry.store.collection(target.resource);
  const key = keyOf(namespace, pod);
  const stored = pods.get(key);
  if (stored === undefined) throw notFound(target.resource, pod);
  if (which === "portforward") {
    servePorts(call);
    return;
  }
  const container = chooseContainer(
    fieldsOf((stored.object as { spec?: unknown }).spec),
    pod,
    query.get("container") ?? "",
  );
  const log = containers.log(namespace, pod, container);
  if (which === "log") {
    serveLog(call.response, log, query, { name: container, pod, now: call.registry.clock() });
    // With the Pod goes the log that somebody follows.
    const stop = pods.onChange(() => {
      if (pods.get(key) === undefined) call.response.end();
    });
    call.response.once("close", stop);
    return;
  }
  if (which === "exec" && !query.has("command"))
    throw badRequest("you must specify at least 1 command for the container");
  const files = containers.files(namespace, pod, container, stored.object.metadata.uid);
  accept(call, remoteCommandProtocols, (socket) =>
    serveRemoteCommand(socket, query, (execution) =>
      which === "exec" ? containers.run({ ...execution, files }) : runMainProcess(execution, log),
    ),
  );
}

/** The tunnel names its ports as it goes, the other protocol in the query. */
function servePorts(call: ContainerCall): void {
  if (offered(call.request).includes(tunnelProtocol)) {
    accept(call, [tunnelProtocol], (socket) => servePortForwardTunnel(socket, call.containers));
    return;
  }
  const ports = call.upgrade === undefined ? [] : parsePorts(call.query);
  accept(call, portForwardProtocols, (socket) => servePortForward(socket, ports, call.containers));
}

/** Speaks the first of our protocols that the client offers. */
function accept(call: ContainerCall, protocols: readonly string[], serve: (socket: WebSocket) => void): void {
  const { request, upgrade } = call;
  if (upgrade === undefined || request.headers.upgrade?.toLowerCase() !== "websocket") {
    throw badRequest("Upgrade request required");
  }
  const protocol = protocols.find((each) => offered(request).includes(each));
  if (protocol === undefined) throw badRequest(`none of the offered subprotocols is one of ${protocols.join(", ")}`);
  // `ws` takes no slash in the name of a subprotocol, and the tunnel's has one.
  delete request.headers["sec-websocket-protocol"];
  const server = new WebSocketServer({ noServer: true });
  server.on("headers", (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  call.response.detachSocket(upgrade.socket as never);
  server.handleUpgrade(request, upgrade.socket, upgrade.head, serve);
}

function offered(request: IncomingMessage): string[] {
  return (request.headers["sec-websocket-protocol"] ?? "").split(",").map((each) => each.trim());
}

/** The one asked for or, where none is, the only one. */
function chooseContainer(spec: Record<string, unknown>, pod: string, asked: string): string {
  const names = ["containers", "initContainers", "ephemeralContainers"].map((field) =>
    objectsOf(spec[field]).map(({ name }) => String(name)),
  );
  const [own = []] = names;
  if (asked !== "") {
    if (names.flat().includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${pod}`);
  }
  const [only = "", second] = own;
  if (second === undefined) return only;
  throw badRequest(`a container name must be specified for pod ${pod}, choose one of: [${own.join(" ")}]`);
}
