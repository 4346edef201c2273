import { Readable } from "node:stream";
import { describe, expect, expectTypeOf, test } from "vitest";
import { ApiError, DecodeError } from "../client/errors.ts";
import { isStatus } from "../client/status.ts";
import type { ApiRequest, Transport } from "../client/transport.ts";
import * as named from "../resource/named.ts";
import type { KubeObject } from "../resource/object.ts";
import type { ListParams } from "../resource/params.ts";
import type { Apply } from "../resource/partly.ts";
import { Patch } from "../resource/patch.ts";
import type { Deployment } from "../types/apps/v1.ts";
import { CertificateSigningRequest } from "../types/certificates/v1.ts";
import { type Namespace, type Pod, ServiceAccount } from "../types/core/v1.ts";
import type { PartialObjectMetadata } from "../types/meta/v1.ts";
import { Api } from "./api.ts";
import { fieldConflicts } from "./conflicts.ts";

/** A transport that notes what it is asked, and answers from a list. */
function fake(...answers: unknown[]) {
  const requests: ApiRequest[] = [];
  const next = async (request: ApiRequest) => {
    requests.push(request);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
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

describe("apply", () => {
  test("sends what is wanted, by its own name", async () => {
    const { transport, sent, requests } = fake();
    const maps = Api.v1ConfigMap(transport).within("shop");
    await maps.apply({ metadata: { name: "web" }, data: { a: "b" } }, { fieldManager: "me" });
    await maps.applyStatus({ metadata: { name: "web" } }, { fieldManager: "me", force: true });
    const path = "PATCH /api/v1/namespaces/shop/configmaps/web";
    expect(sent()).toEqual([`${path}?fieldManager=me`, `${path}/status?fieldManager=me&force=true`]);
    expect(JSON.parse(String(requests[0]?.body))).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "web" },
      data: { a: "b" },
    });
  });

  test("takes part of the kind, with a name", () => {
    type Wanted = Apply<Deployment>;
    expectTypeOf<{ metadata: { name: string }; spec: { replicas: number } }>().toExtend<Wanted>();
    expectTypeOf<{ metadata: { labels: { a: string } } }>().not.toExtend<Wanted>();
    expectTypeOf<{ kind: "Pod"; metadata: { name: string } }>().not.toExtend<Wanted>();
    expectTypeOf<{ metadata: { name: string }; spec: { replicas: string } }>().not.toExtend<Wanted>();
    // @ts-expect-error there is no such field
    const misspelt: Wanted = { metadata: { name: "web" }, spec: { replica: 2 } };
    // @ts-expect-error nor is there in a typed merge patch
    const patch = Patch.merge<Deployment>({ spec: { replicas: null, replica: 2 } });
    expect(patch.content).toMatchObject({ spec: misspelt.spec });
  });

  test("a conflict tells the fields and whose they are", () => {
    const causes = [
      {
        reason: "FieldManagerConflict",
        message: 'conflict with "kubectl \\"x\\"" with subresource "status" using apps/v1 at 2026-11-23T04:00:00Z',
        field: ".spec.replicas",
      },
      { reason: "FieldManagerConflict", message: 'conflict with "scaler"', field: ".data.a" },
      { reason: "Other", message: "something", field: ".x" },
    ];
    const conflict = new ApiError({ reason: "Conflict", details: { causes } }, { code: 409 });
    expect(fieldConflicts(conflict)).toEqual([
      { field: ".spec.replicas", manager: 'kubectl "x"' },
      { field: ".data.a", manager: "scaler" },
    ]);
    expect(fieldConflicts(new ApiError({ details: { causes } }, { code: 422 }))).toEqual([]);
    expect(fieldConflicts(new Error("none"))).toEqual([]);
  });
});

