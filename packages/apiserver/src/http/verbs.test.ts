import { describe, expect, test } from "vitest";
import { configMaps, pod, pods, startApi } from "./api.test.helper.ts";

const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

describe("create", () => {
  test("gives an object its identity and answers with it", async () => {
    const api = await startApi({ clock: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
    const { status, body } = await api.send("POST", pods, pod("web"));
    expect(status).toBe(201);
    expect(body).toMatchObject({ apiVersion: "v1", kind: "Pod", status: { phase: "Pending", qosClass: "BestEffort" } });
    expect(body.metadata).toEqual({
      name: "web",
      namespace: "default",
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
      generation: 1,
      creationTimestamp: "2026-01-02T03:04:05Z",
      managedFields: [expect.objectContaining({ operation: "Update", time: "2026-01-02T03:04:05Z" })],
    });
    expect((await api.send("GET", `${pods}/web`)).body).toEqual(body);
  });

  test("fills in a Pod's defaults and keeps what is given", async () => {
    const api = await startApi();
    const spec = { restartPolicy: "Never", initContainers: [{ name: "init", image: "localhost:5000/init" }] };
    const { body } = await api.send("POST", pods, pod("web", { spec }));
    expect(body.spec).toMatchObject({
      restartPolicy: "Never",
      dnsPolicy: "ClusterFirst",
      schedulerName: "default-scheduler",
      terminationGracePeriodSeconds: 30,
    });
    expect(body.spec.containers[0].imagePullPolicy).toBe("IfNotPresent");
    expect(body.spec.initContainers[0].imagePullPolicy).toBe("Always");
  });

  test("makes up names that differ", async () => {
    const api = await startApi();
    const names = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const answer = await api.send("POST", configMaps, { metadata: { generateName: "job-" } });
        return answer.body.metadata.name;
      }),
    );
    expect(new Set(names).size).toBe(20);
    for (const name of names) expect(name).toMatch(/^job-[a-z0-9]{5}$/);
  });

  test("drops a status, except a node's", async () => {
    const api = await startApi();
    const withStatus = { ...pod("web"), status: { phase: "Running" } };
    expect((await api.send("POST", pods, withStatus)).body.status.phase).toBe("Pending");
    const node = { metadata: { name: "node-1" }, status: { capacity: { cpu: "4" } } };
    expect((await api.send("POST", "/api/v1/nodes", node)).body.status).toEqual({ capacity: { cpu: "4" } });
  });

  test("stores nothing in a dry run", async () => {
    const api = await startApi();
    expect((await api.send("POST", `${pods}?dryRun=All`, pod("web"))).status).toBe(201);
    expect((await api.send("GET", `${pods}/web`)).status).toBe(404);
  });

  test.each([
    ["another namespace in the body", { metadata: { name: "a", namespace: "other" } }, 400, "BadRequest"],
    ["another kind", { kind: "Secret", apiVersion: "v1", metadata: { name: "a" } }, 400, "BadRequest"],
    ["another version", { kind: "ConfigMap", apiVersion: "v2", metadata: { name: "a" } }, 400, "BadRequest"],
    ["no name", { metadata: {} }, 422, "Invalid"],
    ["a name with capitals", { metadata: { name: "A" } }, 422, "Invalid"],
    ["a label that is a number", { metadata: { name: "a", labels: { b: 1 } } }, 400, "BadRequest"],
    ["finalizers that are no list", { metadata: { name: "a", finalizers: "b" } }, 400, "BadRequest"],
    ["a list", [], 400, "BadRequest"],
    ["broken JSON", "{", 400, "BadRequest"],
    ["no body", undefined, 400, "BadRequest"],
  ])("refuses %s", async (_, body, code, reason) => {
    const api = await startApi();
    const answer = await api.send("POST", configMaps, body);
    expect(answer.status).toBe(code);
    expect(answer.body).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason });
  });

  test("never quotes a body that it cannot parse", async () => {
    const api = await startApi();
    const answer = await api.send("POST", "/api/v1/namespaces/default/secrets", '{"data": s3cr3t');
    expect(JSON.stringify(answer.body)).not.toContain("s3cr3t");
  });

  test("names the missing field of a Pod", async () => {
    const api = await startApi();
    const { status, body } = await api.send("POST", pods, { metadata: { name: "web" }, spec: { containers: [{}] } });
    expect(status).toBe(422);
    expect(body.message).toBe('Pod "web" is invalid: spec.containers[0].name: Required value');
    expect(body.details).toEqual({
      name: "web",
      kind: "Pod",
      causes: [{ reason: "FieldValueRequired", message: "Required value", field: "spec.containers[0].name" }],
    });
  });

  test("refuses a second object of a name, and a namespace that is not there", async () => {
    const api = await startApi();
    await api.send("POST", pods, pod("web"));
    expect((await api.send("POST", pods, pod("web"))).body).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'pods "web" already exists',
      reason: "AlreadyExists",
      details: { name: "web", kind: "pods" },
      code: 409,
    });
    const lost = await api.send("POST", "/api/v1/namespaces/nowhere/pods", pod("web"));
    expect(lost).toMatchObject({ status: 404, body: { message: 'namespaces "nowhere" not found' } });
  });
});

