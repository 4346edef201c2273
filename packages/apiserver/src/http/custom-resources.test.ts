import { describe, expect, test } from "vitest";
import { startApiServer } from "../server.ts";
import { type Api, connect, startApi } from "./api.test.helper.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const foos = "/apis/clux.dev/v1/namespaces/default/foos";
const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
const scale = {
  specReplicasPath: ".spec.replicas",
  statusReplicasPath: ".status.replicas",
  labelSelectorPath: ".status.selector",
};
const v1 = { name: "v1", served: true, storage: true, schema, subresources: { status: {}, scale } };
const unserved = { name: "v3", served: false, storage: false, schema };

function definition(spec: object = {}) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "foos.clux.dev" },
    spec: {
      group: "clux.dev",
      scope: "Namespaced",
      names: { plural: "foos", kind: "Foo", shortNames: ["fo"] },
      versions: [v1],
      ...spec,
    },
  };
}

function foo(name: string, more: object = {}) {
  return { apiVersion: "clux.dev/v1", kind: "Foo", metadata: { name }, spec: { info: "x", replicas: 1 }, ...more };
}

async function withFoos(spec: object = {}): Promise<Api> {
  const api = await startApi();
  expect(await api.send("POST", definitions, definition(spec))).toMatchObject({ status: 201 });
  return api;
}

describe("a definition", () => {
  test("is established at once, with its names completed", async () => {
    const api = await withFoos();
    const { body } = await api.send("GET", `${definitions}/foos.clux.dev`);
    expect(body.spec).toMatchObject({
      names: { singular: "foo", listKind: "FooList" },
      conversion: { strategy: "None" },
    });
    expect(body.status).toMatchObject({ acceptedNames: body.spec.names, storedVersions: ["v1"] });
    expect(body.status.conditions).toMatchObject([
      { type: "NamesAccepted", status: "True", reason: "NoConflicts" },
      { type: "Established", status: "True", reason: "InitialNamesAccepted" },
    ]);
  });

  test.each([
    ["a name that is not of its plural and group", { group: "other.dev" }, "metadata.name"],
    ["no version that is stored", { versions: [{ ...v1, storage: false }] }, "spec.versions"],
    ["two versions that are stored", { versions: [v1, { ...v1, name: "v2" }] }, "spec.versions"],
    [
      "a version without a schema",
      { versions: [{ ...v1, schema: undefined }] },
      "spec.versions[0].schema.openAPIV3Schema",
    ],
    ["a scope that is none", { scope: "Galaxy" }, "spec.scope"],
    ["no kind", { names: { plural: "foos" } }, "spec.names.kind"],
    [
      "a scale without a path",
      { versions: [{ ...v1, subresources: { scale: { specReplicasPath: ".spec.replicas" } } }] },
      "spec.versions[0].subresources.scale.statusReplicasPath",
    ],
  ])("is refused with %s", async (_, spec, field) => {
    const api = await startApi();
    const { status, body } = await api.send("POST", definitions, definition(spec));
    expect({ status, field: body.details.causes[0].field }).toEqual({ status: 422, field });
    expect((await api.send("GET", foos)).status).toBe(404);
  });

  test("serves more when it is changed, but keeps its scope", async () => {
    const api = await withFoos();
    const both = {
      spec: {
        versions: [
          { ...v1, storage: false },
          { ...v1, name: "v2beta1" },
        ],
      },
    };
    const { body } = await api.patch(`${definitions}/foos.clux.dev`, "merge", both);
    expect(body.status.storedVersions).toEqual(["v1", "v2beta1"]);
    expect((await api.send("GET", "/apis/clux.dev/v2beta1/foos")).status).toBe(200);
    const cluster = await api.patch(`${definitions}/foos.clux.dev`, "merge", { spec: { scope: "Cluster" } });
    expect(cluster).toMatchObject({ status: 422, body: { details: { causes: [{ field: "spec.scope" }] } } });
  });

  test("takes nothing from what is built in", async () => {
    const api = await startApi();
    const pods = {
      ...definition({ group: "apps", names: { plural: "pods", kind: "Pod" } }),
      metadata: { name: "pods.apps" },
    };
    expect((await api.send("POST", definitions, pods)).status).toBe(201);
    expect((await api.send("GET", "/apis/apps/v1/pods")).status).toBe(404);
    expect((await api.send("GET", "/apis/apps/v1/deployments")).status).toBe(200);
  });

  test("ends with its objects, which a watcher is told", async () => {
    const api = await withFoos();
    await api.send("POST", foos, foo("baz"));
    const watch = await api.watch(`${foos}?watch=1`);
    expect(await watch.next()).toMatchObject({ type: "ADDED" });
    const deleted = await api.send("DELETE", `${definitions}/foos.clux.dev`);
    expect(deleted).toMatchObject({ status: 200, body: { kind: "CustomResourceDefinition" } });
    expect(await watch.next()).toMatchObject({ type: "DELETED", object: { metadata: { name: "baz" } } });
    for (const path of [foos, `${foos}/baz`, "/apis/clux.dev", "/apis/clux.dev/v1", `${definitions}/foos.clux.dev`]) {
      expect(await api.send("GET", path), path).toMatchObject({ status: 404 });
    }
    await api.send("POST", definitions, definition());
    expect((await api.send("GET", foos)).body.items).toEqual([]);
  });

  test("with a finalizer ends when that is taken", async () => {
    const api = await withFoos();
    const path = `${definitions}/foos.clux.dev`;
    await api.patch(path, "merge", { metadata: { finalizers: ["example.com/hold"] } });
    await api.send("POST", foos, foo("baz"));
    await api.send("DELETE", path);
    expect((await api.send("GET", foos)).status).toBe(200);
    await api.patch(path, "merge", { metadata: { finalizers: null } });
    await api.send("POST", definitions, definition());
    expect((await api.send("GET", foos)).body.items).toEqual([]);
  });

  test("outlives the server with the store", async () => {
    const api = await withFoos();
    await api.send("POST", foos, foo("baz"));
    const later = await startApiServer({ store: api.server.store });
    try {
      expect((await connect(later).send("GET", `${foos}/baz`)).status).toBe(200);
    } finally {
      await later.stop();
    }
  });
});

