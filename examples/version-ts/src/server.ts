import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Reflector } from "@kubecast/kube";
import type { Metrics } from "./metrics.ts";
import { type SlimDeployment, versionsOf } from "./versions.ts";

interface Answer {
  /** The route, for the metrics: as many as there are, whatever is asked for. */
  endpoint: string;
  status: number;
  type?: string;
  body: string;
}

/** Listens; throws what `listen` fails with. */
export async function startServer(
  port: number,
  deployments: Reflector<SlimDeployment>,
  metrics: Metrics,
): Promise<Server> {
  const server = createServer(async ({ method = "", url = "/" }, response) => {
    const began = performance.now();
    const path = url.split("?", 1)[0] ?? "/";
    const { endpoint, status, type = "text/plain; charset=utf-8", body } = await answer(method, path);
    response.writeHead(status, { "content-type": type }).end(body);
    metrics.requests.observe({ endpoint, method, status }, (performance.now() - began) / 1_000);
  });

  async function answer(method: string, path: string): Promise<Answer> {
    if (method !== "GET" && method !== "HEAD") return { endpoint: "other", status: 405, body: "only GET and HEAD\n" };
    if (path === "/versions") return json(path, deployments.state().flatMap(versionsOf));
    if (path === "/metrics") {
      const body = await metrics.registry.metrics();
      return { endpoint: path, status: 200, type: metrics.registry.contentType, body };
    }
    if (path === "/health") {
      const { synced } = deployments;
      return { endpoint: path, status: synced ? 200 : 503, body: synced ? "up" : "not listed yet" };
    }
    const endpoint = "/versions/{namespace}/{name}";
    const [, namespace, name] = path.match(/^\/versions\/([^/]+)\/([^/]+)$/) ?? [];
    if (namespace === undefined || name === undefined) return { endpoint: "other", status: 404, body: "not found" };
    const deployment = deployments.getWithin(name, namespace);
    const [version] = deployment === undefined ? [] : versionsOf(deployment);
    return version === undefined ? { endpoint, status: 404, body: "not found" } : json(endpoint, version);
  }

  server.listen(port);
  await once(server, "listening");
  return server;
}

function json(endpoint: string, value: unknown): Answer {
  return { endpoint, status: 200, type: "application/json", body: JSON.stringify(value) };
}