describe("replace", () => {
  test("counts generations by changes of the spec, and leaves the status alone", async () => {
    const api = await startApi();
    const { body: created } = await api.send("POST", pods, pod("web"));
    const labelled = { ...created, metadata: { ...created.metadata, labels: { a: "b" } }, status: { phase: "Failed" } };
    const { body: second } = await api.send("PUT", `${pods}/web`, labelled);
    expect(second).toMatchObject({ metadata: { generation: 1, labels: { a: "b" } }, status: { phase: "Pending" } });
    const { body: third } = await api.send("PUT", `${pods}/web`, { ...second, spec: { ...second.spec, priority: 1 } });
    expect(third.metadata).toMatchObject({ generation: 2, uid: created.metadata.uid });
    expect(Number(third.metadata.resourceVersion)).toBeGreaterThan(Number(second.metadata.resourceVersion));
  });

  test("refuses a stale resourceVersion and a foreign uid", async () => {
    const api = await startApi();
    const { body: created } = await api.send("POST", pods, pod("web"));
    await api.send("PUT", `${pods}/web`, { ...created, spec: { ...created.spec, priority: 1 } });
    const stale = await api.send("PUT", `${pods}/web`, created);
    expect(stale).toMatchObject({ status: 409, body: { reason: "Conflict", details: { name: "web", kind: "pods" } } });
    expect(stale.body.message).toMatch(/^Operation cannot be fulfilled on pods "web": the object has been modified/);
    const foreign = { ...pod("web"), metadata: { name: "web", uid: "other" } };
    expect((await api.send("PUT", `${pods}/web`, foreign)).status).toBe(409);
  });

  test("that changes nothing is no write", async () => {
    const api = await startApi();
    const { body: created } = await api.send("POST", pods, pod("web"));
    const { body: same } = await api.send("PUT", `${pods}/web`, created);
    expect(same.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
  });

  test("creates where the resource allows it, and asks for a resourceVersion where it must", async () => {
    const api = await startApi();
    expect((await api.send("PUT", `${pods}/web`, pod("web"))).status).toBe(404);
    const lease = { metadata: { name: "leader" }, spec: { holderIdentity: "a" } };
    expect((await api.send("PUT", `${leases}/leader`, lease)).status).toBe(201);
    const blind = await api.send("PUT", `${leases}/leader`, lease);
    expect(blind).toMatchObject({
      status: 422,
      body: { details: { causes: [{ field: "metadata.resourceVersion" }] } },
    });
  });

  test("of the status changes the status only", async () => {
    const api = await startApi();
    const { body: created } = await api.send("POST", pods, pod("web"));
    const next = { ...created, spec: {}, status: { phase: "Running" } };
    const { body } = await api.send("PUT", `${pods}/web/status`, next);
    expect(body.status).toEqual({ phase: "Running" });
    expect(body.spec).toEqual(created.spec);
    expect(body.metadata.generation).toBe(1);
  });
});

describe("patch", () => {
  test("merges", async () => {
    const api = await startApi();
    await api.send("POST", configMaps, { metadata: { name: "settings" }, data: { a: "1", b: "2" } });
    const { body } = await api.patch(`${configMaps}/settings`, "merge", { data: { a: null, c: "3" } });
    expect(body.data).toEqual({ b: "2", c: "3" });
  });

  test("merges lists by the keys of the kind", async () => {
    const api = await startApi();
    await api.send("POST", pods, pod("web"));
    const patch = {
      spec: {
        containers: [
          { name: "main", image: "main:2" },
          { name: "side", image: "side:1" },
        ],
      },
    };
    const { body } = await api.patch(`${pods}/web`, "strategic-merge", patch);
    const images = body.spec.containers.map(({ name, image }: { name: string; image: string }) => [name, image]);
    expect(images).toEqual([
      ["main", "main:2"],
      ["side", "side:1"],
    ]);
    expect(body.spec.containers[0].imagePullPolicy).toBe("IfNotPresent");
  });

  test("runs JSON patch operations all or none", async () => {
    const api = await startApi();
    await api.send("POST", configMaps, { metadata: { name: "settings" }, data: { a: "1" } });
    const good = [
      { op: "test", path: "/data/a", value: "1" },
      { op: "replace", path: "/data/a", value: "2" },
    ];
    expect((await api.patch(`${configMaps}/settings`, "json", good)).body.data).toEqual({ a: "2" });
    const failing = await api.patch(`${configMaps}/settings`, "json", [
      { op: "add", path: "/data/b", value: "" },
      ...good,
    ]);
    expect(failing).toMatchObject({ status: 422, body: { reason: "Invalid" } });
    expect((await api.send("GET", `${configMaps}/settings`)).body.data).toEqual({ a: "2" });
  });

  test("with a resourceVersion or uid is conditional", async () => {
    const api = await startApi();
    await api.send("POST", pods, pod("web"));
    for (const metadata of [{ resourceVersion: "1" }, { uid: "other" }]) {
      expect((await api.patch(`${pods}/web/status`, "merge", { metadata, status: {} })).status).toBe(409);
    }
  });

  test("of an unknown type is a 415", async () => {
    const api = await startApi();
    await api.send("POST", pods, pod("web"));
    expect((await api.send("PATCH", `${pods}/web`, {})).status).toBe(415);
  });
});

describe("delete", () => {
  test("answers a Status for most kinds and the object for Pods", async () => {
    const api = await startApi();
    const { body: map } = await api.send("POST", configMaps, { metadata: { name: "settings" } });
    expect((await api.send("DELETE", `${configMaps}/settings`)).body).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "settings", kind: "configmaps", uid: map.metadata.uid },
    });
    await api.send("POST", pods, pod("web"));
    expect((await api.send("DELETE", `${pods}/web`)).body).toMatchObject({ kind: "Pod", metadata: { name: "web" } });
    expect((await api.send("GET", `${pods}/web`)).status).toBe(404);
  });

  test("leaves a Pod on a node until it is deleted with a grace of 0", async () => {
    const api = await startApi({ clock: () => Date.UTC(2026, 0, 1) });
    await api.send("POST", pods, pod("web", { spec: { nodeName: "node-1" } }));
    const { body } = await api.send("DELETE", `${pods}/web`);
    expect(body.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:30Z",
      deletionGracePeriodSeconds: 30,
      generation: 2,
    });
    const shorter = await api.send("DELETE", `${pods}/web`, { gracePeriodSeconds: 5 });
    expect(shorter.body.metadata.deletionGracePeriodSeconds).toBe(5);
    const longer = await api.send("DELETE", `${pods}/web`, { gracePeriodSeconds: 60 });
    expect(longer.body.metadata.deletionGracePeriodSeconds).toBe(5);
    await api.send("DELETE", `${pods}/web?gracePeriodSeconds=0`);
    expect((await api.send("GET", `${pods}/web`)).status).toBe(404);
  });

  test("waits for finalizers, and takes no new ones", async () => {
    const api = await startApi();
    const finalizers = ["example.com/a"];
    await api.send("POST", configMaps, { metadata: { name: "settings", finalizers } });
    const { body: marked } = await api.send("DELETE", `${configMaps}/settings`);
    expect(marked.metadata).toMatchObject({ deletionTimestamp: expect.any(String), finalizers });
    const more = { metadata: { finalizers: [...finalizers, "example.com/b"] } };
    expect((await api.patch(`${configMaps}/settings`, "merge", more)).status).toBe(422);
    const last = await api.patch(`${configMaps}/settings`, "merge", { metadata: { finalizers: null } });
    expect(last.status).toBe(200);
    expect((await api.send("GET", `${configMaps}/settings`)).status).toBe(404);
  });

  test("keeps its preconditions", async () => {
    const api = await startApi();
    const { body } = await api.send("POST", configMaps, { metadata: { name: "settings" } });
    for (const preconditions of [{ uid: "other" }, { resourceVersion: "1" }]) {
      const answer = await api.send("DELETE", `${configMaps}/settings`, { preconditions });
      expect(answer).toMatchObject({ status: 409, body: { reason: "Conflict" } });
    }
    const { uid, resourceVersion } = body.metadata;
    const answer = await api.send("DELETE", `${configMaps}/settings`, { preconditions: { uid, resourceVersion } });
    expect(answer.status).toBe(200);
  });

  test("of a collection deletes what the selector selects", async () => {
    const api = await startApi();
    for (const [name, app] of Object.entries({ a: "x", b: "y", c: "x" })) {
      await api.send("POST", pods, pod(name, { labels: { app } }));
    }
    const { body } = await api.send("DELETE", `${pods}?labelSelector=app%3Dx`);
    expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(["a", "c"]);
    const { body: left } = await api.send("GET", pods);
    expect(left.items).toHaveLength(1);
  });

  test("of a namespace takes its objects with it", async () => {
    const api = await startApi();
    await api.send("POST", "/api/v1/namespaces", { metadata: { name: "shop" } });
    await api.send("POST", "/api/v1/namespaces/shop/pods", pod("web"));
    await api.send("DELETE", "/api/v1/namespaces/shop");
    expect((await api.send("GET", "/api/v1/pods")).body.items).toEqual([]);
    expect((await api.send("GET", "/api/v1/namespaces/shop")).status).toBe(404);
  });
});

