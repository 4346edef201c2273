import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { clock, folderWith, kubeconfigText } from "./folder.test.helper.ts";
import { configFromText, loadConfig } from "./load.ts";
import type { ResolveOptions } from "./resolve.ts";
import { selfSigned } from "./self-signed.test.helper.ts";

type Entries = Parameters<typeof kubeconfigText>[0];
const load = (entries: Entries, options: ResolveOptions & { file?: string } = {}) =>
  configFromText(kubeconfigText(entries), { file: "/k", ...options });
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("choice of context, cluster and user", () => {
  const text = `
current-context: dev
clusters:
- { name: east, cluster: { server: "https://east" } }
- { name: west, cluster: { server: "https://west" } }
users:
- { name: ann, user: { token: anns } }
- { name: bob, user: { token: bobs } }
contexts:
- { name: dev, context: { cluster: east, user: ann } }
- { name: prod, context: { cluster: west, user: bob, namespace: shop } }
- { name: broken, context: { cluster: north, user: eve } }
- { name: anonymous, context: { cluster: east } }
- { name: bare }
`;
  const choose = (options: ResolveOptions) => configFromText(text, { file: "/k", ...options });

  it("uses the current context, or the one that is asked for", async () => {
    const dev = await choose({});
    expect(dev).toMatchObject({
      server: "https://east",
      namespace: "default",
      context: "dev",
      cluster: "east",
      user: "ann",
    });
    const prod = await choose({ context: "prod" });
    expect(prod).toMatchObject({ server: "https://west", namespace: "shop", context: "prod" });
    expect(await prod.headers()).toEqual({ authorization: "Bearer bobs" });
  });

  it("lets cluster and user be given in place of the context's", async () => {
    const config = await choose({ context: "broken", cluster: "west", user: "ann" });
    expect(config).toMatchObject({ server: "https://west", context: "broken", cluster: "west", user: "ann" });
  });

  it("sends no authentication for a context without a user", async () => {
    expect(await (await choose({ context: "anonymous" })).headers()).toEqual({});
  });

  it("lists the contexts that exist, the most similar first", async () => {
    await expect(choose({ context: "prdo" })).rejects.toThrow(
      /^\/k: context "prdo" does not exist; contexts: "prod", /,
    );
  });

  it("lists ten names at most", async () => {
    const contexts = Array.from({ length: 12 }, (_, index) => ({ name: `c${index}` }));
    await expect(configFromText(JSON.stringify({ contexts }), { context: "c0x" })).rejects.toThrow(
      /contexts: "c0", ("c\d+", ){8}"c\d+" and 2 more$/,
    );
  });

  it("says which context names a cluster or user that is not there", async () => {
    await expect(choose({ context: "broken" })).rejects.toThrow(
      '/k: cluster "north" of context "broken" does not exist; clusters: ',
    );
    await expect(choose({ context: "broken", cluster: "east" })).rejects.toThrow('user "eve" of context "broken"');
    await expect(choose({ context: "bare" })).rejects.toThrow('/k: context "bare" has no cluster');
  });

  it("needs a current context", async () => {
    await expect(configFromText("contexts: [{ name: a }, { name: b }]", { file: "/k" })).rejects.toThrow(
      '/k: no current-context is set; contexts: "a", "b"',
    );
  });
});

