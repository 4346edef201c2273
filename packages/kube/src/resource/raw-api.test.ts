import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findResource } from "./catalogue.ts";
import { RequestValidationError } from "./errors.ts";
import * as named from "./named.ts";
import { Patch } from "./patch.ts";
import { RawApi } from "./raw-api.ts";

const json = { "content-type": "application/json" };

describe("paths", () => {
  test("list", () => {
    expect(RawApi.v1Deployment().within("ns").list()).toEqual({
      method: "GET",
      path: "/apis/apps/v1/namespaces/ns/deployments",
    });
    expect(RawApi.v1Pod().list().path).toBe("/api/v1/pods");
  });

  test("list with everything", () => {
    const { path } = RawApi.v1Pod().list({
      labelSelector: "app in (a,b),tier!=db",
      fieldSelector: "spec.nodeName=node-1",
      limit: 500,
      continue: "a/b+c=",
      resourceVersion: "0",
      resourceVersionMatch: "NotOlderThan",
      timeoutSeconds: 10,
    });
    expect(path).toBe(
      "/api/v1/pods?labelSelector=app%20in%20(a%2Cb)%2Ctier!%3Ddb&fieldSelector=spec.nodeName%3Dnode-1&limit=500" +
        "&continue=a%2Fb%2Bc%3D&resourceVersion=0&resourceVersionMatch=NotOlderThan&timeoutSeconds=10",
    );
  });

  test("watch", () => {
    const pods = RawApi.v1Pod().within("ns");
    expect(pods.watch({ resourceVersion: "0", timeoutSeconds: 10, allowWatchBookmarks: true }).path).toBe(
      "/api/v1/namespaces/ns/pods?watch=true&resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=10",
    );
    expect(pods.watch().path).toBe("/api/v1/namespaces/ns/pods?watch=true");
  });

  test("a streaming list asks for the match that the API demands", () => {
    expect(RawApi.v1Pod().watch({ sendInitialEvents: true, allowWatchBookmarks: true }).path).toBe(
      "/api/v1/pods?watch=true&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&allowWatchBookmarks=true",
    );
  });

  test("get", () => {
    expect(RawApi.v1Pod().within("ns").get("blog").path).toBe("/api/v1/namespaces/ns/pods/blog");
  });

  test("replace", () => {
    expect(RawApi.v1DaemonSet().within("ns").replace("myds", { spec: {} }, { dryRun: true })).toEqual({
      method: "PUT",
      path: "/apis/apps/v1/namespaces/ns/daemonsets/myds?dryRun=All",
      headers: json,
      body: '{"apiVersion":"apps/v1","kind":"DaemonSet","spec":{}}',
    });
  });

  test("what is created or replaced says what it is, where that is known and it does not", () => {
    const foos = RawApi.customResource("foos", { kind: "Foo" }).group("clux.dev").within("ns");
    const type = { apiVersion: "clux.dev/v1", kind: "Foo" };
    const bodies = (api: RawApi, object: object) =>
      [api.create(object), api.replace("a", object), api.replaceStatus("a", object)].map(({ body }) => body);
    const metadata = { name: "a" };
    expect(bodies(foos, { metadata })).toEqual(Array(3).fill(JSON.stringify({ ...type, metadata })));
    const other = { apiVersion: "clux.dev/v2", kind: "Foo", metadata };
    expect(bodies(foos, other)).toEqual(Array(3).fill(JSON.stringify(other)));
    expect(bodies(RawApi.customResource("foos").group("clux.dev").within("ns"), { metadata })).toEqual(
      Array(3).fill(JSON.stringify({ metadata })),
    );
    expect(foos.replaceScale("a", { spec: { replicas: 2 } }).body).toBe('{"spec":{"replicas":2}}');
  });

  test("create", () => {
    const bytes = Buffer.from("{}");
    const deployments = RawApi.v1Deployment().within("ns");
    expect(deployments.create(bytes, { fieldManager: "me", fieldValidation: "Strict" })).toEqual({
      method: "POST",
      path: "/apis/apps/v1/namespaces/ns/deployments?fieldManager=me&fieldValidation=Strict",
      headers: json,
      body: bytes,
    });
  });

  test("create of a custom resource", () => {
    const foos = RawApi.customResource("foos").group("clux.dev").version("v2").within("myns");
    expect(foos.create("{}").path).toBe("/apis/clux.dev/v2/namespaces/myns/foos");
    const wide = RawApi.customResource("bars", { namespaced: false }).group("clux.dev");
    expect(wide.create("{}").path).toBe("/apis/clux.dev/v1/bars");
  });

  test("create of an ingress, whose group can be another", () => {
    expect(RawApi.v1Ingress().within("ns").create("{}").path).toBe(
      "/apis/networking.k8s.io/v1/namespaces/ns/ingresses",
    );
    expect(RawApi.v1Ingress().group("extensions").version("v1beta1").within("ns").get("x").path).toBe(
      "/apis/extensions/v1beta1/namespaces/ns/ingresses/x",
    );
  });

  test("delete", () => {
    const sets = RawApi.v1ReplicaSet().within("ns");
    expect(sets.delete("myrs")).toEqual({ method: "DELETE", path: "/apis/apps/v1/namespaces/ns/replicasets/myrs" });
    const preconditions = { uid: "u" };
    const told = sets.delete("myrs", {
      dryRun: true,
      gracePeriodSeconds: 0,
      propagationPolicy: "Foreground",
      preconditions,
    });
    expect(told.headers).toEqual(json);
    expect(JSON.parse(String(told.body))).toEqual({
      apiVersion: "v1",
      kind: "DeleteOptions",
      dryRun: ["All"],
      gracePeriodSeconds: 0,
      propagationPolicy: "Foreground",
      preconditions,
    });
  });

  test("deleteCollection", () => {
    const request = RawApi.v1ReplicaSet()
      .within("ns")
      .deleteCollection({ labelSelector: "app=myapp" }, { propagationPolicy: "Background" });
    expect(request).toMatchObject({
      method: "DELETE",
      path: "/apis/apps/v1/namespaces/ns/replicasets?labelSelector=app%3Dmyapp",
    });
    expect(String(request.body)).toContain('"Background"');
  });

  test("a namespace itself", () => {
    expect(RawApi.v1Namespace().create("{}").path).toBe("/api/v1/namespaces");
    expect(RawApi.v1Namespace().get("shop").path).toBe("/api/v1/namespaces/shop");
  });

  test("status", () => {
    const nodes = RawApi.v1Node();
    expect(nodes.getStatus("mynode").path).toBe("/api/v1/nodes/mynode/status");
    expect(nodes.patchStatus("mynode", {})).toEqual({
      method: "PATCH",
      path: "/api/v1/nodes/mynode/status",
      headers: { "content-type": "application/merge-patch+json" },
      body: "{}",
    });
    const definitions = RawApi.v1CustomResourceDefinition();
    expect(definitions.replaceStatus("mycrd.domain.io", {})).toMatchObject({
      method: "PUT",
      path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/mycrd.domain.io/status",
    });
  });

  test("scale", () => {
    const deployments = RawApi.v1Deployment().within("ns");
    const path = "/apis/apps/v1/namespaces/ns/deployments/web/scale";
    expect(deployments.getScale("web")).toMatchObject({ method: "GET", path });
    expect(deployments.patchScale("web", {})).toMatchObject({ method: "PATCH", path });
    expect(deployments.replaceScale("web", {})).toMatchObject({ method: "PUT", path });
  });

  test("log", () => {
    const request = RawApi.v1Pod().within("ns").log("blog", {
      container: "app",
      follow: true,
      limitBytes: 10,
      pretty: false,
      previous: true,
      sinceSeconds: 60,
      tailLines: 0,
      timestamps: true,
    });
    expect(request.path).toBe(
      "/api/v1/namespaces/ns/pods/blog/log?container=app&follow=true&limitBytes=10&previous=true&sinceSeconds=60" +
        "&tailLines=0&timestamps=true",
    );
  });
});

