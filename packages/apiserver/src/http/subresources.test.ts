import { beforeEach, describe, expect, test } from "vitest";
import { type Api, pod, pods, startApi } from "./api.test.helper.ts";

let api: Api;
beforeEach(async () => {
  api = await startApi();
});

const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
const accounts = "/api/v1/namespaces/default/serviceaccounts";
const namespaces = "/api/v1/namespaces";

describe("an eviction", () => {
  const evict = (name: string) => api.send("POST", `${pods}/${name}/eviction`, { metadata: { name } });
  const allow = (disruptionsAllowed: number) =>
    api.patch(`${budgets}/web/status`, "merge", { status: { observedGeneration: 1, disruptionsAllowed } });

  beforeEach(async () => {
    await api.send("POST", pods, pod("web", { labels: { app: "web" }, spec: { nodeName: "node-1" } }));
    await api.patch(`${pods}/web/status`, "merge", { status: { phase: "Running" } });
    const spec = { minAvailable: 1, selector: { matchExpressions: [{ key: "app", operator: "In", values: ["web"] }] } };
    await api.send("POST", budgets, { metadata: { name: "web" }, spec });
  });

  test("asks to come back while nobody has looked at the budget", async () => {
    const refused = await evict("web");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("10");
    expect(refused.body.details.causes).toEqual([
      { reason: "DisruptionBudget", message: "The disruption budget web is still being processed by the server." },
    ]);
  });

  test("spends what the budget allows, and says of the Pod why it goes", async () => {
    await allow(0);
    const refused = await evict("web");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBeNull();
    await allow(1);
    expect((await evict("web")).status).toBe(201);
    const { metadata, status } = (await api.send("GET", `${pods}/web`)).body;
    expect(metadata.deletionTimestamp).toBeDefined();
    expect(status.conditions).toMatchObject([{ type: "DisruptionTarget", reason: "EvictionByEvictionAPI" }]);
    const budget = (await api.send("GET", `${budgets}/web`)).body.status;
    expect(budget).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { web: expect.any(String) } });
  });

  test("of a Pod that no budget covers needs none", async () => {
    await api.patch(`${pods}/web`, "merge", { metadata: { labels: { app: "other" } } });
    expect((await evict("web")).status).toBe(201);
  });
});

test("a Pod's resources change through resize, and nothing else does", async () => {
  await api.send("POST", pods, pod("web"));
  const containers = [{ name: "main", image: "other", resources: { requests: { cpu: "1" } } }];
  const refused = await api.patch(`${pods}/web/resize`, "strategic-merge", { spec: { containers } });
  expect([refused.status, refused.body.message]).toEqual([422, expect.stringContaining("QOS Class may not change")]);
  await api.send("POST", pods, pod("burst", { spec: { containers: [{ ...containers[0], image: "mine" }] } }));
  const more = [{ ...containers[0], resources: { requests: { cpu: "2" } } }];
  const { body } = await api.patch(`${pods}/burst/resize`, "strategic-merge", { spec: { containers: more } });
  expect(body.spec.containers).toMatchObject([{ image: "mine", resources: { requests: { cpu: "2" } } }]);
  expect(body.metadata.generation).toBe(2);
});

test("ephemeral containers are added and stay", async () => {
  const { body: created } = await api.send("POST", pods, pod("web"));
  const path = `${pods}/web/ephemeralcontainers`;
  const debug = { spec: { ephemeralContainers: [{ name: "debug", image: "busybox" }] } };
  const { body } = await api.patch(path, "strategic-merge", debug);
  expect(body.spec.ephemeralContainers).toMatchObject([{ name: "debug", imagePullPolicy: "Always" }]);
  expect(body.spec.containers).toEqual(created.spec.containers);
  const gone = await api.send("PUT", path, { ...body, spec: { ...body.spec, ephemeralContainers: [] } });
  expect([gone.status, gone.body.message]).toEqual([422, expect.stringContaining("may not be removed")]);
  expect((await api.send("PUT", path, created)).status).toBe(409);
});

test("a token says for whom, whose and how long it is", async () => {
  await api.send("POST", accounts, { metadata: { name: "builder" } });
  const spec = { audiences: ["vault"], expirationSeconds: 600 };
  const { status, body } = await api.send("POST", `${accounts}/builder/token`, { spec });
  expect(status).toBe(201);
  expect(body).toMatchObject({ kind: "TokenRequest", metadata: { name: "builder" }, spec });
  const claims = JSON.parse(Buffer.from(body.status.token.split(".")[1], "base64url").toString());
  expect(claims).toMatchObject({ aud: ["vault"], sub: "system:serviceaccount:default:builder" });
  expect(new Date(claims.exp * 1000)).toEqual(new Date(body.status.expirationTimestamp));
  // It is no way into this server.
  const authorization = `Bearer ${body.status.token}`;
  expect((await api.send("GET", pods, undefined, { authorization })).status).toBe(401);
});

test("a certificate is approved for good", async () => {
  const requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const spec = { request: "", signerName: "example.com/signer", usages: ["client auth"] };
  await api.send("POST", requests, { metadata: { name: "csr" }, spec });
  const approved = { type: "Approved", status: "True", reason: "Known" };
  const decide = (...conditions: object[]) =>
    api.patch(`${requests}/csr/approval`, "merge", { spec: { signerName: "other" }, status: { conditions } });
  const { body } = await decide(approved);
  expect(body).toMatchObject({ spec, status: { conditions: [{ ...approved, lastUpdateTime: expect.any(String) }] } });
  expect((await decide()).status).toBe(422);
  expect((await decide(approved, { type: "Denied", status: "True" })).status).toBe(422);
});

test("a namespace waits for its finalizers", async () => {
  await api.send("POST", namespaces, { metadata: { name: "old" } });
  const finalize = (...finalizers: string[]) =>
    api.send("PUT", `${namespaces}/old/finalize`, { metadata: { name: "old" }, spec: { finalizers } });
  expect((await finalize("kubernetes", "example.com/hold")).body.spec.finalizers).toHaveLength(2);
  expect((await api.send("DELETE", `${namespaces}/old`)).body.status.phase).toBe("Terminating");
  expect((await api.send("GET", `${namespaces}/old`)).status).toBe(200);
  expect((await finalize("kubernetes")).status).toBe(200);
  expect((await api.send("GET", `${namespaces}/old`)).status).toBe(404);
});
