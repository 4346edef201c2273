import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { folderWith, kubeconfigText } from "./folder.test.helper.ts";
import { loadConfig, loadKubeconfig } from "./load.ts";
import { selfSigned } from "./self-signed.test.helper.ts";

const at = (server: string) => kubeconfigText({ cluster: { server } });

const pod = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
const serviceAccount = () => ({ "sa/token": "t", "sa/ca.crt": selfSigned("ca").cert });

describe("loadConfig", () => {
  it("takes an explicit kubeconfig, then KUBECONFIG, then ~/.kube/config, then the Pod's service account", async () => {
    const folder = await folderWith({
      explicit: at("https://explicit"),
      listed: at("https://listed"),
      ".kube/config": at("https://default"),
      ...serviceAccount(),
    });
    const home = { HOME: folder, ...pod };
    const KUBECONFIG = join(folder, "listed");
    const serviceAccountFolder = join(folder, "sa");
    const explicit = await loadConfig({ kubeconfig: join(folder, "explicit"), env: { ...home, KUBECONFIG } });
    const listed = await loadConfig({ env: { ...home, KUBECONFIG } });
    const fallback = await loadConfig({ env: { ...home, KUBECONFIG: "" } });
    const inPod = await loadConfig({ env: { ...pod, HOME: join(folder, "elsewhere") }, serviceAccountFolder });
    expect([explicit, listed, fallback, inPod].map((config) => config.server)).toEqual([
      "https://explicit",
      "https://listed",
      "https://default",
      "https://10.0.0.1:443",
    ]);
  });

  it("merges the files of KUBECONFIG, and skips missing and empty ones", async () => {
    const folder = await folderWith({
      empty: "",
      contexts: "current-context: b\ncontexts: [{ name: b, context: { cluster: c, namespace: shop } }]",
      clusters: "current-context: other\nclusters: [{ name: c, cluster: { server: 'https://c' } }]",
    });
    const paths = ["missing", "empty", "contexts", "clusters", "contexts"].map((name) => join(folder, name));
    const config = await loadConfig({ env: { KUBECONFIG: ["", ...paths, ""].join(delimiter), HOME: folder } });
    expect(config).toMatchObject({ server: "https://c", namespace: "shop", context: "b", cluster: "c" });
  });

  it("names all places it looked in", async () => {
    const folder = await folderWith({ empty: "" });
    const path = (name: string) => join(folder, name);
    await expect(loadConfig({ env: { HOME: folder } })).rejects.toThrow(
      `no Kubernetes configuration found: KUBECONFIG is not set, ${path(".kube/config")} does not exist, and this is not a Pod`,
    );
    const KUBECONFIG = [path("missing"), path("empty")].join(delimiter);
    await expect(loadConfig({ env: { HOME: folder, KUBECONFIG } })).rejects.toThrow(
      `KUBECONFIG: ${path("missing")} does not exist, ${path("empty")} is empty`,
    );
  });

  it("does not use the default path where KUBECONFIG is set, even if its files are missing", async () => {
    const folder = await folderWith({ ".kube/config": at("https://default") });
    const env = { HOME: folder, KUBECONFIG: join(folder, "missing") };
    await expect(loadConfig({ env })).rejects.toThrow(ConfigError);
  });

  it("refuses a context by name where only the Pod's service account is there", async () => {
    const folder = await folderWith(serviceAccount());
    const options = { env: { HOME: folder, ...pod }, serviceAccountFolder: join(folder, "sa") };
    await expect(loadConfig({ ...options, context: "prod" })).rejects.toThrow(
      'context "prod" was asked for, but there is no kubeconfig',
    );
  });
});

describe("loadKubeconfig", () => {
  it("needs each file that was asked for", async () => {
    const folder = await folderWith({ there: at("https://there") });
    const missing = join(folder, "missing");
    await expect(loadKubeconfig([join(folder, "there"), missing])).rejects.toThrow(
      `kubeconfig ${missing} does not exist`,
    );
  });

  it("says why a file cannot be read", async () => {
    const folder = await folderWith();
    await expect(loadKubeconfig(folder)).rejects.toThrow(`kubeconfig ${folder} cannot be read: EISDIR`);
  });

  it("names the file that is wrong", async () => {
    const folder = await folderWith({ good: at("https://good"), bad: "users: {}" });
    const bad = join(folder, "bad");
    await expect(loadKubeconfig([join(folder, "good"), bad])).rejects.toThrow(
      `${bad}:1:8: users must be a list, not a mapping`,
    );
  });
});
