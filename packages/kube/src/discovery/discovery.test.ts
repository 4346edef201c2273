import type { IncomingMessage, ServerResponse } from "node:http";
import { type ApiServer, startApiServer } from "@kubecast/apiserver";
import { describe, expect, onTestFinished, test } from "vitest";
import { Api } from "../api/api.ts";
import { Client } from "../client/client.ts";
import { ApiError, ConnectionError, DecodeError } from "../client/errors.ts";
import type { ApiRequest, RequestOptions, Transport } from "../client/transport.ts";
import { configFromText } from "../config/load.ts";
import { RequestValidationError } from "../resource/errors.ts";
import type { KubeObject } from "../resource/object.ts";
import { CustomResourceDefinition } from "../types/apiextensions/v1.ts";
import { ConfigMap } from "../types/core/v1.ts";
import { Discovery } from "./discovery.ts";
import { UnknownResourceError } from "./errors.ts";

/** An in-memory server, a client of it and what it was asked below /api and /apis. */
async function start(intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false) {
  const asked: string[] = [];
  const server: ApiServer = await startApiServer({
    intercept: (request, response) => {
      if (/^\/apis?($|\/[^?]*v\d\w*$)/.test(request.url ?? "")) asked.push(request.url ?? "");
      return intercept(request, response);
    },
  });
  onTestFinished(() => server.stop());
  const client = await Client.create(await configFromText(server.kubeconfig()));
  onTestFinished(() => client.close());
  let time = 0;
  const discovery = new Discovery(client, { now: () => time });
  return { client, discovery, asked, pass: (milliseconds: number) => (time += milliseconds) };
}

async function define(client: Transport, plural: string, kind: string): Promise<void> {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  await Api.of(client, CustomResourceDefinition).create({
    metadata: { name: `${plural}.clux.dev` },
    spec: {
      group: "clux.dev",
      scope: "Namespaced",
      names: { plural, kind, shortNames: [plural.slice(0, 2)] },
      versions: [{ name: "v1", served: true, storage: true, schema, subresources: { status: {} } }],
    },
  });
}

/** A transport that answers as told, and notes how it was asked. */
function transport(answer: (path: string, signal: AbortSignal | undefined) => Promise<unknown>) {
  const asked: ApiRequest[] = [];
  const request = <T>(request: ApiRequest, options?: RequestOptions) => {
    asked.push(request);
    return answer(request.path, options?.signal) as Promise<T>;
  };
  const none = async () => expect.unreachable();
  const transport: Transport = { request, requestText: none, stream: none };
  return { ...transport, asked };
}

const notFound = new ApiError({ message: "not found", reason: "NotFound" }, { code: 404 });
const foos = {
  resource: "foos",
  responseKind: { group: "clux.dev", version: "v1", kind: "Foo" },
  scope: "Namespaced",
  singularResource: "foo",
  verbs: ["get", "list"],
};
/** What answers at /apis where there is one group. */
const groupList = (versions: object[], apiVersion = "apidiscovery.k8s.io/v2") => ({
  kind: "APIGroupDiscoveryList",
  apiVersion,
  metadata: {},
  items: [{ metadata: { name: "clux.dev" }, versions }],
});
const current = groupList([{ version: "v1", freshness: "Current", resources: [foos] }]);
const alone = (document: unknown) =>
  transport(async (path) => (path === "/apis" ? document : Promise.reject(notFound)));

