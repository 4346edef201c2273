import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { diagnostics, trace as traceIt } from "../client/diagnostics.ts";
import { configOf, connect, serve } from "../client/loopback.test.helper.ts";
import { RawApi } from "../resource/raw-api.ts";
import { templateOf } from "./attributes.ts";
import { notedSpans, notedValues, useContexts } from "./fakes.test.helper.ts";
import { type InstrumentOptions, instrument } from "./index.ts";

const pods = RawApi.v1Pod().within("shop");

async function start(options: InstrumentOptions): Promise<() => void> {
  const stop = await instrument(options);
  onTestFinished(stop);
  return stop;
}

/** A server that answers with these codes, one after the other, and then with 200. */
async function served(...codes: number[]) {
  const parents: unknown[] = [];
  const server = await serve((request, response) => {
    parents.push(request.headers.traceparent);
    response
      .writeHead(codes.shift() ?? 200, { "content-type": "application/json" })
      .end('{"kind":"Status","reason":"Why"}');
  });
  const { client } = connect(configOf(server.url));
  return { server, client, parents };
}

describe("spans", () => {
  beforeEach(useContexts);

  test("tell of a request what the conventions want to know, without its query", async () => {
    const { server, client } = await served(429);
    const { spans, tracerProvider } = notedSpans();
    await start({ tracerProvider, meterProvider: false });
    await client.request(pods.get("blog"));
    await client.request(pods.list({ labelSelector: "s3cr3t" }));
    const [first, second] = spans;
    expect(first).toMatchObject({
      name: "GET /api/v1/namespaces/{namespace}/pods/{name}",
      kind: SpanKind.CLIENT,
      parent: undefined,
      status: undefined,
      ended: true,
      events: [["retry", { "kubecast.tries": 1, "kubecast.delay": 0, "error.type": "429" }]],
    });
    expect(first?.attributes).toEqual({
      "http.request.method": "GET",
      "http.response.status_code": 200,
      "http.request.resend_count": 1,
      "url.full": `${server.url}/api/v1/namespaces/shop/pods/blog`,
      "url.template": "/api/v1/namespaces/{namespace}/pods/{name}",
      "server.address": "localhost",
      "server.port": server.port,
      "k8s.namespace.name": "shop",
      "kubecast.verb": "get",
      "kubecast.resource": "pods",
      "kubecast.name": "blog",
    });
    expect(second?.attributes).not.toHaveProperty("http.request.resend_count");
    expect(JSON.stringify(spans)).not.toContain("s3cr3t");
  });

  test("of what fails are errors", async () => {
    const { client } = await served(404);
    const { spans, tracerProvider } = notedSpans();
    await start({ tracerProvider, meterProvider: false });
    await client.request(pods.get("blog")).catch(() => {});
    const attributes = { "http.response.status_code": 404, "error.type": "404" };
    expect(spans).toMatchObject([{ status: SpanStatusCode.ERROR, ended: true, attributes }]);
  });

  test("of requests within a reconcile are its children, and go along with them", async () => {
    const { client, parents } = await served();
    const { spans, tracerProvider } = notedSpans();
    await start({ tracerProvider, meterProvider: false });
    const open = { duration: undefined, requeueAfter: undefined, error: undefined };
    const message = { controller: "pods", namespace: "shop", name: "blog", ...open };
    const failing = traceIt(diagnostics.reconcile, message, async () => {
      await client.request(pods.list());
      await client.request(pods.list());
      throw new TypeError("s3cr3t");
    });
    await expect(failing).rejects.toThrow(TypeError);
    const [reconcile, ...requests] = spans;
    expect(reconcile).toMatchObject({
      name: "reconcile pods",
      parent: undefined,
      status: SpanStatusCode.ERROR,
      ended: true,
      attributes: { "kubecast.controller": "pods", "kubecast.name": "blog", "error.type": "TypeError" },
    });
    expect(requests.map(({ parent }) => parent)).toEqual([reconcile?.id, reconcile?.id]);
    expect(parents).toEqual(requests.map(({ id }) => id));
  });

  test("end with the instrumentation", async () => {
    const { client } = await served();
    const { spans, tracerProvider } = notedSpans();
    const { values, meterProvider } = notedValues();
    const stop = await start({ tracerProvider, meterProvider });
    stop();
    await client.request(pods.list());
    expect(spans).toEqual([]);
    expect(values.size).toBe(0);
    for (const channel of Object.values(diagnostics)) expect(channel.hasSubscribers).toBe(false);
  });
});

