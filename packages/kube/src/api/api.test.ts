import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { isStatus } from "../client/status.ts";
import type { ApiRequest, Transport } from "../client/transport.ts";
import * as named from "../resource/named.ts";
import type { KubeObject } from "../resource/object.ts";
import { Api } from "./api.ts";

/** A transport that notes what it is asked, and answers from a list. */
function fake(...answers: unknown[]) {
  const requests: ApiRequest[] = [];
  const next = async (request: ApiRequest) => {
    requests.push(request);
    return answers.shift();
  };
  const transport: Transport = {
    request: <T>(request: ApiRequest) => next(request) as Promise<T>,
    requestText: async (request) => String(await next(request)),
    stream: async (request) => ({
      status: 200,
      headers: {},
      body: Readable.from([Buffer.from(String(await next(request)))]),
    }),
  };
  return { transport, sent: () => requests.map(({ method, path }) => `${method} ${path}`), requests };
}

const page = (names: string[], token?: string) => ({
  metadata: { resourceVersion: "7", ...(token === undefined ? {} : { continue: token }) },
  items: names.map((name) => ({ metadata: { name } })),
});

test("each method sends what it says", async () => {
  const { transport, sent } = fake();
  const api = Api.v1Deployment(transport).within("shop");
  const object = { metadata: { name: "web" } };
  await api.get("web");
  await api.create(object, { dryRun: true });
  await api.replace("web", object);
  await api.patch("web", object, { strategy: "Strategic" });
  await api.delete("web");
  await api.deleteCollection({ labelSelector: "a=b" });
  await api.list({ limit: 1 });
  await api.getStatus("web");
  await api.replaceStatus("web", object);
  await api.patchStatus("web", {});
  await api.getScale("web");
  await api.replaceScale("web", object);
  await api.patchScale("web", { spec: { replicas: 2 } });
  const deployments = "/apis/apps/v1/namespaces/shop/deployments";
  expect(sent()).toEqual([
    `GET ${deployments}/web`,
    `POST ${deployments}?dryRun=All`,
    `PUT ${deployments}/web`,
    `PATCH ${deployments}/web`,
    `DELETE ${deployments}/web`,
    `DELETE ${deployments}?labelSelector=a%3Db`,
    `GET ${deployments}?limit=1`,
    `GET ${deployments}/web/status`,
    `PUT ${deployments}/web/status`,
    `PATCH ${deployments}/web/status`,
    `GET ${deployments}/web/scale`,
    `PUT ${deployments}/web/scale`,
    `PATCH ${deployments}/web/scale`,
  ]);
});

test("a custom resource is told by its group, version and plural", async () => {
  interface Foo extends KubeObject {
    spec: { info: string };
  }
  const { transport, sent } = fake({ metadata: { name: "baz" }, spec: { info: "x" } });
  const foos = Api.customResource<Foo>(transport, "foos").group("clux.dev").version("v1").within("default");
  expect((await foos.get("baz")).spec.info).toBe("x");
  expect(sent()).toEqual(["GET /apis/clux.dev/v1/namespaces/default/foos/baz"]);
});

describe("listAll", () => {
  test("follows the continue tokens, which carry the resourceVersion", async () => {
    const { transport, sent } = fake(page(["a", "b"], "t1"), page(["c"], ""));
    const names: string[] = [];
    for await (const { items } of Api.v1Pod(transport).listAll({
      labelSelector: "a=b",
      resourceVersion: "0",
      resourceVersionMatch: "NotOlderThan",
    })) {
      names.push(...items.map((pod) => pod.metadata.name ?? ""));
    }
    expect(names).toEqual(["a", "b", "c"]);
    expect(sent()).toEqual([
      "GET /api/v1/pods?labelSelector=a%3Db&limit=500&resourceVersion=0&resourceVersionMatch=NotOlderThan",
      "GET /api/v1/pods?labelSelector=a%3Db&limit=500&continue=t1",
    ]);
  });

  test("asks for no page that nobody wants", async () => {
    const { transport, sent } = fake(page(["a"], "t1"));
    for await (const _ of Api.v1Pod(transport).listAll({ limit: 1 })) break;
    expect(sent()).toEqual(["GET /api/v1/pods?limit=1"]);
  });
});

test("a delete answers with the object or a Status", async () => {
  const status = { kind: "Status", status: "Success" };
  const { transport } = fake({ kind: "Pod", metadata: { name: "blog" } }, status);
  const pods = Api.v1Pod(transport).within("shop");
  const dying = await pods.delete("blog");
  expect(isStatus(dying) ? "gone" : dying.metadata.name).toBe("blog");
  expect(isStatus(await pods.delete("blog"))).toBe(true);
});

test("a watch gives its events", async () => {
  const events = [
    { type: "ADDED", object: { metadata: { name: "a" } } },
    { type: "DELETED", object: { metadata: { name: "a" } } },
  ];
  const { transport, sent } = fake(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  const seen: unknown[] = [];
  for await (const event of Api.v1Pod(transport).watch({ resourceVersion: "5" })) seen.push(event);
  expect(seen).toEqual(events);
  expect(sent()).toEqual(["GET /api/v1/pods?watch=true&resourceVersion=5"]);
});

test("logs are text, whole or as they are written", async () => {
  const { transport, sent } = fake("one\ntwo\n", "three\n");
  const pods = Api.v1Pod(transport).within("shop");
  expect(await pods.log("blog", { tailLines: 2 })).toBe("one\ntwo\n");
  const { body } = await pods.logStream("blog");
  expect(String(await body.toArray())).toBe("three\n");
  const path = "/api/v1/namespaces/shop/pods/blog/log";
  expect(sent()).toEqual([`GET ${path}?tailLines=2`, `GET ${path}?follow=true`]);
});

test("what cannot be sent is a rejection, not an exception", async () => {
  const { transport } = fake();
  await expect(Api.v1Pod(transport).get("blog")).rejects.toThrow("choose a namespace");
});

test("each resource that has a constructor of its own is behind it", () => {
  const { transport } = fake();
  for (const [name, resource] of Object.entries(named)) {
    expect(Api[name as "v1Pod"](transport).raw.resource).toEqual(resource);
  }
});
