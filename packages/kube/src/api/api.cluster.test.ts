import { type KubeApiserver, startKubeApiserver } from "@kubecast/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../client/client.ts";
import { isStatus } from "../client/status.ts";
import { loadConfig } from "../config/load.ts";
import type { KubeObject, WatchEvent } from "../resource/object.ts";
import { RawApi } from "../resource/raw-api.ts";
import { Api } from "./api.ts";

let server: KubeApiserver;
let client: Client;
beforeAll(async () => {
  server = await startKubeApiserver();
  client = await Client.create(await loadConfig({ kubeconfig: server.kubeconfig }));
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

const pod = (name: string) => ({
  metadata: { name, labels: { app: name } },
  spec: { containers: [{ name: "main", image: "none" }] },
});

test("a pod's life", async () => {
  const pods = Api.v1Pod(client).within("default");
  const created = await pods.create(pod("blog"), { fieldManager: "me", fieldValidation: "Strict" });
  expect(created.metadata.uid).toBeDefined();
  expect((await pods.create(pod("never"), { dryRun: true })).metadata.name).toBe("never");

  const merged = await pods.patch("blog", { spec: { activeDeadlineSeconds: 500 } });
  expect(merged.spec?.activeDeadlineSeconds).toBe(500);
  const labels = [{ op: "add", path: "/metadata/labels/json", value: "yes" }];
  expect((await pods.patch("blog", labels, { strategy: "JSON" })).metadata.labels).toMatchObject({ json: "yes" });
  const containers = [{ name: "main", image: "other" }];
  const strategic = await pods.patch("blog", { spec: { containers } }, { strategy: "Strategic" });
  expect(strategic.spec?.containers).toMatchObject([{ name: "main", image: "other" }]);
  const wanted = { apiVersion: "v1", kind: "Pod", metadata: { name: "blog", labels: { applied: "yes" } } };
  const apply = { strategy: "Apply", fieldManager: "applier", force: true } as const;
  expect((await pods.patch("blog", wanted, apply)).metadata.labels).toMatchObject({ applied: "yes", json: "yes" });

  const seen = await pods.get("blog");
  const replaced = await pods.replace("blog", { ...seen, metadata: { ...seen.metadata, labels: { new: "yes" } } });
  expect(replaced.metadata.labels).toEqual({ new: "yes" });
  await expect(pods.replace("blog", seen)).rejects.toMatchObject({ isConflict: true });

  await pods.patchStatus("blog", { status: { phase: "Running" } });
  const running = await pods.getStatus("blog");
  expect(running.status?.phase).toBe("Running");
  const failed = await pods.replaceStatus("blog", { ...running, status: { ...running.status, phase: "Failed" } });
  expect(failed.status?.phase).toBe("Failed");

  await pods.delete("blog", { gracePeriodSeconds: 0, preconditions: { uid: created.metadata.uid ?? "" } });
  await expect(pods.get("blog")).rejects.toMatchObject({ isNotFound: true });
});

test("a deployment's scale", async () => {
  const deployments = Api.v1Deployment(client).within("default");
  const selector = { matchLabels: { app: "web" } };
  await deployments.create({
    metadata: { name: "web" },
    spec: { selector, template: { metadata: { labels: { app: "web" } }, spec: pod("web").spec } },
  });
  const scale = await deployments.getScale("web");
  expect(scale.spec?.replicas).toBe(1);
  expect((await deployments.patchScale("web", { spec: { replicas: 2 } })).spec?.replicas).toBe(2);
  const newest = await deployments.getScale("web");
  expect((await deployments.replaceScale("web", { ...newest, spec: { replicas: 3 } })).spec?.replicas).toBe(3);
  const gone = await deployments.delete("web", { propagationPolicy: "Background" });
  expect(isStatus(gone) && gone.status).toBe("Success");
});

describe("many objects", () => {
  const names = Array.from({ length: 60 }, (_, i) => `many-${String(i).padStart(2, "0")}`);
  const many = { labelSelector: "many=yes" };
  beforeAll(async () => {
    const maps = Api.v1ConfigMap(client).within("default");
    const data = { pad: "x".repeat(5000) };
    await Promise.all(names.map((name) => maps.create({ metadata: { name, labels: { many: "yes" } }, data })));
  });

  test("come page by page", async () => {
    const seen: string[] = [];
    let pages = 0;
    for await (const { items } of Api.v1ConfigMap(client).listAll({ ...many, limit: 25 })) {
      pages++;
      seen.push(...items.map((item) => item.metadata.name ?? ""));
    }
    expect(pages).toBe(3);
    expect(seen).toEqual(names);
  });

  test("come packed where that is asked for", async () => {
    const request = { ...RawApi.v1ConfigMap().list(many), headers: { "accept-encoding": "gzip" } };
    const list = await client.request<{ items: KubeObject[] }>(request);
    expect(list.items.map((item) => item.metadata.name)).toEqual(names);
  });

  test("come as a stream that goes on as a watch", async () => {
    const maps = Api.v1ConfigMap(client).within("default");
    const seen: string[] = [];
    const streaming = { ...many, sendInitialEvents: true, allowWatchBookmarks: true, timeoutSeconds: 60 };
    let last: WatchEvent<KubeObject> | undefined;
    for await (const event of maps.watch(streaming)) {
      last = event;
      if (event.type === "ADDED") seen.push(event.object.metadata.name ?? "");
      if (event.type === "BOOKMARK") await maps.delete("many-00");
      if (event.type === "DELETED") break;
    }
    expect(seen.sort()).toEqual(names);
    expect(last).toMatchObject({ type: "DELETED", object: { metadata: { name: "many-00" } } });
  });

  test("go together", async () => {
    const maps = Api.v1ConfigMap(client).within("default");
    await maps.deleteCollection(many);
    expect((await maps.list(many)).items).toEqual([]);
  });
});

describe("errors", () => {
  test("say what they are about", async () => {
    const pods = Api.v1Pod(client).within("default");
    await expect(pods.get("none")).rejects.toThrow('pods "none" not found (GET /api/v1/namespaces/default/pods/none)');
    await expect(pods.create({ metadata: { name: "Bad Name" } })).rejects.toMatchObject({ isInvalid: true });
    await expect(pods.list({ labelSelector: "a=b=c" })).rejects.toMatchObject({ code: 400, reason: "BadRequest" });
  });

  test("of somebody who may do nothing, and of nobody", async () => {
    const user = await server.user("guest");
    const guest = await Client.create(await loadConfig({ kubeconfig: user.kubeconfig }));
    await expect(Api.v1Pod(guest).list()).rejects.toMatchObject({ isForbidden: true });
    server.revoke(user.token);
    await expect
      .poll(
        () =>
          Api.v1Pod(guest)
            .list()
            .catch((error) => error.code),
        { timeout: 30_000 },
      )
      .toBe(401);
    await guest.close();
  });
});
