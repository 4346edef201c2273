import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubernetesVersion } from "./binaries.ts";
import { type KubeApiserver, startKubeApiserver } from "./kube-apiserver.ts";

let server: KubeApiserver;
beforeAll(async () => {
  server = await startKubeApiserver({ featureGates: { ShardedListAndWatch: true } });
});
afterAll(() => server.stop());

const pods = "/api/v1/namespaces/default/pods";
const pod = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "main", image: "none" }] },
});

interface List {
  metadata: { resourceVersion: string; continue?: string };
  items: { metadata: { name: string } }[];
}

async function list(query = ""): Promise<{ status: number; body: List }> {
  return (await server.request("GET", `${pods}${query}`)) as { status: number; body: List };
}

describe("the testbed's API server", () => {
  it("is the pinned version", async () => {
    const { body } = await server.request("GET", "/version");
    expect(body).toMatchObject({ gitVersion: `v${kubernetesVersion}` });
  });

  it("keeps its objects, port and certificate across a restart", async () => {
    expect((await server.request("POST", pods, pod("kept"))).status).toBe(201);
    await server.restart();
    const { body } = await list();
    expect(body.items.map((item) => item.metadata.name)).toContain("kept");
  });

  it("cannot be reached while it is stopped", async () => {
    await server.stopApiserver("SIGKILL");
    await expect(list()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await server.startApiserver();
    expect((await list()).status).toBe(200);
  });

  it("answers 410 to what a compaction and a restart took away", async () => {
    for (const name of ["one", "two", "three"]) await server.request("POST", pods, pod(name));
    const { metadata } = (await list("?limit=1")).body;
    for (const name of ["four", "five"]) await server.request("POST", pods, pod(name));
    expect(Number(await server.compact())).toBeGreaterThan(Number(metadata.resourceVersion));
    await server.restart();
    expect((await list(`?limit=1&continue=${metadata.continue}`)).status).toBe(410);
    const watch = `?watch=1&timeoutSeconds=1&resourceVersion=${metadata.resourceVersion}`;
    const { body } = await server.request("GET", `${pods}${watch}`);
    expect(body).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
  });

  it("lets a user do what RBAC says, until the token is revoked", async () => {
    const { token, kubeconfig } = await server.user("alice", ["watchers"]);
    expect(JSON.parse(await readFile(kubeconfig, "utf8")).users).toEqual([{ name: "alice", user: { token } }]);
    const seen = async () => (await server.request("GET", pods, undefined, token)).status;
    expect(await seen()).toBe(403);
    const rbac = "rbac.authorization.k8s.io";
    await server.request("POST", `/apis/${rbac}/v1/clusterroles`, {
      metadata: { name: "watch-pods" },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] }],
    });
    await server.request("POST", `/apis/${rbac}/v1/clusterrolebindings`, {
      metadata: { name: "watch-pods" },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "watch-pods" },
      subjects: [{ apiGroup: rbac, kind: "Group", name: "watchers" }],
    });
    await expect.poll(seen, { timeout: 5_000 }).toBe(200);
    server.revoke(token);
    await expect.poll(seen, { timeout: 20_000 }).toBe(401);
  });

  it("says why it does not start, and ends its etcd", async () => {
    await expect(startKubeApiserver({ args: ["--no-such-flag"] })).rejects.toThrow("unknown flag: --no-such-flag");
  });

  it("leaves nothing behind", async () => {
    const other = await startKubeApiserver();
    await other.stop();
    expect(existsSync(other.dir)).toBe(false);
    await expect(fetch(other.etcdUrl)).rejects.toThrow();
  });
});