describe("patches", () => {
  const pods = RawApi.v1Pod().within("ns");

  test.each([
    ["Apply", "application/apply-patch+yaml"],
    ["JSON", "application/json-patch+json"],
    ["Merge", "application/merge-patch+json"],
    ["Strategic", "application/strategic-merge-patch+json"],
  ] as const)("%s carries its content type", (strategy, type) => {
    const request = pods.patch("blog", strategy === "JSON" ? [] : {}, { strategy, fieldManager: "me" });
    expect(request).toMatchObject({ method: "PATCH", headers: { "content-type": type } });
    expect(request.path).toBe("/api/v1/namespaces/ns/pods/blog?fieldManager=me");
  });

  test("force goes with Apply only", () => {
    expect(pods.patch("blog", {}, { strategy: "Apply", force: true, fieldManager: "me" }).path).toMatch(/force=true$/);
    for (const patch of [Patch.json([]), Patch.merge({}), Patch.strategic({})]) {
      expect(() => pods.patch("blog", patch, { force: true })).toThrow("force is for the patch strategy Apply only");
    }
    expect(() => pods.patch("blog", {}, { strategy: "Apply" })).toThrow(/needs a fieldManager/);
  });

  test("a field manager has at most 128 characters", () => {
    expect(pods.patch("blog", {}, { fieldManager: "ü".repeat(128) }).path).toContain("fieldManager=");
    expect(() => pods.patch("blog", {}, { fieldManager: "x".repeat(129) })).toThrow(RequestValidationError);
  });
});

