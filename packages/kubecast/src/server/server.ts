import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

/** What is asked of the program while it runs. */
export interface Health {
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
  health: Health,
  registry: Registry,
): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (request.method !== "GET" && request.method !== "HEAD") return void response.writeHead(405).end();
    if (pathname === "/metrics") {
      const text = await registry.metrics();
      return void response.writeHead(200, { "content-type": registry.contentType }).end(text);
    }
    const check = { "/healthz": health.live, "/livez": health.live, "/readyz": health.ready }[pathname];
    if (check === undefined)
      return void response.writeHead(404).end("kubecast serves /metrics, /healthz and /readyz\n");
    const trouble = check();
    response.writeHead(trouble === undefined ? 200 : 503, { "content-type": "text/plain" }).end(`${trouble ?? "ok"}\n`);
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

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "is in use; choose another with --port (0 for any)"
          : error.code === "EACCES"
            ? "may not be opened by this user; choose one above 1023 with --port"
            : error.code === "EADDRNOTAVAIL"
              ? "is not an address of this machine; choose another with --host"
              : `cannot be opened (${error.code})`;
      reject(new PortError(`port ${port} on ${host} ${why}`));
    });
    server.listen(port, host, resolve);
  });
}