describe("a custom resource", () => {
  test("is created, replaced, patched, listed, watched and deleted as any other", async () => {
    const api = await withFoos();
    const created = await api.send("POST", foos, foo("baz", { status: { is_bad: true } }));
    expect(created).toMatchObject({ status: 201, body: { kind: "Foo", apiVersion: "clux.dev/v1" } });
    expect(created.body.metadata.generation).toBe(1);
    expect(created.body.status).toBeUndefined();
    const watch = await api.watch(`${foos}?watch=1&resourceVersion=${created.body.metadata.resourceVersion}`);

    const { metadata } = created.body;
    const replaced = await api.send("PUT", `${foos}/baz`, foo("baz", { metadata, spec: { info: "y" } }));
    expect(replaced).toMatchObject({ status: 200, body: { spec: { info: "y" }, metadata: { generation: 2 } } });
    const patched = await api.patch(`${foos}/baz`, "merge", { spec: { info: "z" } });
    expect(patched.body.spec).toEqual({ info: "z" });
    const judged = await api.patch(`${foos}/baz/status`, "merge", { status: { is_bad: true }, spec: { info: "no" } });
    expect(judged.body).toMatchObject({ spec: { info: "z" }, status: { is_bad: true }, metadata: { generation: 3 } });

    const list = await api.send("GET", `${foos}?fieldSelector=metadata.name%3Dbaz`);
    expect(list.body).toMatchObject({ kind: "FooList", apiVersion: "clux.dev/v1", items: [{ spec: { info: "z" } }] });
    const gone = await api.send("DELETE", `${foos}/baz`);
    expect(gone.body).toMatchObject({ kind: "Status", details: { name: "baz", group: "clux.dev", kind: "foos" } });
    expect(await watch.next()).toMatchObject({ type: "MODIFIED", object: { kind: "Foo", spec: { info: "y" } } });
  });

  test("is refused without its kind, without a resourceVersion, and by strategic merge", async () => {
    const api = await withFoos();
    expect((await api.send("POST", foos, { metadata: { name: "baz" } })).status).toBe(400);
    await api.send("POST", foos, foo("baz"));
    const blind = await api.send("PUT", `${foos}/baz`, foo("baz"));
    expect(blind).toMatchObject({
      status: 422,
      body: { details: { causes: [{ field: "metadata.resourceVersion" }] } },
    });
    expect((await api.patch(`${foos}/baz`, "strategic-merge", { spec: {} })).status).toBe(415);
  });

  test("is one object in all versions", async () => {
    const api = await withFoos({ versions: [v1, { ...v1, name: "v1beta2", storage: false }] });
    await api.send("POST", "/apis/clux.dev/v1beta2/namespaces/default/foos", {
      ...foo("baz"),
      apiVersion: "clux.dev/v1beta2",
    });
    expect((await api.send("GET", `${foos}/baz`)).body).toMatchObject({ apiVersion: "clux.dev/v1", kind: "Foo" });
  });

  test("is in no namespace, and has no subresources, where its definition says so", async () => {
    const api = await withFoos({ scope: "Cluster", versions: [{ ...v1, subresources: undefined }] });
    const path = "/apis/clux.dev/v1/foos";
    const { body } = await api.send("POST", path, foo("baz", { status: { is_bad: true } }));
    expect(body).toMatchObject({ status: { is_bad: true } });
    expect((await api.patch(`${path}/baz`, "merge", { status: { is_bad: false } })).body.metadata.generation).toBe(2);
    for (const missing of [`${path}/baz/status`, `${path}/baz/scale`, foos]) {
      expect(await api.send("GET", missing), missing).toMatchObject({ status: 404 });
    }
  });

  test("is scaled where its definition says how", async () => {
    const api = await withFoos();
    await api.send("POST", foos, foo("baz"));
    await api.patch(`${foos}/baz/status`, "merge", { status: { replicas: 1, selector: "app=baz" } });
    const { body } = await api.send("GET", `${foos}/baz/scale`);
    expect(body).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      metadata: { name: "baz", namespace: "default" },
      spec: { replicas: 1 },
      status: { replicas: 1, selector: "app=baz" },
    });
    expect((await api.patch(`${foos}/baz/scale`, "merge", { spec: { replicas: 2 } })).body.spec).toEqual({
      replicas: 2,
    });
    expect((await api.send("GET", `${foos}/baz`)).body).toMatchObject({
      spec: { replicas: 2 },
      metadata: { generation: 2 },
    });

    await api.send("POST", foos, foo("qux", { spec: { info: "no replicas" } }));
    expect((await api.send("GET", `${foos}/qux/scale`)).status).toBe(500);
    expect((await api.patch(`${foos}/qux/scale`, "merge", { spec: { replicas: 3 } })).body.spec).toEqual({
      replicas: 3,
    });
  });
});