describe("a Patch", () => {
  const pods = RawApi.v1Pod().within("ns");
  const operations = [{ op: "remove", path: "/metadata/labels" }] as const;

  test.each([
    [Patch.merge({ a: null }), "application/merge-patch+json", '{"a":null}'],
    [Patch.json(operations), "application/json-patch+json", '[{"op":"remove","path":"/metadata/labels"}]'],
    [Patch.strategic({ a: [] }), "application/strategic-merge-patch+json", '{"a":[]}'],
    [
      Patch.apply({ a: 1 }),
      "application/apply-patch+yaml",
      '{"apiVersion":"v1","kind":"Pod","a":1,"metadata":{"name":"blog"}}',
    ],
  ])("says how it is to be read: %j", (patch, type, body) => {
    for (const request of [
      pods.patch("blog", patch, { fieldManager: "me" }),
      pods.patchStatus("blog", patch, { fieldManager: "me", strategy: patch.strategy }),
      pods.patchSubresource("blog", "resize", patch, { fieldManager: "me" }),
    ]) {
      expect(request).toMatchObject({ method: "PATCH", headers: { "content-type": type }, body });
    }
  });

  test("that contradicts the strategy is refused, and so is a plain patch of another shape", () => {
    expect(() => pods.patch("blog", Patch.json([]), { strategy: "Merge" })).toThrow(
      new RequestValidationError("a patch of the strategy JSON cannot be sent as Merge"),
    );
    expect(() => pods.patchScale("blog", Patch.merge({}), { strategy: "Strategic" })).toThrow(RequestValidationError);
    expect(() => pods.patch("blog", [])).toThrow(/an array of operations is for the strategy JSON/);
    expect(() => pods.patch("blog", {}, { strategy: "JSON" })).toThrow(/is an array of operations, not an object/);
    expect(() => pods.patch("blog", Patch.apply({}))).toThrow(/needs a fieldManager/);
  });

  test("that is written already is sent as it is", () => {
    const request = pods.patch("blog", "[]", { strategy: "JSON" });
    expect(request).toMatchObject({ headers: { "content-type": "application/json-patch+json" }, body: "[]" });
    expect(pods.patch("blog", "kind: Pod", { strategy: "Apply", fieldManager: "me" }).body).toBe("kind: Pod");
  });
});

describe("apply", () => {
  const web = { metadata: { name: "web" }, spec: { replicas: 2 } };
  const deployments = RawApi.v1Deployment().within("ns");

  test("says what the object is, and who wants it", () => {
    expect(deployments.apply(web, { fieldManager: "me", force: true, dryRun: true })).toEqual({
      method: "PATCH",
      path: "/apis/apps/v1/namespaces/ns/deployments/web?dryRun=All&fieldManager=me&force=true",
      headers: { "content-type": "application/apply-patch+yaml" },
      body: JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", ...web }),
    });
    expect(deployments.applyStatus(web, { fieldManager: "me" }).path).toBe(
      "/apis/apps/v1/namespaces/ns/deployments/web/status?fieldManager=me",
    );
  });

  test("leaves what the object says of itself, and knows what a scale is", () => {
    const own = { apiVersion: "apps/v1beta1", kind: "Deployment", ...web };
    expect(deployments.apply(own, { fieldManager: "me" }).body).toBe(JSON.stringify(own));
    const scale = deployments.patchScale("web", Patch.apply({ spec: { replicas: 1 } }), { fieldManager: "me" });
    expect(JSON.parse(String(scale.body))).toEqual({
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      metadata: { name: "web" },
      spec: { replicas: 1 },
    });
  });

  test("needs a name, a manager and a kind", () => {
    expect(() => deployments.apply({ metadata: { name: "" } }, { fieldManager: "me" })).toThrow(
      /name must not be empty/,
    );
    expect(() => deployments.apply(web, { fieldManager: "" })).toThrow(/needs a fieldManager/);
    const foos = RawApi.customResource("foos").group("clux.dev").within("ns");
    expect(() => foos.apply(web, { fieldManager: "me" })).toThrow("foos.clux.dev: what is applied needs its kind");
    expect(foos.apply({ kind: "Foo", ...web }, { fieldManager: "me" }).body).toContain('"apiVersion":"clux.dev/v1"');
  });
});

