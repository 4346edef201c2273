import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

/** What is asked of the program while it runs. */
export interface Checks {
  /** Undefined when all is well, else what is not. */
  live(): string | undefined;
  ready(): string | undefined;
}

export interface HttpServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** The port cannot be had; the message says why. */
export class PortError extends Error {
  override readonly name = "PortError";
}

/** Serves `/healthz`, `/readyz` and `/metrics`. Throws PortError. */
export async function startServer(
  options: { host: string; port: number },
  checks: Checks,
  registry: Registry,
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    answer(request, checks, registry).then(
      ({ status, type = "text/plain; charset=utf-8", body }) =>
        response.writeHead(status, { "content-type": type }).end(request.method === "HEAD" ? undefined : body),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { method, url = "/" }: IncomingMessage,
  checks: Checks,
  registry: Registry,
): Promise<{ status: number; type?: string; body: string }> {
  if (method !== "GET" && method !== "HEAD") return { status: 405, body: "only GET and HEAD\n" };
  const check = (trouble: string | undefined) => ({
    status: trouble === undefined ? 200 : 503,
    body: `${trouble ?? "ok"}\n`,
  });
  switch (url.split("?", 1)[0]) {
    case "/healthz":
    case "/livez":
      return check(checks.live());
    case "/readyz":
      return check(checks.ready());
    case "/metrics":
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    default:
      return { status: 404, body: "kubecast serves /metrics, /healthz and /readyz\n" };
  }
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const where = `port ${port} on ${host}`;
      const why =
        error.code === "EADDRINUSE"
          ? `${where} is in use; choose another with --port (0 for any)`
          : error.code === "EACCES"
            ? `${where} may not be opened by this user; choose one above 1023 with --port`
            : error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND"
              ? `${host} is not an address of this machine; choose another with --host`
              : `${where} cannot be opened (${error.code}); choose another with --port and --host`;
      reject(new PortError(why));
    });
    server.listen(port, host, resolve);
  });
}