describe("subresources of one kind", () => {
  test("each sends what it says", async () => {
    const { transport, requests, sent } = fake();
    const pods = Api.v1Pod(transport).within("shop");
    const pod = { metadata: { name: "blog" } };
    await pods.evict("blog", { gracePeriodSeconds: 1 });
    await pods.bind("blog", "node-1");
    await pods.resize("blog", { spec: { containers: [{ name: "a" }] } });
    await pods.resize("blog", Patch.json([]));
    await pods.addEphemeralContainer("blog", { name: "debug", image: "busybox" });
    await pods.getEphemeralContainers("blog");
    await pods.replaceEphemeralContainers("blog", pod);
    await pods.patchEphemeralContainers("blog", {}, { strategy: "Merge" });
    await Api.v1Namespace(transport).finalize("old", { metadata: { name: "old" } });
    const path = "/api/v1/namespaces/shop/pods/blog";
    expect(sent()).toEqual([
      `POST ${path}/eviction`,
      `POST ${path}/binding`,
      `PATCH ${path}/resize`,
      `PATCH ${path}/resize`,
      `PATCH ${path}/ephemeralcontainers`,
      `GET ${path}/ephemeralcontainers`,
      `PUT ${path}/ephemeralcontainers`,
      `PATCH ${path}/ephemeralcontainers`,
      "PUT /api/v1/namespaces/old/finalize",
    ]);
    expect(requests.flatMap(({ method, headers }) => (method === "PATCH" ? [headers?.["content-type"]] : []))).toEqual([
      "application/strategic-merge-patch+json",
      "application/json-patch+json",
      "application/strategic-merge-patch+json",
      "application/merge-patch+json",
    ]);
    expect(requests[4]?.body).toBe('{"spec":{"ephemeralContainers":[{"name":"debug","image":"busybox"}]}}');
  });

  test("a token comes with the time of its end; an answer without one is an error", async () => {
    const status = { token: "secret", expirationTimestamp: "2026-11-23T05:00:00Z" };
    const { transport, sent } = fake({ kind: "TokenRequest", status }, { kind: "TokenRequest" });
    const accounts = Api.of(transport, ServiceAccount).within("shop");
    expect(await accounts.createToken("builder", { audiences: ["vault"] })).toEqual(status);
    await expect(accounts.createToken("builder")).rejects.toThrow(DecodeError);
    expect(sent()[0]).toBe("POST /api/v1/namespaces/shop/serviceaccounts/builder/token");
  });

  test("a certificate is approved beside what others say, after a conflict once more", async () => {
    const failed = { type: "Failed", status: "True" };
    const request = (...conditions: object[]) => ({ metadata: { name: "csr" }, spec: {}, status: { conditions } });
    const conflict = new ApiError({ reason: "Conflict" }, { code: 409 });
    const approved = { status: "True", type: "Approved", reason: "Known" };
    const { transport, requests, sent } = fake(request(), conflict, request(failed), request(failed, approved));
    const requested = Api.of(transport, CertificateSigningRequest);
    const answer = await requested.approve("csr", { reason: "Known" });
    expect(answer.status?.conditions).toEqual([failed, approved]);
    const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests/csr/approval";
    expect(sent()).toEqual([`GET ${path}`, `PUT ${path}`, `GET ${path}`, `PUT ${path}`]);
    expect(JSON.parse(String(requests[3]?.body)).status.conditions).toEqual([failed, approved]);
  });

  test("a certificate that is denied already is left alone; conflicts without an end are the caller's", async () => {
    const denied = { metadata: { name: "csr" }, status: { conditions: [{ type: "Denied", status: "True" }] } };
    const again = fake(denied);
    expect(await Api.of(again.transport, CertificateSigningRequest).deny("csr", { reason: "Odd" })).toEqual(denied);
    expect(again.sent()).toHaveLength(1);
    const conflict = new ApiError({ reason: "Conflict" }, { code: 409 });
    const never = fake(...Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? {} : conflict)));
    await expect(Api.of(never.transport, CertificateSigningRequest).approve("csr", { reason: "Known" })).rejects.toBe(
      conflict,
    );
    expect(never.sent()).toHaveLength(10);
  });

  test("only the right kind has them", () => {
    type Has<M extends keyof Api<KubeObject>> = ThisParameterType<Api<KubeObject>[M]>;
    expectTypeOf<Api<Pod>>().toExtend<Has<"evict"> & Has<"bind"> & Has<"resize"> & Has<"addEphemeralContainer">>();
    expectTypeOf<Api<Pod>>().toExtend<Has<"log"> & Has<"logLines"> & Has<"exec"> & Has<"portForward">>();
    expectTypeOf<Api<Deployment>>().not.toExtend<Has<"evict">>();
    expectTypeOf<Api<Deployment>>().not.toExtend<Has<"log">>();
    expectTypeOf<Api<PartialObjectMetadata>>().not.toExtend<Has<"evict">>();
    expectTypeOf<Api<KubeObject>>().not.toExtend<Has<"exec">>();
    expectTypeOf<Api<ServiceAccount>>().toExtend<Has<"createToken">>();
    expectTypeOf<Api<Pod>>().not.toExtend<Has<"createToken">>();
    expectTypeOf<Api<CertificateSigningRequest>>().toExtend<Has<"approve"> & Has<"deny"> & Has<"patchApproval">>();
    expectTypeOf<Api<Pod>>().not.toExtend<Has<"approve">>();
    expectTypeOf<Api<Namespace>>().toExtend<Has<"finalize">>();
    expectTypeOf<Api<Pod>>().not.toExtend<Has<"finalize">>();
  });
});

test("metadata alone: typed as such, asked for as such", async () => {
  const { transport, requests } = fake({ kind: "PartialObjectMetadata", metadata: { name: "web" } }, page(["a"]));
  const pods = Api.v1Pod(transport).within("shop").metadata();
  const { kind, metadata } = await pods.get("web");
  expect([kind, metadata.name]).toEqual(["PartialObjectMetadata", "web"]);
  for await (const each of pods.items()) {
    // @ts-expect-error there is no spec
    expect(each.spec).toBeUndefined();
  }
  expect(requests.map(({ headers }) => headers?.accept)).toEqual([
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  ]);
  await expect(pods.create({ metadata: { name: "a" } })).rejects.toThrow("create needs whole objects");
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

  test("gives the objects one by one, too", async () => {
    const { transport, sent } = fake(page(["a", "b"], "t1"), page(["c"]));
    const names: (string | undefined)[] = [];
    for await (const pod of Api.v1Pod(transport).items({ limit: 2 })) names.push(pod.metadata.name);
    expect(names).toEqual(["a", "b", "c"]);
    expect(sent()).toEqual(["GET /api/v1/pods?limit=2", "GET /api/v1/pods?limit=2&continue=t1"]);
  });

  test("fails where the server has forgotten the state; the error says how to go on with the rest", async () => {
    const expired = new ApiError({ reason: "Expired", metadata: { continue: "t2" } }, { code: 410 });
    const { transport, sent } = fake(page(["a"], "t1"), expired, page(["b"]));
    const pods = Api.v1Pod(transport);
    const names: (string | undefined)[] = [];
    const read = async (params: ListParams) => {
      for await (const pod of pods.items(params)) names.push(pod.metadata.name);
    };
    const error = await read({ limit: 1 }).catch((thrown) => thrown);
    expect(error.isGone).toBe(true);
    expect(names).toEqual(["a"]);
    await read({ limit: 1, continue: error.status.metadata.continue });
    expect(names).toEqual(["a", "b"]);
    expect(sent().at(-1)).toBe("GET /api/v1/pods?limit=1&continue=t2");
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