test("metrics have units, and as few attributes as there are kinds of requests", async () => {
  const { server, client } = await served(429, 404);
  const { values, units, meterProvider } = notedValues();
  await start({ meterProvider, tracerProvider: false });
  await client.request(pods.get("blog")).catch(() => {});
  const attributes = {
    "http.request.method": "GET",
    "url.template": "/api/v1/namespaces/{namespace}/pods/{name}",
    "server.address": "localhost",
    "server.port": server.port,
    "kubecast.verb": "get",
    "kubecast.resource": "pods",
  };
  expect(values.get("kubecast.client.request.duration")).toEqual([
    {
      value: expect.any(Number),
      attributes: { ...attributes, "http.response.status_code": 404, "error.type": "404" },
    },
  ]);
  expect(values.get("kubecast.client.request.duration")?.[0]?.value).toBeLessThan(10);
  expect(values.get("kubecast.client.retries")).toEqual([
    { value: 1, attributes: { ...attributes, "error.type": "429" } },
  ]);
  expect(values.get("kubecast.client.connections")).toEqual([
    { value: 1, attributes: { "server.address": "localhost" } },
  ]);
  await client.close();
  await vi.waitFor(() => expect(values.get("kubecast.client.connections")).toHaveLength(2));
  expect([...units.entries()].filter(([name]) => name.endsWith("duration")).map(([, unit]) => unit)).toEqual([
    "s",
    "s",
    "s",
  ]);
});

test("metrics of watches, reconciles, queues and leaders", async () => {
  const { values, meterProvider } = notedValues();
  await start({ meterProvider, tracerProvider: false });
  const watch = { resource: { group: "apps", version: "v1", plural: "deployments" }, namespace: undefined };
  for (const type of ["opened", "listed", "ended", "resumed"] as const) diagnostics.watch.publish({ ...watch, type });
  diagnostics.watch.publish({ ...watch, type: "error", error: { name: "ApiError", code: 410 }, retryIn: 800 });
  const open = { duration: undefined, requeueAfter: undefined, error: undefined };
  await traceIt(
    diagnostics.reconcile,
    { controller: "pods", namespace: "shop", name: "blog", ...open },
    async () => {},
  );
  diagnostics.queue.publish({ queue: "pods", depth: 3 });
  const lease = { namespace: "shop", name: "lead", identity: "me" };
  for (const type of ["acquired", "lost"] as const) diagnostics.leader.publish({ ...lease, type });
  diagnostics.wait.publish({ request: {} as never, reason: "rate", duration: 1_500 });

  const of = (name: string) => values.get(name)?.map(({ value, attributes }) => [value, attributes]);
  const resource = { "kubecast.resource": "deployments.apps" };
  expect(of("kubecast.watch.lists")).toEqual([[1, resource]]);
  expect(of("kubecast.watch.connections")).toEqual([
    [1, { ...resource, "kubecast.resumed": false }],
    [1, { ...resource, "kubecast.resumed": true }],
  ]);
  expect(of("kubecast.watch.errors")).toEqual([[1, { ...resource, "error.type": "410" }]]);
  const controller = { "kubecast.controller": "pods" };
  expect(of("kubecast.reconcile.active")).toEqual([
    [1, controller],
    [-1, controller],
  ]);
  expect(of("kubecast.reconcile.duration")).toEqual([[expect.any(Number), controller]]);
  expect(of("kubecast.queue.depth")).toEqual([[3, controller]]);
  const leader = { "k8s.namespace.name": "shop", "kubecast.lease": "lead" };
  expect(of("kubecast.leader")).toEqual([
    [1, leader],
    [0, leader],
  ]);
  expect(of("kubecast.client.wait.duration")).toEqual([[1.5, { "kubecast.reason": "rate" }]]);
});

test("without the package it says which to install", async () => {
  vi.doMock("@opentelemetry/api", () => {
    throw new Error("Cannot find package");
  });
  onTestFinished(() => void vi.doUnmock("@opentelemetry/api"));
  vi.resetModules();
  const { instrument } = await import("./index.ts");
  await expect(instrument()).rejects.toThrow("needs the package @opentelemetry/api: install it");
});

test.each([
  [{ group: "", version: "v1", resource: "nodes" }, "/api/v1/nodes"],
  [
    { group: "", version: "v1", resource: "namespaces", namespace: "a", name: "a", subresource: "status" },
    "/api/v1/namespaces/{name}/status",
  ],
  [
    { group: "kube.rs", version: "v1", resource: "documents", namespace: "a" },
    "/apis/kube.rs/v1/namespaces/{namespace}/documents",
  ],
  [{}, "/version"],
])("%j has the template %s", (info, template) => {
  expect(templateOf({ path: "/version", ...info } as never)).toBe(template);
});
