import { getEventListeners, once } from "node:events";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { RawApi } from "../resource/raw-api.ts";
import type { Pod } from "../types/core/v1.ts";
import { Client } from "./client.ts";
import { ApiError, ConnectionError, DecodeError } from "./errors.ts";
import { configOf, connect, listen, serve } from "./loopback.test.helper.ts";
import { isStatus } from "./status.ts";

const pods = RawApi.v1Pod().within("shop");
const answer = (response: ServerResponse, code: number, body: unknown, headers = {}) =>
  response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
const failure = (code: number, reason: string) => ({ kind: "Status", status: "Failure", message: "no", reason, code });

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => new Error("it was expected to fail"),
    (error: Error) => error,
  );
  return error;
}

describe("a request", () => {
  test("goes to the server's path with who asks and for what", async () => {
    let seen: IncomingHttpHeaders = {};
    let body = "";
    const server = await serve(async (request, response) => {
      seen = request.headers;
      for await (const chunk of request) body += chunk;
      answer(response, 201, { metadata: { name: "blog" } });
    });
    const headers = async () => ({ authorization: "Bearer t", "impersonate-group": ["a", "b"] });
    const { client } = connect(configOf(`${server.url}/k8s/clusters/c`, { headers }), { userAgent: "me/1" });
    const created = await client.request(pods.create({ metadata: { name: "blog" } }));
    expect(created).toEqual({ metadata: { name: "blog" } });
    expect(server.paths).toEqual(["/k8s/clusters/c/api/v1/namespaces/shop/pods"]);
    expect(body).toBe('{"apiVersion":"v1","kind":"Pod","metadata":{"name":"blog"}}');
    expect(seen).toMatchObject({
      authorization: "Bearer t",
      "impersonate-group": "a, b",
      accept: "application/json",
      "content-type": "application/json",
    });
    expect(seen["user-agent"]).toMatch(/^me\/1 kubecast\/\d+\.\d+\.\d+ \(\w+\/\w+\)$/);
    expect(seen["accept-encoding"]).toBeUndefined();
  });

  test("an answer that was packed is unpacked", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"kind":"PodList"}'));
    });
    const { client } = connect(configOf(server.url));
    expect(await client.request(pods.list())).toEqual({ kind: "PodList" });
  });

  test("an answer that is not what it claims to be is a DecodeError that does not quote it", async () => {
    const server = await serve((request, response) => {
      if (request.url?.includes("gzip")) response.setHeader("content-encoding", "gzip");
      response.end('{"data":{"password":"c2VjcmV0"');
    });
    const { client } = connect(configOf(server.url));
    for (const name of ["plain", "gzip"]) {
      const error = await errorOf(client.request(pods.get(name)));
      expect(error).toBeInstanceOf(DecodeError);
      expect(error.message).not.toContain("c2V");
    }
  });
});

test("an answer may be the object or a Status", async () => {
  const gone = { kind: "Status", status: "Success", details: { name: "blog", uid: "1" } };
  const answers: object[] = [{ kind: "Pod", metadata: { name: "blog" } }, gone];
  const server = await serve((_, response) => answer(response, 200, answers.shift()));
  const { client } = connect(configOf(server.url));
  const dying = await client.requestStatus<Pod>(pods.delete("blog"));
  expect(isStatus(dying) ? undefined : dying.metadata.name).toBe("blog");
  const status = await client.requestStatus<Pod>(pods.delete("blog"));
  expect(isStatus(status) && status.details?.uid).toBe("1");
});

describe("connections", () => {
  test("a thousand requests one after the other take one socket", async () => {
    const server = await serve((_, response) => answer(response, 200, {}));
    const { client } = connect(configOf(server.url));
    for (let i = 0; i < 1000; i++) await client.request(pods.list());
    expect(server.paths).toHaveLength(1000);
    expect(server.opened).toBe(1);
  });

  test("a thousand at once take no more than are let through", async () => {
    const server = await serve((_, response) => answer(response, 200, {}));
    const { client } = connect(configOf(server.url));
    await Promise.all(Array.from({ length: 1000 }, () => client.request(pods.list())));
    expect(server.paths).toHaveLength(1000);
    expect(server.opened).toBeLessThanOrEqual(32);
  });

  test("open watches do not keep requests waiting", async () => {
    const server = await serve((request, response) => {
      if (request.url?.includes("watch")) response.writeHead(200).flushHeaders();
      else answer(response, 200, {});
    });
    const { client } = connect(configOf(server.url));
    await Promise.all(Array.from({ length: 100 }, () => client.stream(pods.watch())));
    expect(await client.request(pods.list())).toEqual({});
    expect(server.open.size).toBe(101);
  });

  test("close ends every socket, what runs on them, and what would", async () => {
    const server = await serve((request, response) => {
      if (request.url?.includes("watch")) response.writeHead(200).flushHeaders();
    });
    const { client } = connect(configOf(server.url));
    const { body } = await client.stream(pods.watch());
    const pending = errorOf(client.request(pods.list()));
    await vi.waitFor(() => expect(server.open.size).toBe(2));
    const reading = errorOf(body.toArray());
    await client.close();
    expect(await reading).toBeInstanceOf(ConnectionError);
    expect((await pending).message).toBe(`the client for ${server.url} is closed`);
    expect(await errorOf(client.request(pods.list()))).toBeInstanceOf(ConnectionError);
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });
});