describe("a resource", () => {
  test("is found by any of its names, with what may be done with it, by two requests in all", async () => {
    const { discovery, asked } = await start();
    const names = ["deployments", "Deployment", "deploy", "deployments.apps", "deployments.v1.apps"];
    const found = await Promise.all(names.map((name) => discovery.resource(name)));
    for (const resource of found) expect(resource).toBe(found[0]);
    expect(found[0]).toMatchObject({ group: "apps", version: "v1", kind: "Deployment", namespaced: true });
    expect(found[0]?.verbs).toEqual(expect.arrayContaining(["create", "patch", "watch"]));
    expect(found[0]?.subresources).toContainEqual({
      name: "scale",
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
      verbs: expect.arrayContaining(["get", "patch"]),
    });
    expect(await discovery.resourceOf({ apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" })).toMatchObject(
      {
        version: "v2",
        plural: "horizontalpodautoscalers",
      },
    );
    expect((await discovery.resources())[0]?.group).toBe("");
    expect(await discovery.unavailable()).toEqual([]);
    expect(asked.toSorted()).toEqual(["/api", "/apis"]);
  });

  test("gives an Api by its name, or by an object", async () => {
    const { client, discovery } = await start();
    await define(client, "foos", "Foo");
    const foo = { apiVersion: "clux.dev/v1", kind: "Foo", metadata: { name: "baz" } };
    const within = await discovery.apiOf({ ...foo, metadata: { name: "baz", namespace: "kube-system" } });
    await within.create(foo);
    const all = await (await discovery.api("foos.clux.dev")).list();
    expect(all.items).toMatchObject([{ metadata: { name: "baz", namespace: "kube-system" } }]);

    // What names no namespace is in the client's; what has none, in none.
    expect((await discovery.apiOf(foo)).raw.get("baz").path).toBe("/apis/clux.dev/v1/namespaces/default/foos/baz");
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "a" } };
    expect((await discovery.apiOf(node)).raw.get("a").path).toBe("/api/v1/nodes/a");
  });

  test.each([
    ["podz", 'the server has no resource "podz"; did you mean pods?'],
    ["deployments.extensions", 'the server has no resource "deployments.extensions"; did you mean deployments.apps?'],
    ["foos.clux.dev", 'the server has no resource "foos.clux.dev"'],
  ])("that is not there, %s, is one error with what may be meant", async (name, message) => {
    const { discovery } = await start();
    const error = await discovery.api(name).catch((error) => error);
    expect(error).toBeInstanceOf(UnknownResourceError);
    expect(error.message).toBe(message);
  });

  test.each([
    ["apps/v1beta1", "Deployment", "did you mean Deployment in apps/v1?"],
    ["apps/v1", "Deploymnt", "did you mean Deployment in apps/v1?"],
    ["v1", "Deployment", "did you mean Deployment in apps/v1?"],
  ])("of an object that is not there, %s %s, is told with the nearest", async (apiVersion, kind, hint) => {
    const { discovery } = await start();
    await expect(discovery.apiOf({ apiVersion, kind, metadata: {} })).rejects.toThrow(
      `the server has no kind ${kind} in ${apiVersion}; ${hint}`,
    );
  });

  test("of an object that does not say what it is cannot be found", async () => {
    const { discovery, asked } = await start();
    const nameless: KubeObject = { kind: "Pod", metadata: { name: "a" } };
    await expect(discovery.apiOf(nameless)).rejects.toThrow(RequestValidationError);
    expect(asked).toEqual([]);
  });
});

