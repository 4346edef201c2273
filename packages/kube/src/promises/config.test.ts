import { writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { clock, folderWith, kubeconfigText } from "../config/folder.test.helper.ts";
import { configFromText, loadConfig } from "../config/load.ts";

// kubernetes-client/javascript#265, #1306: a name that is in two files of the list is an exception.
test("a list of kubeconfigs may have the same names twice: the first wins, as with kubectl", async () => {
  const of = (server: string, namespace: string) =>
    kubeconfigText({ cluster: { server }, user: { token: namespace }, context: { namespace } });
  const other = "current-context: other\nclusters: [{ name: other, cluster: { server: 'https://other' } }]";
  const folder = await folderWith({
    one: of("https://one", "one"),
    two: of("https://two", "two"),
    other: `${other}\ncontexts: [{ name: other, context: { cluster: other, user: test } }]`,
  });
  const KUBECONFIG = ["one", "two", "other"].map((name) => join(folder, name)).join(delimiter);
  const env = { KUBECONFIG, HOME: folder };
  const config = await loadConfig({ env });
  expect(config).toMatchObject({ server: "https://one", namespace: "one", context: "test" });
  expect(await config.headers()).toEqual({ authorization: "Bearer one" });
  expect(await loadConfig({ env, context: "other" })).toMatchObject({ server: "https://other" });
});

describe("credentials", () => {
  const plugin = (token: string, more = "") => ({
    exec: {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      interactiveMode: "Never",
      args: [
        "-e",
        `const fs = require("node:fs");
         fs.appendFileSync(process.env.RUNS, "x");
         const runs = fs.readFileSync(process.env.RUNS, "utf8").length;
         const status = { token: ${JSON.stringify(token)} + runs ${more} };
         console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status }));`,
      ],
    },
  });

  // kubernetes-client/javascript#592: what a credential plugin said is kept by the user's name alone.
  test("two kubeconfigs whose users have the same name never share a credential", async () => {
    const folder = await folderWith();
    const env = { ...process.env, RUNS: join(folder, "runs") };
    const of = (token: string) => configFromText(kubeconfigText({ user: plugin(token) }), { env, file: "/kubeconfig" });
    const [red, blue] = [await of("red-"), await of("blue-")];
    const headers = [await red.headers(), await blue.headers(), await red.headers()];
    expect(headers).toEqual([
      { authorization: "Bearer red-1" },
      { authorization: "Bearer blue-2" },
      { authorization: "Bearer red-1" },
    ]);
  });

  // kubernetes-client/javascript#228: an expired credential goes on being sent.
  test("a credential is renewed before it expires", async () => {
    const folder = await folderWith();
    const env = { ...process.env, RUNS: join(folder, "runs") };
    const time = clock();
    const user = plugin("run-", ', expirationTimestamp: "2026-01-01T01:00:00Z"');
    const config = await configFromText(kubeconfigText({ user }), { env, now: time.now });
    expect(await config.headers()).toEqual({ authorization: "Bearer run-1" });
    time.advance(3_600 - 61);
    expect(await config.headers()).toEqual({ authorization: "Bearer run-1" });
    time.advance(2);
    expect(await config.headers()).toEqual({ authorization: "Bearer run-2" });
  });

  // @kubernetes/client-node 2.0.1 reads the token file of a kubeconfig once, and not under the name that kubectl has.
  test("the token file of a kubeconfig is read again, by the name that kubectl has for it", async () => {
    const folder = await folderWith({ token: "one\n" });
    const time = clock();
    const user = { tokenFile: join(folder, "token") };
    const config = await configFromText(kubeconfigText({ user }), { now: time.now });
    expect(await config.headers()).toEqual({ authorization: "Bearer one" });
    await writeFile(join(folder, "token"), "two\n");
    time.advance(61);
    expect(await config.headers()).toEqual({ authorization: "Bearer two" });
  });
});

// @kubernetes/client-node 2.0.1 sends the user alone; kubernetes-fluent-client loses all of these.
test("who is impersonated, the proxy and the server's name are taken from the kubeconfig", async () => {
  const user = { token: "t", as: "jane", "as-uid": "1", "as-groups": ["a", "b"], "as-user-extra": { scope: ["x"] } };
  const cluster = {
    "tls-server-name": "kubernetes",
    "proxy-url": "http://proxy:3128",
    "insecure-skip-tls-verify": true,
  };
  const config = await configFromText(kubeconfigText({ user, cluster }));
  expect(await config.headers()).toEqual({
    authorization: "Bearer t",
    "impersonate-user": "jane",
    "impersonate-uid": "1",
    "impersonate-group": ["a", "b"],
    "impersonate-extra-scope": ["x"],
  });
  expect(config.proxyUrl).toBe("http://proxy:3128");
  expect((await config.tls()).material).toMatchObject({ servername: "kubernetes", rejectUnauthorized: false });
});
