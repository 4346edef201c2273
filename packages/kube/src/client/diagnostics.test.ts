import { AsyncLocalStorage } from "node:async_hooks";
import type { RequestListener } from "node:http";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { RawApi } from "../resource/raw-api.ts";
import { diagnostics, failureOf, type MessageChannel, type RequestMessage, trace } from "./diagnostics.ts";
import { ApiError, ConnectionError } from "./errors.ts";
import { configOf, connect, serve } from "./loopback.test.helper.ts";

const pods = RawApi.v1Pod().within("shop");
const SECRET = "s3cr3t";

/** Writes down all that is told until the test is over. */
function listen() {
  const told: [string, object][] = [];
  const note = (name: string) => (message: object) => void told.push([name, structuredClone(message)]);
  const requests = { start: note("start"), error: note("error"), asyncEnd: note("end") };
  diagnostics.request.subscribe(requests);
  onTestFinished(() => void diagnostics.request.unsubscribe(requests));
  for (const name of ["retry", "wait", "connection"] as const) {
    const listener = note(name);
    const channel = diagnostics[name] as MessageChannel<object>;
    channel.subscribe(listener);
    onTestFinished(() => void channel.unsubscribe(listener));
  }
  return told;
}

/** Answers with these codes, one after the other, and then with 200. */
function answers(codes: number[]): RequestListener {
  return (_, response) => {
    const code = codes.shift() ?? 200;
    const message = `no, ${SECRET}`;
    const body = code === 200 ? { secret: SECRET } : { kind: "Status", reason: "Nope", message, code };
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
}

describe("a request", () => {
  test("with a retry tells how it began, what came between, and how it ended", async () => {
    const server = await serve(answers([429, 200]));
    const { client, chance } = connect(configOf(server.url));
    chance.value = 0.5;
    const told = listen();
    await client.request(pods.list({ labelSelector: SECRET }));
    const path = "/api/v1/namespaces/shop/pods";
    const names = { group: "", version: "v1", resource: "pods", namespace: "shop" };
    const request = { method: "GET", verb: "list", path, server: server.url, headers: {}, ...names };
    expect(told).toMatchObject([
      ["start", { ...request, status: undefined, retries: 0, duration: undefined }],
      ["connection", { type: "opened", server: server.url }],
      ["retry", { request: { ...request, status: 429 }, tries: 1, delay: 50, error: { name: "ApiError", code: 429 } }],
      ["end", { ...request, status: 200, retries: 1, duration: expect.any(Number), error: undefined }],
    ]);
    await client.close();
    await vi.waitFor(() => expect(told.at(-1)).toEqual(["connection", { type: "closed", server: server.url }]));
  });

  test("that fails tells as what, and not in which words", async () => {
    const server = await serve(answers([404]));
    const { client } = connect(configOf(server.url));
    const told = listen();
    await expect(client.request(pods.get("blog"))).rejects.toThrow(SECRET);
    const error = { name: "ApiError", code: 404, reason: "Nope" };
    expect(told.filter(([name]) => name !== "connection")).toMatchObject([
      ["start", { verb: "get", name: "blog", error: undefined }],
      ["error", { status: 404, error, duration: expect.any(Number) }],
      ["end", { status: 404, error }],
    ]);
  });

  test("whose credentials were renewed was tried again", async () => {
    const server = await serve(answers([401, 200]));
    const { client } = connect(configOf(server.url, { refresh: async () => true }));
    const told = listen();
    await client.request(pods.list());
    expect(told.find(([name]) => name === "retry")?.[1]).toMatchObject({ tries: 1, delay: 0, error: { code: 401 } });
    expect(told.at(-1)?.[1]).toMatchObject({ status: 200, retries: 1 });
  });

  test("that opens a stream has ended when its headers are there", async () => {
    const server = await serve((_, response) => void response.writeHead(200).flushHeaders());
    const { client } = connect(configOf(server.url));
    const told = listen();
    const { body } = await client.stream(pods.watch());
    expect(told.at(-1)).toMatchObject(["end", { verb: "watch", status: 200 }]);
    body.destroy();
  });

  test("takes the headers that a subscriber gives it, and none in the place of its own", async () => {
    const seen: unknown[] = [];
    const server = await serve((request, response) => {
      seen.push([request.headers.traceparent, request.headers.authorization]);
      response.end("{}");
    });
    const { client } = connect(configOf(server.url, { headers: async () => ({ authorization: "Bearer own" }) }));
    const start = (message: unknown) =>
      Object.assign((message as RequestMessage).headers, { traceparent: "00-1-2-01", authorization: "Bearer other" });
    diagnostics.request.start.subscribe(start);
    onTestFinished(() => void diagnostics.request.start.unsubscribe(start));
    await client.request(pods.list());
    expect(seen).toEqual([["00-1-2-01", "Bearer own"]]);
  });

  test("that waits for one of those that run says so", async () => {
    const held: (() => void)[] = [];
    const server = await serve((_, response) => void held.push(() => response.end("{}")));
    const { client } = connect(configOf(server.url));
    const told = listen();
    const running = Array.from({ length: 33 }, () => client.request(pods.list()));
    await vi.waitFor(() => expect(held).toHaveLength(32));
    for (const release of held.splice(0)) release();
    await vi.waitFor(() => expect(held).toHaveLength(1));
    for (const release of held) release();
    await Promise.all(running);
    expect(told.filter(([name]) => name === "wait")).toMatchObject([["wait", { reason: "parallel" }]]);
  });
});

test("where nobody listens no message is made", async () => {
  const server = await serve(answers([]));
  const { client } = connect(configOf(server.url));
  const publish = vi.spyOn(diagnostics.request.start, "runStores");
  await client.request(pods.list());
  expect(publish).not.toHaveBeenCalled();
});

test("neither credentials nor bodies nor queries are ever told", async () => {
  const code = fc.constantFrom(200, 201, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503);
  const request = fc.constantFrom(
    pods.list({ labelSelector: SECRET, fieldSelector: SECRET, continue: SECRET }),
    pods.create({ data: SECRET }, { fieldManager: SECRET }),
    pods.patch("blog", { data: SECRET }),
    pods.exec("blog", [SECRET]),
    pods.delete("blog", { preconditions: { uid: SECRET } }),
    { method: "POST", path: `/api/v1/x?a=${SECRET}`, headers: { "x-own": SECRET }, body: SECRET } as const,
  );
  const codes: number[] = [];
  const server = await serve(answers(codes));
  const { port } = server;
  const headers = async () => ({ authorization: `Bearer ${SECRET}` });
  const told = listen();
  await fc.assert(
    fc.asyncProperty(request, fc.array(code, { maxLength: 3 }), fc.boolean(), async (asked, given, stream) => {
      codes.splice(0, codes.length, ...given);
      const server = `http://user:${SECRET}@localhost:${port}`;
      const { client } = connect(configOf(server, { headers, refresh: async () => true }));
      const before = told.length;
      await (stream ? client.stream(asked) : client.requestText(asked)).catch(() => {});
      await client.close();
      expect(told.length).toBeGreaterThan(before + 1);
      expect(JSON.stringify(told)).not.toContain(SECRET);
    }),
    { numRuns: 60 },
  );
});

test("a store that is bound to the start holds throughout, for whoever is called within", async () => {
  const store = new AsyncLocalStorage<string>();
  const { reconcile } = diagnostics;
  reconcile.start.bindStore(store, ({ name }) => name);
  onTestFinished(() => void reconcile.start.unbindStore(store));
  const message = (name: string) => {
    const open = { duration: undefined, requeueAfter: undefined, error: undefined };
    return { controller: "pods", namespace: undefined, name, ...open };
  };
  const seen = (name: string) =>
    trace(reconcile, message(name), async () => {
      await new Promise(setImmediate);
      return store.getStore();
    });
  expect(await Promise.all([seen("a"), seen("b")])).toEqual(["a", "b"]);
  expect(store.getStore()).toBeUndefined();
});

test.each([
  [
    new ApiError({ reason: "Conflict", message: SECRET }, { code: 409 }),
    { name: "ApiError", code: 409, reason: "Conflict" },
  ],
  [new ApiError({}, { code: 502 }), { name: "ApiError", code: 502, reason: undefined }],
  [new ConnectionError(SECRET, { cause: { code: "ECONNRESET" } }), { name: "ConnectionError", reason: "ECONNRESET" }],
  [new TypeError(SECRET), { name: "TypeError", reason: undefined }],
  [SECRET, { name: "string", reason: undefined }],
  [null, { name: "object", reason: undefined }],
])("%s is told without its words", (error, failure) => {
  expect(failureOf(error)).toEqual(failure);
});