describe("metadata only", () => {
  const deployments = RawApi.v1Deployment().metadata().within("ns");
  const one = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
  const many = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

  test("is asked for by what is accepted", () => {
    const path = "/apis/apps/v1/namespaces/ns/deployments";
    expect(deployments.get("web")).toEqual({ method: "GET", path: `${path}/web`, headers: { accept: one } });
    expect(deployments.list()).toEqual({ method: "GET", path, headers: { accept: many } });
    expect(deployments.watch()).toEqual({ method: "GET", path: `${path}?watch=true`, headers: { accept: one } });
    expect(deployments.patch("web", {}).headers).toEqual({
      "content-type": "application/merge-patch+json",
      accept: one,
    });
    expect(deployments.delete("web").headers).toEqual({ accept: one });
    expect(deployments.deleteCollection({}, { gracePeriodSeconds: 0 }).headers).toEqual({
      "content-type": "application/json",
      accept: many,
    });
    expect(deployments.getStatus("web").headers).toEqual({ accept: one });
    expect(deployments.version("v1beta1").group("extensions").get("web").headers).toEqual({ accept: one });
  });

  test("is not what a scale is, and not enough to write a whole object", () => {
    expect(deployments.getScale("web").headers).toBeUndefined();
    expect(deployments.patchScale("web", {}).headers).toEqual({ "content-type": "application/merge-patch+json" });
    for (const build of [
      () => deployments.create({}),
      () => deployments.replace("web", {}),
      () => deployments.replaceStatus("web", {}),
    ]) {
      expect(build).toThrow(/needs whole objects, not their metadata alone/);
    }
  });
});

describe("subresources of one kind", () => {
  const pods = RawApi.v1Pod().within("ns");
  const json = (body: unknown) => ({ headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

  test("eviction", () => {
    expect(pods.evict("blog")).toEqual({
      method: "POST",
      path: "/api/v1/namespaces/ns/pods/blog/eviction",
      ...json({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "blog", namespace: "ns" } }),
    });
    const careful = pods.evict("blog", { dryRun: true, gracePeriodSeconds: 5, preconditions: { uid: "u" } });
    expect(careful.path).toBe("/api/v1/namespaces/ns/pods/blog/eviction?dryRun=All");
    expect(JSON.parse(String(careful.body)).deleteOptions).toEqual({
      apiVersion: "v1",
      kind: "DeleteOptions",
      gracePeriodSeconds: 5,
      preconditions: { uid: "u" },
    });
  });

  test("binding", () => {
    expect(pods.bind("blog", "node-1", { dryRun: true })).toEqual({
      method: "POST",
      path: "/api/v1/namespaces/ns/pods/blog/binding?dryRun=All",
      ...json({
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name: "blog", namespace: "ns" },
        target: { apiVersion: "v1", kind: "Node", name: "node-1" },
      }),
    });
  });

  test("token", () => {
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "blog" };
    const params = { audiences: ["vault"], expirationSeconds: 600, boundObjectRef };
    expect(new RawApi(findResource("serviceaccounts")!).within("ns").createToken("builder", params)).toEqual({
      method: "POST",
      path: "/api/v1/namespaces/ns/serviceaccounts/builder/token",
      ...json({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: params }),
    });
  });

  test("any other", () => {
    const path = "/api/v1/namespaces/ns/pods/blog/resize";
    expect(pods.getSubresource("blog", "resize")).toEqual({ method: "GET", path });
    expect(pods.replaceSubresource("blog", "resize", {}, { dryRun: true })).toMatchObject({
      method: "PUT",
      path: `${path}?dryRun=All`,
    });
    expect(pods.patchSubresource("blog", "resize", {}, { strategy: "Strategic" })).toMatchObject({
      method: "PATCH",
      path,
      headers: { "content-type": "application/strategic-merge-patch+json" },
    });
  });
});

