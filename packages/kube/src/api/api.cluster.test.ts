import { type ApiServer, startApiServer } from "@kubecast/apiserver";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Client } from "../client/client.ts";
import { client, kubeApiserverForAllTests, server } from "../client/kube-apiserver.test.helper.ts";
import { isStatus } from "../client/status.ts";
import { configFromText, loadConfig } from "../config/load.ts";
import type { KubeObject, WatchEvent } from "../resource/object.ts";
import { Patch } from "../resource/patch.ts";
import { RawApi } from "../resource/raw-api.ts";
import { CertificateSigningRequest } from "../types/certificates/v1.ts";
import { ServiceAccount } from "../types/core/v1.ts";
import { PodDisruptionBudget } from "../types/policy/v1.ts";
import { Informer } from "../watch/informer.ts";
import { Reflector } from "../watch/reflector.ts";
import { Api } from "./api.ts";
import { fieldConflicts } from "./conflicts.ts";

kubeApiserverForAllTests();

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

describe.each(["a real kube-apiserver", "the in-memory one"])("with %s", (which) => {
  let api: Client;
  let memory: ApiServer | undefined;
  beforeAll(async () => {
    if (which === "the in-memory one") memory = await startApiServer();
    api = memory === undefined ? client : await Client.create(await configFromText(memory.kubeconfig()));
  });
  afterAll(async () => {
    if (memory === undefined) return;
    await api?.close();
    await memory.stop();
  });

  test("a patch is what it says that it is", async () => {
    const pods = Api.v1Pod(api).within("default");
    await pods.create({ ...pod("patched"), metadata: { name: "patched", labels: { a: "1", b: "2" } } });
    const merged = await pods.patch("patched", Patch.merge({ metadata: { labels: { a: null } } }));
    expect(merged.metadata.labels).toEqual({ b: "2" });
    const json = Patch.json([
      { op: "test", path: "/metadata/labels/b", value: "2" },
      { op: "move", from: "/metadata/labels/b", path: "/metadata/labels/c" },
    ]);
    expect((await pods.patch("patched", json)).metadata.labels).toEqual({ c: "2" });
    await expect(pods.patch("patched", json)).rejects.toMatchObject({ isInvalid: true });
    const images = Patch.strategic({ spec: { containers: [{ name: "main", image: "other" }] } });
    expect((await pods.patch("patched", images)).spec?.containers).toMatchObject([{ name: "main", image: "other" }]);
    const applied = Patch.apply({ metadata: { labels: { d: "4" } } });
    const { metadata } = await pods.patch("patched", applied, { fieldManager: "applier" });
    expect(metadata.labels).toEqual({ c: "2", d: "4" });
    const running = await pods.patchStatus("patched", Patch.strategic({ status: { phase: "Running" } }));
    expect(running.status?.phase).toBe("Running");
  });

  test("what is applied is there; what another owns is a conflict that names them", async () => {
    const maps = Api.v1ConfigMap(api).within("default");
    const first = await maps.apply(
      { metadata: { name: "applied" }, data: { a: "1", b: "1" } },
      { fieldManager: "one" },
    );
    expect(first.data).toEqual({ a: "1", b: "1" });
    await maps.patch("applied", { data: { c: "1" } }, { fieldManager: "three" });
    const wanted = { metadata: { name: "applied" }, data: { b: "2", c: "2", d: "2" } };
    const conflict = await maps.apply(wanted, { fieldManager: "two" }).catch((error) => error);
    expect(conflict).toMatchObject({ isConflict: true, isAlreadyExists: false });
    // A real server names them in any order.
    const conflicts = fieldConflicts(conflict).sort((one, other) => (one.field < other.field ? -1 : 1));
    expect(conflicts).toEqual([
      { field: ".data.b", manager: "one" },
      { field: ".data.c", manager: "three" },
    ]);
    const forced = await maps.apply(wanted, { fieldManager: "two", force: true });
    expect(forced.data).toEqual({ a: "1", b: "2", c: "2", d: "2" });
    const less = await maps.apply({ metadata: { name: "applied" }, data: { d: "2" } }, { fieldManager: "two" });
    expect(less.data).toEqual({ a: "1", d: "2" });

    const deployments = Api.v1Deployment(api).within("default");
    const labels = { app: "applied" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "none" }] } };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    await deployments.apply({ metadata: { name: "applied" }, spec }, { fieldManager: "one" });
    const status = { observedGeneration: 1, replicas: 1 };
    const counted = await deployments.applyStatus(
      { metadata: { name: "applied" }, status },
      { fieldManager: "counter" },
    );
    expect(counted.status).toMatchObject(status);
    expect(counted.spec?.replicas).toBe(1);
  });

  test("metadata alone are got, listed, patched and waited for", async () => {
    const maps = Api.v1ConfigMap(api).within("default");
    const only = maps.metadata();
    const created = await maps.create({ metadata: { name: "meta", labels: { only: "yes" } }, data: { big: "x" } });
    const type = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" };
    expect(await only.get("meta")).toEqual({ ...type, metadata: created.metadata });
    const list = await only.list({ labelSelector: "only=yes" });
    expect(list).toMatchObject({ kind: "PartialObjectMetadataList", items: [{ ...type, metadata: { name: "meta" } }] });
    const patched = await only.patch("meta", { metadata: { annotations: { seen: "yes" } } });
    expect(patched).toEqual({ ...type, metadata: patched.metadata });
    const met = await only.wait("meta", (object) => object?.metadata.annotations?.seen === "yes", { timeout: 30_000 });
    expect(met).toEqual(patched);
    const gone = await only.delete("meta");
    expect(isStatus(gone) || gone.kind === type.kind).toBe(true);
  });

  test.each([true, false])(
    "a Reflector and an Informer of metadata alone (streaming lists: %s)",
    async (streamingLists) => {
      const maps = Api.v1ConfigMap(api).within("default");
      const label = `reflect-${streamingLists}`;
      const create = (name: string) =>
        maps.create({ metadata: { name: `${label}-${name}`, labels: { [label]: "" } }, data: { big: "x" } });
      await create("a");
      const stop = new AbortController();
      const settings = { streamingLists, labelSelector: label };
      const reflector = Reflector.new(maps.metadata(), settings);
      const running = reflector.run(stop.signal);
      await reflector.ready(AbortSignal.timeout(30_000));
      const informer = await Informer.new(maps.metadata(), settings).init();
      await create("b");
      await maps.patch(`${label}-a`, { data: { big: "y" } });
      await maps.delete(`${label}-b`);
      const told: string[] = [];
      for await (const { type, object } of informer) {
        expect(Object.keys(object).sort()).toEqual(["apiVersion", "kind", "metadata"]);
        told.push(`${type} ${isStatus(object) ? object.message : object.metadata.name}`);
        if (told.length === 3) break;
      }
      expect(told).toEqual([`ADDED ${label}-b`, `MODIFIED ${label}-a`, `DELETED ${label}-b`]);
      await vi.waitFor(() => expect(reflector.state().map(({ metadata }) => metadata.name)).toEqual([`${label}-a`]));
      expect(reflector.state()).toEqual([await maps.metadata().get(`${label}-a`)]);
      expect(reflector.stats.errors).toBe(0);
      stop.abort();
      await running;
    },
  );

  test("an eviction that a budget is against is told as such, and at once", async () => {
    const pods = Api.v1Pod(api).within("default");
    const budgets = Api.of(api, PodDisruptionBudget).within("default");
    await pods.create({ ...pod("guarded"), spec: { ...pod("guarded").spec, nodeName: "node-1" } });
    const conditions = [{ type: "Ready", status: "True" }];
    await pods.patchStatus("guarded", { status: { phase: "Running", conditions } });
    const selector = { matchLabels: { app: "guarded" } };
    await budgets.create({ metadata: { name: "guard" }, spec: { minAvailable: 1, selector } });
    const healthy = { observedGeneration: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
    await budgets.patchStatus("guard", { status: { ...healthy, disruptionsAllowed: 0 } });
    const refused = await pods.evict("guarded").catch((error) => error);
    expect(refused).toMatchObject({ isDisruptionBudget: true, isTooManyRequests: true });
    expect(refused.message).toContain("The disruption budget guard needs 1 healthy pods and has 1 currently");

    await budgets.patchStatus("guard", { status: { disruptionsAllowed: 1 } });
    expect(await pods.evict("guarded", { dryRun: true })).toMatchObject({ status: "Success" });
    expect(await pods.evict("guarded", { gracePeriodSeconds: 5 })).toMatchObject({ status: "Success" });
    expect((await pods.get("guarded")).metadata.deletionGracePeriodSeconds).toBe(5);
    await expect(pods.evict("none")).rejects.toMatchObject({ isNotFound: true });
  });

  test("a pod is bound, resized and debugged", async () => {
    const pods = Api.v1Pod(api).within("default");
    const resources = { requests: { cpu: "100m" } };
    await pods.create({ ...pod("small"), spec: { containers: [{ name: "main", image: "none", resources }] } });
    const allocatable = { cpu: "4", memory: "4Gi", pods: "10" };
    await Api.v1Node(api).create({ metadata: { name: "node-1" }, status: { allocatable } });
    expect(await pods.bind("small", "node-1")).toMatchObject({ status: "Success" });
    expect((await pods.get("small")).spec?.nodeName).toBe("node-1");
    await expect(pods.bind("small", "node-2")).rejects.toMatchObject({ isConflict: true });

    const containers = [{ name: "main", resources: { requests: { cpu: "200m" } } }];
    const resized = await pods.resize("small", { spec: { containers } });
    expect(resized.spec?.containers).toMatchObject([{ image: "none", resources: { requests: { cpu: "200m" } } }]);

    const debug = { name: "debug", image: "busybox", targetContainerName: "main" };
    const debugged = await pods.addEphemeralContainer("small", debug);
    expect(debugged.spec?.ephemeralContainers).toMatchObject([debug]);
    const more = await pods.getEphemeralContainers("small");
    more.spec?.ephemeralContainers?.push({ name: "more", image: "busybox" });
    const replaced = await pods.replaceEphemeralContainers("small", more);
    expect(replaced.spec?.ephemeralContainers?.map(({ name }) => name)).toEqual(["debug", "more"]);
    await expect(pods.replaceEphemeralContainers("small", more)).rejects.toMatchObject({ isConflict: true });
  });

  test("an account gives a token", async () => {
    const accounts = Api.of(api, ServiceAccount).within("default");
    await accounts.create({ metadata: { name: "builder" } });
    const { token, expirationTimestamp } = await accounts.createToken("builder", {
      audiences: ["vault"],
      expirationSeconds: 600,
    });
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims).toMatchObject({ aud: ["vault"], sub: "system:serviceaccount:default:builder" });
    expect(Date.parse(expirationTimestamp)).toBe(claims.exp * 1000);
    await expect(accounts.createToken("builder", { expirationSeconds: 1 })).rejects.toMatchObject({ isInvalid: true });
  });

  test("certificates are approved and denied", async () => {
    const requested = Api.of(api, CertificateSigningRequest);
    const request = Buffer.from(certificateRequest).toString("base64");
    const spec = { request, signerName: "example.com/signer", usages: ["client auth"] };
    for (const name of ["good", "bad"]) await requested.create({ metadata: { name }, spec });
    const failed = { type: "Example", status: "True", reason: "Seen" };
    await requested.patchApproval("good", { status: { conditions: [failed] } });
    const approved = await requested.approve("good", { reason: "Known", message: "ours" });
    expect(approved.status?.conditions).toMatchObject([failed, { type: "Approved", status: "True", reason: "Known" }]);
    expect(await requested.approve("good", { reason: "Again" })).toEqual(await requested.getApproval("good"));
    expect((await requested.deny("bad", { reason: "Odd" })).status?.conditions).toMatchObject([{ type: "Denied" }]);
    await expect(requested.deny("good", { reason: "Late" })).rejects.toMatchObject({ isInvalid: true });
  });

  test("a namespace goes when its finalizers have gone", async () => {
    const namespaces = Api.v1Namespace(api);
    const held = { metadata: { name: "held" }, spec: { finalizers: ["kubernetes", "example.com/hold"] } };
    await namespaces.create({ metadata: { name: "held" } });
    expect((await namespaces.finalize("held", held)).spec?.finalizers).toEqual(held.spec.finalizers);
    await namespaces.delete("held");
    expect((await namespaces.get("held")).status?.phase).toBe("Terminating");
    await namespaces.finalize("held", { metadata: { name: "held" }, spec: { finalizers: [] } });
    await expect(namespaces.get("held")).rejects.toMatchObject({ isNotFound: true });
  });

  test("objects come one by one; what the server forgets on the way is told, and can be gone on with", async () => {
    const maps = Api.v1ConfigMap(api).within("default");
    const paged = { labelSelector: "paged=yes", limit: 2 };
    const names = ["paged-a", "paged-b", "paged-c", "paged-d", "paged-e"];
    for (const name of names) await maps.create({ metadata: { name, labels: { paged: "yes" } } });
    const seen: (string | undefined)[] = [];
    for await (const { metadata } of maps.items(paged)) seen.push(metadata.name);
    expect(seen).toEqual(names);

    seen.length = 0;
    const read = async () => {
      for await (const { metadata } of maps.items(paged)) {
        seen.push(metadata.name);
        if (seen.length > 1) continue;
        // Two changes: the newest state is never forgotten.
        for (const i of [1, 2]) await maps.patch("paged-a", { data: { i: String(i) } });
        memory?.store.compact();
        if (memory !== undefined) continue;
        await server.compact();
        await server.restart(); // it remembers more than etcd does
      }
    };
    const error = await read().catch((thrown) => thrown);
    expect(error).toMatchObject({ isGone: true });
    expect(seen).toEqual(["paged-a", "paged-b"]);
    const rest = maps.items({ ...paged, continue: error.status.metadata.continue });
    for await (const { metadata } of rest) seen.push(metadata.name);
    expect(seen).toEqual(names);
  });
});

/** Of `CN=jane`, made by openssl; nobody has the key. */
const certificateRequest = [
  "-----BEGIN CERTIFICATE REQUEST-----",
  "MIHJMHECAQAwDzENMAsGA1UEAwwEamFuZTBZMBMGByqGSM49AgEGCCqGSM49AwEH",
  "A0IABMKZopNJ68cQBEQPO21YUdFppVwAKtJjuR09ZOxjqvmoshOpclMXXvgaZsgJ",
  "fGmUI5SBoTnq46zbjg6GdBV6PF+gADAKBggqhkjOPQQDAgNIADBFAiEA9ruR6Qxq",
  "ywDwHwj3p8vPL/v57gMZX35uwbjFquHTy5oCIE+panO/zTRSSGralXjmMjRkI5Zi",
  "a+jYgsulzKJLTVpD",
  "-----END CERTIFICATE REQUEST-----",
  "",
].join("\n");