describe("the server is asked again", () => {
  test("for a kind that came later, and another one right after it", async () => {
    const { client, discovery, asked } = await start();
    await discovery.resources();
    await define(client, "foos", "Foo");
    expect(await discovery.resource("fo")).toMatchObject({ plural: "foos", group: "clux.dev" });
    await define(client, "bars", "Bar");
    expect(await discovery.resourceOf({ apiVersion: "clux.dev/v1", kind: "Bar" })).toMatchObject({ plural: "bars" });
    expect(asked).toHaveLength(6);
  });

  test("at most once every ten seconds where that is in vain", async () => {
    const { client, discovery, asked, pass } = await start();
    await expect(discovery.resource("foos")).rejects.toThrow(UnknownResourceError);
    expect(asked).toHaveLength(2); // what is asked for the sake of the question is no older than it
    await define(client, "foos", "Foo");
    pass(9_999);
    await expect(discovery.resource("foos")).rejects.toThrow(UnknownResourceError);
    expect(asked).toHaveLength(2);
    pass(1);
    expect((await discovery.resource("foos")).kind).toBe("Foo");
    expect(asked).toHaveLength(4);
  });

  test("once for all who miss something at the same time", async () => {
    const { client, discovery, asked } = await start();
    await discovery.resources();
    await define(client, "foos", "Foo");
    await Promise.all([discovery.resource("foos"), discovery.resource("foo"), discovery.resource("fo.v1.clux.dev")]);
    expect(asked).toHaveLength(4);
  });

  test("after invalidate, without which what has gone is known", async () => {
    const { client, discovery, asked } = await start();
    await define(client, "foos", "Foo");
    const foos = await discovery.api("foos");
    await Api.of(client, CustomResourceDefinition).delete("foos.clux.dev");
    await discovery.api("foos");
    await expect(foos.list()).rejects.toMatchObject({ isNotFound: true });
    discovery.invalidate();
    await expect(discovery.api("foos")).rejects.toThrow(UnknownResourceError);
    await define(client, "foos", "Foo");
    discovery.invalidate(); // ends the pause as well
    await discovery.api("foos");
    expect(asked).toHaveLength(6);
  });

  test("where the answer on its way is older than the question", async () => {
    const answers = [groupList([]), current];
    let answer = () => {};
    const fake = transport(async (path) => {
      if (path === "/api") throw notFound;
      await new Promise<void>((resolve) => (answer = resolve));
      return answers.shift();
    });
    const discovery = new Discovery(fake);
    const first = discovery.resources();
    const second = discovery.resource("foos"); // who may have just made it
    answer();
    expect(await first).toEqual([]);
    await expect.poll(() => fake.asked.length).toBe(4);
    answer();
    expect(await second).toMatchObject({ plural: "foos" });
  });

  test("while an answer that was invalidated is on its way, and that one is not kept", async () => {
    const answers: ((document: unknown) => void)[] = [];
    const fake = transport(async (path) => {
      if (path === "/api") throw notFound;
      return new Promise((resolve) => answers.push(resolve));
    });
    const discovery = new Discovery(fake);
    const before = discovery.resources();
    discovery.invalidate();
    const after = discovery.resources();
    answers[1]?.(current);
    expect(await after).toHaveLength(1);
    answers[0]?.(groupList([]));
    expect(await before).toEqual([]);
    expect(await discovery.resources()).toHaveLength(1);
  });

  test("after a failure, which hides nothing that is known", async () => {
    let down = true;
    const refused = new ConnectionError("refused");
    const fake = transport(async (path) => {
      if (down) throw refused;
      return path === "/apis" ? current : Promise.reject(notFound);
    });
    const discovery = new Discovery(fake);
    await expect(discovery.resource("foos")).rejects.toBe(refused);
    down = false;
    await discovery.resource("foos");
    down = true;
    await expect(discovery.resource("bars")).rejects.toBe(refused);
    await discovery.resource("foos");
  });
});