describe("a Pod's subresources", () => {
  test("binding puts it on a node once", async () => {
    const api = await startApi();
    await api.send("POST", pods, pod("web"));
    const binding = { target: { kind: "Node", name: "node-1" } };
    expect((await api.send("POST", `${pods}/web/binding`, binding)).status).toBe(201);
    const { body } = await api.send("GET", `${pods}/web`);
    expect(body.spec.nodeName).toBe("node-1");
    expect(body.status.conditions).toMatchObject([{ type: "PodScheduled", status: "True" }]);
    expect((await api.send("POST", `${pods}/web/binding`, binding)).status).toBe(409);
  });

  test("eviction deletes it", async () => {
    const api = await startApi();
    await api.send("POST", pods, pod("web"));
    expect((await api.send("POST", `${pods}/web/eviction`, { metadata: { name: "web" } })).status).toBe(201);
    expect((await api.send("GET", `${pods}/web`)).status).toBe(404);
  });
});

describe("what is not there, not allowed or not understood", () => {
  test.each([
    ["GET", `${pods}/none`, 404, "NotFound"],
    ["GET", "/api/v1/foos", 404, "NotFound"],
    ["GET", `${pods}/none/log`, 404, "NotFound"],
    ["POST", "/api/v1/pods", 405, "MethodNotAllowed"],
    ["POST", `${pods}/none`, 405, "MethodNotAllowed"],
    ["DELETE", "/api/v1/pods", 405, "MethodNotAllowed"],
    ["GET", `${pods}/none?resourceVersion=999999`, 504, "Timeout"],
    ["GET", `${pods}/%zz`, 400, "BadRequest"],
  ])("%s %s", async (method, path, code, reason) => {
    const api = await startApi();
    expect(await api.send(method, path)).toMatchObject({ status: code, body: { kind: "Status", code, reason } });
  });

  test("a body that is not JSON, and an answer that may not be", async () => {
    const api = await startApi();
    const yaml = await api.send("POST", configMaps, "a: b", { "content-type": "application/yaml" });
    expect(yaml).toMatchObject({ status: 415, body: { reason: "UnsupportedMediaType" } });
    const protobufOnly = { accept: "application/vnd.kubernetes.protobuf" };
    expect((await api.send("GET", pods, undefined, protobufOnly)).status).toBe(406);
    const either = { accept: "application/vnd.kubernetes.protobuf, application/json;q=0.9" };
    expect((await api.send("GET", pods, undefined, either)).status).toBe(200);
  });

  test("a body of more than 3 MiB", async () => {
    const api = await startApi();
    const data = { big: "x".repeat(3 * 1024 * 1024) };
    const answer = await api.send("POST", configMaps, { metadata: { name: "big" }, data });
    expect(answer).toMatchObject({ status: 413, body: { reason: "RequestEntityTooLarge" } });
  });
});

