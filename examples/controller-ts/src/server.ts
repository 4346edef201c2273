import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Logger } from "pino";
import type { Metrics } from "./metrics.ts";

interface Answer {
  status: number;
  type?: string;
  body: string;
}

interface Parts {
  readonly metrics: Metrics;
  /** Its level is what `PUT /log-level` sets. */
  readonly log: Logger;
  healthy(): boolean;
}

const LONGEST_BODY = 1024;

/** Serves `/`, `/health`, `/metrics` and `/log-level`. Throws what `listen` fails with. */
export async function startServer(port: number, parts: Parts): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { status, type = "text/plain; charset=utf-8", body } = await answer(request, parts);
    response.writeHead(status, { "content-type": type }).end(body);
  });
  server.listen(port);
  await once(server, "listening");
  return server;
}

async function answer(request: IncomingMessage, { metrics, log, healthy }: Parts): Promise<Answer> {
  const { method, url = "/" } = request;
  switch (`${method} ${url.split("?", 1)[0]}`) {
    case "GET /":
      return {
        status: 200,
        type: "application/json",
        body: JSON.stringify({ last_event: metrics.lastEvent.toISOString() }),
      };
    case "GET /health":
      return healthy() ? { status: 200, body: "healthy" } : { status: 503, body: "the Documents are not listed yet" };
    case "GET /metrics":
      return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() };
    case "PUT /log-level": {
      const filter = filterOf(await read(request));
      const levels = [...Object.keys(log.levels.values), "silent"];
      if (filter === undefined || !levels.includes(filter)) {
        return { status: 400, body: `send {"filter": LEVEL}, LEVEL one of ${levels.join(", ")}\n` };
      }
      log.level = filter;
      return { status: 200, body: `the log level is ${filter}\n` };
    }
    default:
      return { status: 404, body: "not found" };
  }
}

/** No more of the body than there may be. An error is that the client has gone, to whom nothing can be said. */
async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const chunk of request.setEncoding("utf8")) if (text.length < LONGEST_BODY) text += chunk;
  } catch {
    return "";
  }
  return text;
}

function filterOf(body: string): string | undefined {
  try {
    const { filter } = Object(JSON.parse(body));
    return typeof filter === "string" ? filter : undefined;
  } catch {
    return undefined;
  }
}