describe("old servers", () => {
  test("before 1.26 are asked group by group, and found to have the same", async () => {
    const { discovery } = await start();
    const old = await start((request) => {
      expect(request.headers.accept).toMatch(/application\/json$/);
      request.headers.accept = "application/json";
      return false;
    });
    expect(await old.discovery.resources()).toEqual(await discovery.resources());
    expect(old.asked).toEqual(expect.arrayContaining(["/api", "/apis", "/api/v1", "/apis/apps/v1"]));
  });

  test("have the preferred version of a group come first", async () => {
    const names = ["v1beta1", "v1"].map((version) => ({ groupVersion: `clux.dev/${version}`, version }));
    const documents: Record<string, object> = {
      "/apis": { kind: "APIGroupList", groups: [{ name: "clux.dev", versions: names, preferredVersion: names[1] }] },
    };
    for (const { groupVersion } of names) {
      const resource = { name: "foos", singularName: "", namespaced: true, kind: "Foo", verbs: ["get"] };
      const resources = [resource, { ...resource, name: "foos/status" }];
      documents[`/apis/${groupVersion}`] = { kind: "APIResourceList", groupVersion, resources };
    }
    const discovery = new Discovery(transport(async (path) => documents[path] ?? Promise.reject(notFound)));
    const found = await discovery.resource("foo");
    expect(found).toMatchObject({ version: "v1", singular: "foo", subresources: [{ name: "status", version: "v1" }] });
    expect((await discovery.resources()).map(({ version }) => version)).toEqual(["v1", "v1beta1"]);
  });

  test("before 1.30 answer in another version of the same", async () => {
    const beta = groupList([{ version: "v1", resources: [foos] }], "apidiscovery.k8s.io/v2beta1");
    const discovery = new Discovery(alone(beta));
    expect(await discovery.resource("foos")).toMatchObject({ kind: "Foo", verbs: ["get", "list"] });
  });

  test("that cannot ask one of theirs have the rest, and say so", async () => {
    const { discovery } = await start((request, response) => {
      request.headers.accept = "application/json";
      if (request.url !== "/apis/policy/v1") return false;
      response.writeHead(404).end();
      return true;
    });
    expect(await discovery.unavailable()).toEqual(["policy/v1"]);
    expect(await discovery.resource("pods")).toMatchObject({ kind: "Pod" });
    await expect(discovery.resource("pdb")).rejects.toThrow(
      'the server has no resource "pdb" (no answer from policy/v1)',
    );
  });
});

test("a group whose server does not answer hides no other, and is told", async () => {
  const stale = { version: "v2", freshness: "Stale", resources: [] };
  const discovery = new Discovery(alone(groupList([stale, { version: "v1", resources: [foos] }])));
  expect(await discovery.resource("foos")).toMatchObject({ version: "v1" });
  expect(await discovery.unavailable()).toEqual(["clux.dev/v2"]);
  const missing = await discovery.resourceOf({ apiVersion: "clux.dev/v2", kind: "Foo" }).catch((error) => error);
  expect(missing).toMatchObject({ suggestions: ["Foo in clux.dev/v1"], unavailable: ["clux.dev/v2"] });
});

test("what only has subresources is no resource", async () => {
  const parent = { ...foos, resource: "bars", responseKind: undefined, verbs: [], subresources: [] };
  const discovery = new Discovery(alone(groupList([{ version: "v1", resources: [parent, foos] }])));
  expect((await discovery.resources()).map(({ plural }) => plural)).toEqual(["foos"]);
});

test("an answer that is no list of anything is an error", async () => {
  await expect(new Discovery(alone({ kind: "Status" })).resources()).rejects.toThrow(DecodeError);
  await expect(new Discovery(alone(groupList([])), {}).resources()).resolves.toEqual([]);
});

test("who goes away leaves the others waiting; with the last one the requests end", async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const fake = transport((_, signal) => {
    signals.push(signal);
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  });
  const discovery = new Discovery(fake);
  const [first, second] = [new AbortController(), new AbortController()];
  const [one, two] = [discovery.api("foos", first.signal), discovery.resources(second.signal)];
  first.abort(new Error("first"));
  await expect(one).rejects.toThrow("first");
  expect(signals.map((signal) => signal?.aborted)).toEqual([false, false]);
  second.abort(new Error("second"));
  await expect(two).rejects.toThrow("second");
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  await expect(discovery.resource("foos", AbortSignal.abort(new Error("third")))).rejects.toThrow("third");
});

test("a built-in kind is found as its module has it", async () => {
  const { discovery } = await start();
  expect(await discovery.resource("cm")).toMatchObject(ConfigMap);
});