test("discovery knows custom resources as long as they are defined", async () => {
  const api = await withFoos({
    versions: [{ ...v1, name: "v1alpha1", storage: false }, { ...v1, name: "v2" }, unserved],
  });
  const versions = ["v2", "v1alpha1"].map((version) => ({ groupVersion: `clux.dev/${version}`, version }));
  expect((await api.send("GET", "/apis")).body.groups.at(-1)).toEqual({
    name: "clux.dev",
    versions,
    preferredVersion: versions[0],
  });
  const { body } = await api.send("GET", "/apis/clux.dev/v2");
  expect(body.resources).toEqual([
    {
      name: "foos",
      singularName: "foo",
      namespaced: true,
      kind: "Foo",
      verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
      shortNames: ["fo"],
    },
    { name: "foos/status", singularName: "", namespaced: true, kind: "Foo", verbs: ["get", "patch", "update"] },
    {
      name: "foos/scale",
      singularName: "",
      namespaced: true,
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
      verbs: ["get", "patch", "update"],
    },
  ]);
  expect((await api.send("GET", "/apis/clux.dev/v3")).status).toBe(404);
  expect((await api.send("GET", "/openapi/v3")).body.paths).toHaveProperty("apis/clux.dev/v2");
  await api.send("DELETE", `${definitions}/foos.clux.dev`);
  expect((await api.send("GET", "/openapi/v3")).body.paths).not.toHaveProperty("apis/clux.dev/v2");
});