describe("cluster", () => {
  it.each([
    ["https://host:6443/", "https://host:6443"],
    ["https://rancher.example/k8s/clusters/c-1//", "https://rancher.example/k8s/clusters/c-1"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["https://[fd00::1]:6443", "https://[fd00::1]:6443"],
  ])("has the server %s as %s", async (server, expected) => {
    expect((await load({ cluster: { server } })).server).toBe(expected);
  });

  it.each([
    [{ server: "10.0.0.1:6443" }, "server must be a URL"],
    [{ server: "https://me:s3cret@host" }, "server must be a URL"],
    [{ server: "" }, "server is missing"],
    [{ "proxy-url": "ftp://me:s3cret@proxy" }, "proxy-url must be an http, https or socks5 URL"],
    [{ "certificate-authority-data": base64("s3cret") }, "certificate-authority-data holds no PEM certificate"],
    [{ "certificate-authority-data": "s3cret*" }, "certificate-authority-data is not base64"],
    [{ "certificate-authority": "/missing/ca.crt" }, "certificate-authority /missing/ca.crt does not exist"],
    [{ "certificate-authority": "x", "insecure-skip-tls-verify": true }, "exclude each other"],
  ])("refuses %j", async (cluster, problem) => {
    const error = await load({ cluster }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(`/k: cluster "test": ${problem.startsWith("exclude") ? "" : problem}`);
    expect((error as Error).message).toContain(problem);
    expect((error as Error).message).not.toContain("s3cret");
  });

  it("gives TLS its CA, server name and the lack of verification", async () => {
    const cas = selfSigned("ca").cert + selfSigned("other").cert;
    const named = await load({ cluster: { "certificate-authority-data": base64(cas), "tls-server-name": "api" } });
    expect((await named.tls()).material).toEqual({ ca: Buffer.from(cas), servername: "api" });
    const cluster = { "insecure-skip-tls-verify": true };
    expect((await (await load({ cluster })).tls()).material).toEqual({ rejectUnauthorized: false });
    const { cert, key } = selfSigned("ann");
    const user = { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
    expect((await (await load({ cluster, user })).tls()).material).toEqual({
      rejectUnauthorized: false,
      cert: Buffer.from(cert),
      key: Buffer.from(key),
    });
  });

  it("gives the proxy, but not in what is printed of the configuration", async () => {
    const config = await load({ cluster: { "proxy-url": "http://me:s3cret@proxy:3128" }, user: { token: "t0ken" } });
    expect(config.proxyUrl).toBe("http://me:s3cret@proxy:3128");
    expect(inspect(config, { depth: 9, showHidden: false }) + JSON.stringify(config)).not.toMatch(/s3cret|t0ken/);
  });
});

describe("user", () => {
  it("sends a token at no cost", async () => {
    const config = await load({ user: { token: "abc" } });
    expect(await config.headers()).toEqual({ authorization: "Bearer abc" });
    expect(config.headers()).toBe(config.headers());
    expect(config.tls()).toBe(config.tls());
    expect(await config.refresh()).toBe(false);
  });

  it("sends basic auth", async () => {
    const config = await load({ user: { username: "ann", password: "päss:word" } });
    expect(await config.headers()).toEqual({ authorization: `Basic ${base64("ann:päss:word")}` });
  });

  it("takes a token before a plugin", async () => {
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "no-such-plugin", interactiveMode: "Never" };
    expect(await (await load({ user: { token: "abc", exec } })).headers()).toEqual({ authorization: "Bearer abc" });
  });

  it("uses client certificates from data, and from files beside the kubeconfig", async () => {
    const { cert, key } = selfSigned("ann");
    const material = { cert: Buffer.from(cert), key: Buffer.from(key) };
    const fromData = await load({ user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) } });
    expect((await fromData.tls()).material).toEqual(material);

    const user = { "client-certificate": "pki/ann.crt", "client-key": "pki/ann.key" };
    const folder = await folderWith({ config: kubeconfigText({ user }), "pki/ann.crt": cert, "pki/ann.key": key });
    const fromFiles = await loadConfig({ kubeconfig: join(folder, "config") });
    expect((await fromFiles.tls()).material).toEqual(material);
  });

  it.each([
    [{ "client-key-data": "a2V5" }, "client-certificate is missing"],
    [{ "client-certificate-data": "a2V5" }, "client-key is missing"],
    [{ "client-certificate-data": "a2V5", "client-key-data": "a2V5" }, "do not make a pair of PEM certificate and key"],
    [{ token: "a", username: "b" }, "token and username/password exclude each other"],
    [{ token: "s3cret\r\nx-evil: 1" }, "token holds a line break"],
    [{ tokenFile: "/missing/token" }, "tokenFile /missing/token does not exist"],
    [{ "auth-provider": { name: "gcp" } }, 'auth-provider "gcp" is not supported; use exec'],
    [{ "auth-provider": { name: "oidc" } }, "credential plugin such as kubelogin"],
    [{ "as-groups": ["ops"] }, 'need the user to impersonate, in "as"'],
    [{ as: "a\nb" }, "a value to impersonate holds a line break"],
  ])("refuses %j", async (user, problem) => {
    const error = await load({ user }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(`/k: user "test": `);
    expect((error as Error).message).toContain(problem);
    expect((error as Error).message).not.toContain("s3cret");
  });

  it("refuses a certificate with another's key", async () => {
    const user = {
      "client-certificate-data": base64(selfSigned("ann").cert),
      "client-key-data": base64(selfSigned("bob").key),
    };
    await expect(load({ user })).rejects.toThrow("client-certificate and client-key do not make a pair");
  });

  it("impersonates user, uid, groups and extra", async () => {
    const config = await load({
      user: {
        token: "t",
        as: "Jürgen",
        "as-uid": "42",
        "as-groups": ["ops", "dev"],
        "as-user-extra": { "acme.com/Project": ["a", "b"], "50%": ["x"] },
      },
    });
    expect(await config.headers()).toEqual({
      authorization: "Bearer t",
      "impersonate-user": Buffer.from("Jürgen").toString("latin1"),
      "impersonate-uid": "42",
      "impersonate-group": ["ops", "dev"],
      "impersonate-extra-acme.com%2Fproject": ["a", "b"],
      "impersonate-extra-50%25": ["x"],
    });
  });
});

describe("rotation of files", () => {
  it("reads a token file once a minute, and after a 401", async () => {
    const folder = await folderWith({ token: "one\n" });
    const { now, advance } = clock();
    const config = await load({ user: { tokenFile: "token" } }, { file: join(folder, "config"), now });
    expect(await config.headers()).toEqual({ authorization: "Bearer one" });

    await writeFile(join(folder, "token"), "two\n");
    advance(59);
    expect(await config.headers()).toEqual({ authorization: "Bearer one" });
    advance(1);
    expect(await config.headers()).toEqual({ authorization: "Bearer two" });

    await writeFile(join(folder, "token"), "three\n");
    expect(await config.headers()).toEqual({ authorization: "Bearer two" });
    expect(await config.refresh()).toBe(true);
    expect(await config.headers()).toEqual({ authorization: "Bearer three" });
  });

  it("keeps the token while its file is away, until the server refuses it", async () => {
    const folder = await folderWith({ token: "one" });
    const { now, advance } = clock();
    const config = await load({ user: { tokenFile: "token" } }, { file: join(folder, "config"), now });
    await rm(join(folder, "token"));
    advance(60);
    expect(await config.headers()).toEqual({ authorization: "Bearer one" });
    await config.refresh();
    await expect(config.headers()).rejects.toThrow(`/config: user "test": tokenFile ${join(folder, "token")} does not`);
  });

  it("refuses an empty token file", async () => {
    const folder = await folderWith({ token: "\n" });
    await expect(load({ user: { tokenFile: "token" } }, { file: join(folder, "config") })).rejects.toThrow(
      `user "test": tokenFile ${join(folder, "token")} is empty`,
    );
  });

  it("reads client certificates anew after a 401", async () => {
    const [old, next] = [selfSigned("old"), selfSigned("new")];
    const folder = await folderWith({ "a.crt": old.cert, "a.key": old.key });
    const user = { "client-certificate": "a.crt", "client-key": "a.key" };
    const config = await load({ user }, { file: join(folder, "config"), now: clock().now });
    await writeFile(join(folder, "a.crt"), next.cert);
    await writeFile(join(folder, "a.key"), next.key);
    expect((await config.tls()).material.cert).toEqual(Buffer.from(old.cert));
    expect(await config.refresh()).toBe(true);
    expect((await config.tls()).material.cert).toEqual(Buffer.from(next.cert));
  });

  it("prefers the token file to the token, which stands in while the file is missing", async () => {
    const folder = await folderWith();
    const { now, advance } = clock();
    const user = { token: "inline", tokenFile: "token" };
    const config = await load({ user }, { file: join(folder, "config"), now });
    expect(await config.headers()).toEqual({ authorization: "Bearer inline" });
    await writeFile(join(folder, "token"), "file");
    advance(60);
    expect(await config.headers()).toEqual({ authorization: "Bearer file" });
  });

  it("changes the version of TLS when the CA's content changes, and only then", async () => {
    const folder = await folderWith({ "ca.crt": selfSigned("one").cert });
    const ca = join(folder, "ca.crt");
    const { now, advance } = clock();
    const config = await load({ cluster: { "certificate-authority": ca } }, { now });
    const before = await config.tls();
    advance(60);
    expect(await config.tls()).toBe(before);

    const next = selfSigned("two").cert;
    await writeFile(ca, next);
    advance(60);
    const after = await config.tls();
    expect(after.material).toEqual({ ca: Buffer.from(next) });
    expect(after.version).not.toBe(before.version);

    await writeFile(ca, "half a certifi");
    advance(60);
    expect(await config.tls()).toBe(after);
  });

  it("takes a new client certificate only together with its key", async () => {
    const [old, next] = [selfSigned("old"), selfSigned("new")];
    const folder = await folderWith({ "a.crt": old.cert, "a.key": old.key, "new.crt": next.cert, "new.key": next.key });
    const { now, advance } = clock();
    const user = { "client-certificate": "a.crt", "client-key": "a.key" };
    const config = await load({ user }, { file: join(folder, "config"), now });
    const before = await config.tls();

    await rename(join(folder, "new.crt"), join(folder, "a.crt"));
    advance(60);
    expect(await config.tls()).toBe(before);

    await rename(join(folder, "new.key"), join(folder, "a.key"));
    advance(60);
    const after = await config.tls();
    expect(after.material).toEqual({ cert: Buffer.from(next.cert), key: Buffer.from(next.key) });
    expect(after.version).not.toBe(before.version);
  });
});
