import { expect, test } from "vitest";
import { startApi } from "./api.test.helper.ts";

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main", image: "none" }] } };

test.each([
  ["/apis/apps/v1/namespaces/default/deployments", { matchLabels: { app: "web" } }, "app=web"],
  [
    "/apis/apps/v1/namespaces/default/statefulsets",
    { matchExpressions: [{ key: "app", operator: "In", values: ["web", "api"] }] },
    "app in (api,web)",
  ],
  ["/apis/apps/v1/namespaces/default/replicasets", { matchLabels: { app: "web", a: "b" } }, "a=b,app=web"],
  ["/api/v1/namespaces/default/replicationcontrollers", { app: "web" }, "app=web"],
])("%s have a scale", async (path, selector, text) => {
  const api = await startApi();
  const { body: object } = await api.send("POST", path, { metadata: { name: "web" }, spec: { selector, template } });
  const scale = await api.send("GET", `${path}/web/scale`);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  expect(scale.body).toEqual({
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: 1 },
    status: { replicas: 0, selector: text },
  });

  const patched = await api.patch(`${path}/web/scale`, "merge", { spec: { replicas: 2 } });
  expect(patched).toMatchObject({ status: 200, body: { spec: { replicas: 2 } } });
  expect((await api.send("GET", `${path}/web`)).body).toMatchObject({ spec: { replicas: 2 } });

  const stale = await api.send("PUT", `${path}/web/scale`, { ...scale.body, spec: { replicas: 3 } });
  expect(stale).toMatchObject({ status: 409, body: { reason: "Conflict" } });
  const replaced = await api.send("PUT", `${path}/web/scale`, { ...patched.body, spec: {} });
  expect(replaced).toMatchObject({ status: 200, body: { spec: {} } });
  expect((await api.send("GET", `${path}/web`)).body.spec.replicas).toBe(0);

  const negative = await api.patch(`${path}/web/scale`, "merge", { spec: { replicas: -1 } });
  expect(negative).toMatchObject({ status: 422, body: { details: { causes: [{ field: "spec.replicas" }] } } });
  const dry = await api.patch(`${path}/web/scale?dryRun=All`, "json", [
    { op: "add", path: "/spec/replicas", value: 9 },
  ]);
  expect(dry.body.spec).toEqual({ replicas: 9 });
  expect((await api.send("GET", `${path}/web`)).body.spec.replicas).toBe(0);
  expect((await api.send("GET", `${path}/none/scale`)).status).toBe(404);
});
