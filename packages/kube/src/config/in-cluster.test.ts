import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clock, folderWith } from "./folder.test.helper.ts";
import { inClusterConfig } from "./in-cluster.ts";
import { selfSigned } from "./self-signed.test.helper.ts";

const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "6443" };
const files = () => ({ token: "one\n", "ca.crt": selfSigned("ca").cert, namespace: "shop\n" });

describe("inClusterConfig", () => {
  it("reads the service account", async () => {
    const account = files();
    const config = await inClusterConfig({ env, serviceAccountFolder: await folderWith(account) });
    expect(config).toMatchObject({ server: "https://10.0.0.1:6443", namespace: "shop" });
    expect(await config.headers()).toEqual({ authorization: "Bearer one" });
    expect((await config.tls()).material).toEqual({ ca: Buffer.from(account["ca.crt"]) });
  });

  it("puts an IPv6 address in brackets", async () => {
    const serviceAccountFolder = await folderWith(files());
    const config = await inClusterConfig({ env: { ...env, KUBERNETES_SERVICE_HOST: "fd00::1" }, serviceAccountFolder });
    expect(config.server).toBe("https://[fd00::1]:6443");
  });

  it("prefers POD_NAMESPACE, and falls back to default", async () => {
    const { namespace: _, ...rest } = files();
    const serviceAccountFolder = await folderWith(rest);
    const plain = await inClusterConfig({ env, serviceAccountFolder });
    const named = await inClusterConfig({ env: { ...env, POD_NAMESPACE: "mine" }, serviceAccountFolder });
    expect([plain.namespace, named.namespace]).toEqual(["default", "mine"]);
  });

  it("follows the rotation of token and CA", async () => {
    const folder = await folderWith(files());
    const { now, advance } = clock();
    const config = await inClusterConfig({ env, serviceAccountFolder: folder, now });
    const before = await config.tls();
    const ca = selfSigned("new").cert;
    await writeFile(join(folder, "token"), "two");
    await writeFile(join(folder, "ca.crt"), ca);
    advance(59);
    expect(await config.headers()).toEqual({ authorization: "Bearer one" });
    expect(await config.tls()).toEqual(before);
    advance(1);
    expect(await config.headers()).toEqual({ authorization: "Bearer two" });
    const after = await config.tls();
    expect(after.material.ca).toEqual(Buffer.from(ca));
    expect(after.version).not.toBe(before.version);
  });

  it("does not take a namespace that cannot be read for default", async () => {
    const { namespace: _, ...rest } = files();
    const folder = await folderWith({ ...rest, "namespace/file": "" });
    await expect(inClusterConfig({ env, serviceAccountFolder: folder })).rejects.toThrow(
      `service account: namespace ${join(folder, "namespace")} cannot be read: EISDIR`,
    );
  });

  it("says what is missing", async () => {
    await expect(inClusterConfig({ env: {} })).rejects.toThrow("not in a Pod: KUBERNETES_SERVICE_HOST");
    const folder = await folderWith(files());
    await rm(join(folder, "token"));
    await expect(inClusterConfig({ env, serviceAccountFolder: folder })).rejects.toThrow(
      `service account: token ${join(folder, "token")} does not exist`,
    );
  });
});