describe("access", () => {
  test("needs the token, except for health and version", async () => {
    const api = await startApi({ token: "right" });
    for (const authorization of ["", "Bearer wrong"]) {
      const refused = await api.send("GET", pods, undefined, { authorization });
      expect(refused).toMatchObject({ status: 401, body: { reason: "Unauthorized", message: "Unauthorized" } });
      expect((await api.send("GET", "/apis", undefined, { authorization })).status).toBe(401);
      expect(await api.send("GET", "/readyz", undefined, { authorization })).toMatchObject({ status: 200, body: "ok" });
    }
    expect((await api.send("GET", "/version")).body).toMatchObject({ major: "1", minor: "37" });
  });

  test("is what the hook says, in the words of RBAC", async () => {
    const seen: unknown[] = [];
    const api = await startApi({
      authorize(request) {
        seen.push(request);
        return request.resource === "pods" || { verb: request.verb, resource: request.resource };
      },
    });
    expect((await api.send("GET", pods)).status).toBe(200);
    const { status, body } = await api.send("GET", "/apis/apps/v1/deployments?watch=1");
    expect(status).toBe(403);
    expect(body).toMatchObject({ reason: "Forbidden", details: { group: "apps", kind: "deployments" } });
    expect(body.message).toMatch(
      /^deployments\.apps is forbidden: User ".+" cannot watch resource "deployments" in API group "apps" at the cluster scope$/,
    );
    expect(seen).toMatchObject([
      { verb: "list", group: "", version: "v1", resource: "pods", namespace: "default" },
      { verb: "watch", group: "apps", version: "v1", resource: "deployments" },
    ]);
  });
});