describe("what is refused", () => {
  test("a namespace for what has none", () => {
    for (const api of [RawApi.v1Node(), RawApi.v1Namespace(), RawApi.v1CustomResourceDefinition()]) {
      expect(() => api.within("ns")).toThrow(RequestValidationError);
    }
  });

  test("a parameter that there is not: misspelt, it would be a request about all objects", () => {
    const pods = RawApi.v1Pod().within("ns");
    const refused: [() => unknown, string][] = [
      [
        () => pods.list({ labelselector: "a=b" } as object),
        "there is no parameter labelselector: there are labelSelector,",
      ],
      [() => pods.deleteCollection({ labels: "a=b" } as object), "there is no parameter labels"],
      [() => pods.watch({ resourceversion: "1" } as object), "there is no parameter resourceversion"],
      [() => pods.list({ signal: undefined } as object), "signal: there are labelSelector, "],
      [() => pods.list({ signal: undefined } as object), "; this is one of the options behind them"],
      [() => pods.delete("a", { dryrun: true } as object), "there is no parameter dryrun"],
      [() => pods.create({}, { dryrun: true } as object), "there is no parameter dryrun"],
      [() => pods.patch("a", {}, { strategie: "JSON" } as object), "there is no parameter strategie"],
      [() => pods.log("a", { tail: 1 } as object), "there is no parameter tail"],
      [() => pods.exec("a", ["ls"], { stdIn: true } as object), "there is no parameter stdIn"],
    ];
    for (const [build, message] of refused) {
      expect(build).toThrow(RequestValidationError);
      expect(build).toThrow(message);
    }
  });

  test("a single object without a namespace", () => {
    const pods = RawApi.v1Pod();
    for (const build of [
      () => pods.get("blog"),
      () => pods.create("{}"),
      () => pods.delete("blog"),
      () => pods.deleteCollection(),
    ]) {
      expect(build).toThrow("pods: choose a namespace with within() first");
    }
  });

  test.each(["", ".", "..", "a/b", "a%2fb"])("the name %j", (name) => {
    expect(() => RawApi.v1Node().get(name)).toThrow(RequestValidationError);
    expect(() => RawApi.v1Pod().within(name)).toThrow(/^pods: namespace must not/);
    expect(() => RawApi.customResource(name)).toThrow(RequestValidationError);
    expect(() => RawApi.v1Pod().version(name)).toThrow(RequestValidationError);
  });

  test.each([
    { limit: -1 },
    { limit: 1.5 },
    { timeoutSeconds: Number.NaN },
    { resourceVersionMatch: "Exact" as const },
  ])("the list parameters %j", (params) => {
    expect(() => RawApi.v1Pod().list(params)).toThrow(RequestValidationError);
  });
});

test("whatever is in a name or selector, it stays in its place of the URL", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((s) => !/[/%]/.test(s) && s !== "." && s !== "..");
  fc.assert(
    fc.property(name, name, fc.string({ unit: "grapheme", minLength: 1 }), (namespace, object, selector) => {
      const pods = RawApi.v1Pod().within(namespace);
      const get = new URL(pods.get(object).path, "https://host");
      expect(get.pathname.split("/").map(decodeURIComponent)).toEqual([
        ...["", "api", "v1", "namespaces", namespace, "pods", object],
      ]);
      expect(get.search).toBe("");
      const list = new URL(pods.list({ labelSelector: selector, limit: 1 }).path, "https://host");
      expect([...list.searchParams]).toEqual([
        ["labelSelector", selector],
        ["limit", "1"],
      ]);
    }),
  );
});

test("the resources with a constructor of their own are as the catalogue has them", () => {
  for (const [name, resource] of Object.entries(named)) {
    const { group, version, kind, plural, namespaced } = resource;
    expect(name).toBe(version + kind);
    expect(findResource(group === "" ? `${plural}.${version}` : `${plural}.${version}.${group}`)).toMatchObject({
      ...{ group, version, kind, plural, namespaced },
    });
    expect(RawApi[name as "v1Pod"]().resource).toEqual(resource);
  }
});