describe("streams", () => {
  test("aborting one that is open closes its socket and fails its body with the reason", async () => {
    const server = await serve((_, response) => response.writeHead(200).flushHeaders());
    const { client } = connect(configOf(server.url));
    const controller = new AbortController();
    const { body } = await client.stream(pods.watch(), { signal: controller.signal });
    const reading = errorOf(body.toArray());
    controller.abort(new Error("enough"));
    expect((await reading).message).toBe("enough");
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test("one that nobody reads may be aborted, too", async () => {
    const server = await serve((_, response) => response.writeHead(200).flushHeaders());
    const { client } = connect(configOf(server.url));
    const controller = new AbortController();
    await client.stream(pods.watch(), { signal: controller.signal });
    controller.abort();
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test("the events of a watch come until it ends", async () => {
    const events = [
      { type: "ADDED", object: { metadata: { name: "a" } } },
      { type: "ERROR", object: failure(410, "Expired") },
    ];
    const server = await serve((_, response) =>
      response.end(events.map((event) => `${JSON.stringify(event)}\n`).join("")),
    );
    const { client } = connect(configOf(server.url));
    const seen: unknown[] = [];
    for await (const event of client.requestEvents(pods.watch())) seen.push(event);
    expect(seen).toEqual(events);
  });

  test("a line that is no event is a DecodeError after the events before it, and drops the connection", async () => {
    const server = await serve((_, response) => response.write('{"type":"ADDED","object":{}}\n<html>\n'));
    const { client } = connect(configOf(server.url));
    const seen: string[] = [];
    const read = async () => {
      for await (const event of client.requestEvents(pods.watch())) seen.push(event.type);
    };
    expect(await errorOf(read())).toBeInstanceOf(DecodeError);
    expect(seen).toEqual(["ADDED"]);
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test("leaving the loop drops the connection", async () => {
    const server = await serve((_, response) => response.write('{"type":"ADDED","object":{}}\n'));
    const { client } = connect(configOf(server.url));
    for await (const event of client.requestEvents(pods.watch())) {
      expect(event.type).toBe("ADDED");
      break;
    }
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test("a connection that breaks off in a watch is a ConnectionError", async () => {
    const server = await serve((_, response) => {
      response.write('{"type":"ADDED","object":{}}\n{"ty', () => response.destroy());
    });
    const { client } = connect(configOf(server.url));
    const seen: string[] = [];
    const read = async () => {
      for await (const event of client.requestEvents(pods.watch())) seen.push(event.type);
    };
    const error = await errorOf(read());
    expect(seen).toEqual(["ADDED"]);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toBe(`cannot talk to ${server.url}: the connection was cut`);
  });
});

describe("signals and timeouts", () => {
  test("one signal for many requests carries no listener afterwards", async () => {
    const server = await serve((request, response) => {
      if (request.url?.includes("watch")) response.writeHead(200).flushHeaders();
      else if (request.url?.includes("missing")) answer(response, 404, failure(404, "NotFound"));
      else answer(response, 200, {});
    });
    const { client } = connect(configOf(server.url));
    const { signal } = new AbortController();
    const count = () => getEventListeners(signal, "abort").length;
    for (let i = 0; i < 20; i++) {
      const running = Array.from({ length: 50 }, () => client.request(pods.list(), { signal }));
      expect(count()).toBe(1);
      await Promise.all(running);
      await errorOf(client.request(pods.get("missing"), { signal }));
    }
    expect(count()).toBe(0);
    const { body } = await client.stream(pods.watch(), { signal });
    expect(count()).toBe(1);
    body.destroy();
    await once(body, "close");
    expect(count()).toBe(0);
  });

  test("an aborted request rejects with the signal's reason, wherever it is", async () => {
    const server = await serve(() => {});
    const { client } = connect(configOf(server.url));
    const reason = new Error("enough");
    expect(await errorOf(client.request(pods.list(), { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(server.opened).toBe(0);

    const controller = new AbortController();
    const { signal } = controller;
    const running = Array.from({ length: 32 }, () => errorOf(client.request(pods.list(), { signal })));
    await vi.waitFor(() => expect(server.paths).toHaveLength(32));
    const own = new AbortController();
    const waiting = errorOf(client.request(pods.list(), { signal: own.signal }));
    own.abort(reason);
    expect(await waiting).toBe(reason);
    controller.abort(reason);
    expect(new Set(await Promise.all(running))).toEqual(new Set([reason]));
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test("aborting does not wait for a connection that does not come about", async () => {
    let opened = 0;
    const port = await listen(createServer(() => opened++));
    // The TLS handshake never ends.
    const { client } = connect(configOf(`https://localhost:${port}`));
    const controller = new AbortController();
    const request = errorOf(client.request(pods.list(), { signal: controller.signal }));
    await vi.waitFor(() => expect(opened).toBe(1));
    controller.abort(new Error("enough"));
    expect((await request).message).toBe("enough");
  });

  test("a request that takes too long fails; a stream that goes on does not", async () => {
    const server = await serve((_, response) => response.writeHead(200).flushHeaders());
    const { client } = connect(configOf(server.url));
    const error = await errorOf(client.request(pods.list({ limit: 1 }), { timeout: 20 }));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toBe(`${server.url} gave no answer within 20 ms (GET /api/v1/namespaces/shop/pods)`);
    const { body } = await client.stream(pods.watch(), { timeout: 20 });
    expect(await errorOf(client.request(pods.list(), { timeout: 40 }))).toBeInstanceOf(ConnectionError);
    expect(body.destroyed).toBe(false);
    body.destroy();
  });
});

describe("errors", () => {
  test("a Status becomes an ApiError", async () => {
    const status = { ...failure(404, "NotFound"), message: 'pods "blog" not found', details: { name: "blog" } };
    const server = await serve((_, response) => answer(response, 404, status));
    const { client } = connect(configOf(server.url));
    const error = await errorOf(client.request(pods.get("blog")));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 404, reason: "NotFound", isNotFound: true, status });
    expect(error.message).toBe('pods "blog" not found (GET /api/v1/namespaces/shop/pods/blog)');
    expect(await errorOf(client.stream(pods.watch()))).toMatchObject({ code: 404 });
    expect(server.opened).toBe(1);
  });

  test.each([
    ["<html>\n  <h1>Bad Gateway</h1>", "<html> <h1>Bad Gateway</h1> (GET /api/v1/nodes)"],
    ["x".repeat(1000), `${"x".repeat(200)}… (GET /api/v1/nodes)`],
    ["", "HTTP 502 (GET /api/v1/nodes)"],
    ['{"kind":"Pod"}', '{"kind":"Pod"} (GET /api/v1/nodes)'],
  ])("the text of a proxy is the message: %.20s", async (text, message) => {
    const server = await serve((_, response) => response.writeHead(502).end(text));
    const { client } = connect(configOf(server.url));
    const error = await errorOf(client.request(RawApi.v1Node().list({ limit: 2 })));
    expect(error).toMatchObject({ code: 502, message, reason: "" });
  });

  test("an endless error body is cut off", async () => {
    const server = await serve((_, response) => {
      const more = () => {
        while (response.write("x".repeat(65536)));
      };
      response.writeHead(500).on("drain", more);
      more();
    });
    const { client } = connect(configOf(server.url));
    expect(await errorOf(client.request(pods.list()))).toMatchObject({ code: 500 });
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test("a server that is not there is named", async () => {
    const server = await serve(() => {});
    const { client, waits } = connect(configOf(server.url.replace(/\d+$/, "1")));
    const error = await errorOf(client.request(pods.create({})));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ message: "cannot reach http://localhost:1: connection refused", sent: false });
    expect(waits).toHaveLength(4);
    const { client: nowhere, waits: none } = connect(configOf("https://nowhere.invalid"));
    expect((await errorOf(nowhere.request(pods.list()))).message).toMatch(
      /^cannot reach https:\/\/nowhere\.invalid: its name does not resolve/,
    );
    expect(none.length).toBeLessThanOrEqual(4);
  });
});

describe("retries", () => {
  test("Retry-After is obeyed, in seconds or as a date, with a random part on top", async () => {
    const after = ["2", "Sun, 22 Nov 2026 12:00:07 GMT", undefined];
    const server = await serve((_, response) => {
      const done = after.length === 0;
      const value = after.shift();
      if (done) answer(response, 201, { done });
      else answer(response, 429, failure(429, "TooManyRequests"), value === undefined ? {} : { "retry-after": value });
    });
    const { client, waits, chance } = connect(configOf(server.url));
    chance.value = 0.5;
    expect(await client.request(pods.create({}))).toEqual({ done: true });
    expect(waits).toEqual([2000 + 50, 7000 + 100, 200]);
  });

  test("a wait that is too long is left to the caller", async () => {
    const server = await serve((_, response) =>
      answer(response, 429, failure(429, "TooManyRequests"), { "retry-after": "120" }),
    );
    const { client, waits } = connect(configOf(server.url));
    expect(await errorOf(client.request(pods.list()))).toMatchObject({ code: 429, retryAfterSeconds: 120 });
    expect(waits).toEqual([]);
  });

  test("an overloaded server is asked five times for a list, and once for a change", async () => {
    const server = await serve((_, response) => answer(response, 503, failure(503, "ServiceUnavailable")));
    const { client, waits, chance } = connect(configOf(server.url));
    chance.value = 0.99;
    expect(await errorOf(client.request(pods.list()))).toMatchObject({ code: 503 });
    expect(waits).toEqual([99, 198, 396, 792]);
    expect(server.paths).toHaveLength(5);
    expect(await errorOf(client.request(pods.create({})))).toMatchObject({ code: 503 });
    expect(server.paths).toHaveLength(6);
  });

  test("a connection that is cut is no matter for a GET, but for a change the caller must know", async () => {
    let cuts = 2;
    const server = await serve((request, response) => {
      if (cuts-- > 0) request.socket.destroy();
      else answer(response, 200, { kind: "PodList" });
    });
    const { client } = connect(configOf(server.url));
    expect(await client.request(pods.list())).toEqual({ kind: "PodList" });
    cuts = 2;
    const error = await errorOf(client.request(pods.create({})));
    expect(error).toMatchObject({ message: `cannot talk to ${server.url}: the connection was cut`, sent: true });
    expect(cuts).toBe(1);
  });

  test("a connection that is cut within the answer has a GET repeated whole", async () => {
    let cuts = 1;
    const server = await serve((_, response) => {
      if (cuts-- > 0) response.write('{"kind":', () => response.destroy());
      else answer(response, 200, { kind: "PodList" });
    });
    const { client } = connect(configOf(server.url));
    expect(await client.request(pods.list())).toEqual({ kind: "PodList" });
  });

  test("waiting for the next try ends with the signal", async () => {
    const server = await serve((_, response) => answer(response, 429, {}, { "retry-after": "20" }));
    const client = new Client(configOf(server.url));
    const controller = new AbortController();
    const request = errorOf(client.request(pods.list(), { signal: controller.signal }));
    await vi.waitFor(() => expect(server.paths).toHaveLength(1));
    controller.abort(new Error("enough"));
    expect((await request).message).toBe("enough");
    await client.close();
  });
});

describe("credentials", () => {
  function tokens() {
    let token = "old";
    const refresh = vi.fn(async () => {
      token = "new";
      return true;
    });
    return { headers: async () => ({ authorization: `Bearer ${token}` }), refresh };
  }

  test("a 401 has them renewed, and the request repeated once", async () => {
    const server = await serve((request, response) => {
      if (request.headers.authorization === "Bearer new") answer(response, 201, { done: true });
      else answer(response, 401, failure(401, "Unauthorized"));
    });
    const auth = tokens();
    const { client, waits } = connect(configOf(server.url, auth));
    expect(await client.request(pods.create({}))).toEqual({ done: true });
    expect(auth.refresh).toHaveBeenCalledTimes(1);
    expect(server.paths).toHaveLength(2);
    expect(waits).toEqual([]);
  });

  test("a second 401, or nothing to renew, is the caller's", async () => {
    const server = await serve((_, response) => answer(response, 401, failure(401, "Unauthorized")));
    const auth = tokens();
    const { client } = connect(configOf(server.url, auth));
    expect(await errorOf(client.request(pods.list()))).toMatchObject({ isUnauthorized: true });
    expect(auth.refresh).toHaveBeenCalledTimes(1);
    expect(server.paths).toHaveLength(2);
    const { client: fixed } = connect(configOf(server.url));
    expect(await errorOf(fixed.request(pods.list()))).toMatchObject({ isUnauthorized: true });
    expect(server.paths).toHaveLength(3);
  });
});
