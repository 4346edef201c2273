import { onTestFinished } from "vitest";
import { type ApiServer, type ApiServerOptions, startApiServer } from "../server.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests read whatever the API answers.
type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

/** A started server, stopped at the end of the test, and requests to it over loopback. */
export interface Api {
  readonly server: ApiServer;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  patch(path: string, type: "json" | "merge" | "strategic-merge" | "apply", body: unknown): Promise<Answer>;
  watch(path: string): Promise<Watch>;
}

interface Watch {
  readonly status: number;
  /** The next event, whenever it comes; undefined at the end of the stream; rejects where the connection is cut. */
  next(): Promise<Json>;
  /** The rest of the events, to the end of the stream. */
  rest(): Promise<Json[]>;
  cancel(): void;
}

export async function startApi(options: ApiServerOptions = {}): Promise<Api> {
  const server = await startApiServer(options);
  onTestFinished(() => server.stop());
  return connect(server);
}

export function connect(server: ApiServer): Api {
  const authorization = `Bearer ${server.token}`;
  async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  }
  return {
    server,
    send,
    patch(path, type, body) {
      const format = { apply: "apply-patch+yaml" }[type as "apply"] ?? `${type}-patch+json`;
      return send("PATCH", path, body, { "content-type": `application/${format}` });
    },
    async watch(path) {
      const aborter = new AbortController();
      onTestFinished(() => aborter.abort());
      const response = await fetch(server.url + path, { headers: { authorization }, signal: aborter.signal });
      const events = lines(response);
      const next = async () => (await events.next()).value;
      return {
        status: response.status,
        next,
        async rest() {
          const all = [];
          for (let event = await next(); event !== undefined; event = await next()) all.push(event);
          return all;
        },
        cancel: () => aborter.abort(),
      };
    },
  };
}

async function* lines(response: Response): AsyncGenerator<Json, undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const whole = text.split("\n");
    text = whole.pop() ?? "";
    for (const line of whole) yield JSON.parse(line);
  }
  return undefined;
}

export const pods = "/api/v1/namespaces/default/pods";
export const configMaps = "/api/v1/namespaces/default/configmaps";

export function pod(
  name: string,
  more: { labels?: Record<string, string>; spec?: object; finalizers?: string[] } = {},
) {
  const { labels, spec, finalizers } = more;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...(labels && { labels }), ...(finalizers && { finalizers }) },
    spec: { containers: [{ name: "main", image: "registry.example/main:1" }], ...spec },
  };
}
