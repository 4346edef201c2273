import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type KubeApiserver, type RedisServer, startKubeApiserver, startRedisServer } from "@kubecast/testbed";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { failing, secret } from "./failing.test.support.ts";
import { killPrograms, Program } from "./program.test.support.ts";

let cluster: KubeApiserver;
let redis: RedisServer;
let rules: string;

beforeAll(async () => {
  cluster = await startKubeApiserver();
  redis = await startRedisServer();
  rules = path.join(cluster.dir, "rules.yaml");
  await writeFile(rules, "rules: [{name: Any, resource: pods, when: 'true', summary: '\"a pod\"'}]\n");
});
afterEach(killPrograms);
afterAll(async () => {
  await redis?.stop();
  await cluster?.stop();
});

const run = (kubeconfig: string) => [
  ...["run", "--kubeconfig", kubeconfig, "--redis", redis.url, "--cluster", "x", "--port", "0"],
  ...["--no-builtin-rules", "--rules", rules],
];

/** A new user who may do this with pods in every namespace. */
async function user(name: string, verbs: string[]) {
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const metadata = { name };
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata };
  const answers = [
    await cluster.request("POST", `${rbac}/clusterroles`, {
      ...role,
      rules: [{ apiGroups: [""], resources: ["pods"], verbs }],
    }),
    await cluster.request("POST", `${rbac}/clusterrolebindings`, {
      apiVersion: role.apiVersion,
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }],
    }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  return cluster.user(name);
}

it("names the verb, the resource and the user where RBAC grants nothing", async () => {
  const { kubeconfig } = await cluster.user("nobody");
  const { sentence } = await failing(run(kubeconfig), { code: 1 });
  expect(sentence).toContain('User "nobody" cannot ');
  expect(sentence).toContain('resource "pods"');
  expect(sentence).toContain("grant the verbs list and watch");
});

it("names watch where RBAC grants list only", async () => {
  const { kubeconfig } = await user("lister", ["list"]);
  const { sentence } = await failing(run(kubeconfig), { code: 1 });
  expect(sentence).toContain('User "lister" cannot watch resource "pods"');
});

it("runs where RBAC grants list and watch of what the rules name, and nothing else", async () => {
  const { kubeconfig } = await user("watcher", ["list", "watch"]);
  const program = new Program(run(kubeconfig));
  await program.said("all watches are in place");
  expect(await program.kill("SIGTERM")).toBe(0);
});

it("says that a wrong token is refused, and does not say the token", async () => {
  const { kubeconfig, token } = await cluster.user("mistyped");
  const wrong = path.join(cluster.dir, "wrong.kubeconfig");
  await writeFile(wrong, (await readFile(kubeconfig, "utf8")).replace(token, secret));
  const { sentence } = await failing(run(wrong), { code: 1 });
  expect(sentence).toContain(`${cluster.url} refused the credentials of user "mistyped" (401`);
  expect(sentence).toContain("log in again or correct the kubeconfig");
});

it("says that a revoked token is refused", async () => {
  const { kubeconfig, token } = await user("leaver", ["list", "watch"]);
  const program = new Program(run(kubeconfig));
  await program.said("all watches are in place");
  await program.kill("SIGTERM");
  cluster.revoke(token);
  await vi.waitFor(async () => expect((await cluster.request("GET", "/version", undefined, token)).status).toBe(401), {
    timeout: 30_000,
    interval: 250,
  });
  const { sentence } = await failing(run(kubeconfig), { code: 1 });
  expect(sentence).toContain('refused the credentials of user "leaver" (401');
  expect(program.stderr + sentence).not.toContain(token);
});

it("says that the certificate is of an authority that the kubeconfig does not know", async () => {
  const { kubeconfig } = await cluster.user("stranger");
  const config = JSON.parse(await readFile(kubeconfig, "utf8"));
  delete config.clusters[0].cluster["certificate-authority-data"];
  const untrusting = path.join(cluster.dir, "untrusting.kubeconfig");
  await writeFile(untrusting, JSON.stringify(config));
  const { sentence } = await failing(run(untrusting), { code: 1 });
  expect(sentence).toContain(
    `cannot reach ${cluster.url}: its certificate is not signed by an authority that is trusted`,
  );
});

it("says that a kubeconfig without credentials is one that may do nothing", async () => {
  const { kubeconfig } = await cluster.user("forgetful");
  const config = JSON.parse(await readFile(kubeconfig, "utf8"));
  config.users[0].user = {};
  const anonymous = path.join(cluster.dir, "anonymous.kubeconfig");
  await writeFile(anonymous, JSON.stringify(config));
  const { sentence } = await failing(run(anonymous), { code: 1 });
  expect(sentence).toMatch(/User "system:anonymous" cannot|refused the credentials/);
});
