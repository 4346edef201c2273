import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { clock, folderWith, kubeconfigText } from "./folder.test.helper.ts";
import { configFromText } from "./load.ts";
import type { ResolveOptions } from "./resolve.ts";
import { selfSigned } from "./self-signed.test.helper.ts";

const V1 = "client.authentication.k8s.io/v1";

/**
 * A user whose credential comes from this script. In it, `print(status)` prints an ExecCredential,
 * and `runs` is how often the script was run in `folder`, this time included.
 */
function plugin(script: string, exec: object = {}) {
  const prelude = `
    const fs = require("node:fs");
    fs.appendFileSync(process.env.FOLDER + "/runs", "x");
    const runs = fs.readFileSync(process.env.FOLDER + "/runs").length;
    const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
    const print = (status) => console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: info.apiVersion, status }));
  `;
  const args = ["-e", prelude + script];
  return { exec: { apiVersion: V1, command: process.execPath, args, interactiveMode: "Never", ...exec } };
}

/** Loads kubeconfigs that share one folder, environment and clock. */
async function session() {
  const folder = await folderWith();
  const time = clock();
  const env = { ...process.env, FOLDER: folder };
  const load = (user: object, options: ResolveOptions = {}, cluster: object = {}) =>
    configFromText(kubeconfigText({ user, cluster }), { file: "/k", env, now: time.now, ...options });
  const runs = async () => (await readFile(join(folder, "runs"), "utf8").catch(() => "")).length;
  return { folder, load, runs, ...time };
}

const RUNS_AS_TOKEN = "print({ token: 'run-' + runs })";

describe("credential plugin", () => {
  it("runs at the first request, once for all that wait, and not again", async () => {
    const { load, runs } = await session();
    const config = await load(plugin(RUNS_AS_TOKEN));
    expect(await runs()).toBe(0);
    const all = await Promise.all([config.headers(), config.headers(), config.tls(), config.headers()]);
    expect(all[0]).toEqual({ authorization: "Bearer run-1" });
    expect(await config.headers()).toEqual({ authorization: "Bearer run-1" });
    expect(config.headers()).toBe(config.headers());
    expect(await runs()).toBe(1);
  });

  it("understands v1beta1, where interactiveMode may be absent, and YAML", async () => {
    const { load } = await session();
    const apiVersion = "client.authentication.k8s.io/v1beta1";
    const script = `console.log("kind: ExecCredential\\napiVersion: ${apiVersion}\\nstatus: { token: from-yaml }")`;
    const config = await load(plugin(script, { apiVersion, interactiveMode: "" }));
    expect(await config.headers()).toEqual({ authorization: "Bearer from-yaml" });
  });

  it("gets the variables of the kubeconfig, and no cluster unless asked for", async () => {
    const { load } = await session();
    const env = [{ name: "REGION", value: "eu" }];
    const config = await load(plugin("print({ token: process.env.REGION + JSON.stringify(info.spec) })", { env }));
    expect(await config.headers()).toEqual({ authorization: 'Bearer eu{"interactive":false}' });
  });

  it("is told of the cluster with provideClusterInfo", async () => {
    const { folder, load } = await session();
    const { cert } = selfSigned("ca");
    await writeFile(join(folder, "ca.crt"), cert);
    const cluster = {
      server: "https://main:6443/",
      "certificate-authority": join(folder, "ca.crt"),
      "tls-server-name": "api",
      "proxy-url": "http://proxy",
      extensions: [{ name: "client.authentication.k8s.io/exec", extension: { audience: "main" } }],
    };
    const script = "fs.writeFileSync(process.env.FOLDER + '/info', JSON.stringify(info)); print({ token: 't' })";
    await (await load(plugin(script, { provideClusterInfo: true }), {}, cluster)).headers();
    expect(JSON.parse(await readFile(join(folder, "info"), "utf8"))).toEqual({
      kind: "ExecCredential",
      apiVersion: V1,
      spec: {
        interactive: false,
        cluster: {
          server: "https://main:6443/",
          "certificate-authority-data": Buffer.from(cert).toString("base64"),
          "tls-server-name": "api",
          "proxy-url": "http://proxy",
          config: { audience: "main" },
        },
      },
    });
  });

  it("is told that the cluster is not to be verified", async () => {
    const { load } = await session();
    const user = plugin("print({ token: JSON.stringify(info.spec.cluster) })", { provideClusterInfo: true });
    const config = await load(user, {}, { "insecure-skip-tls-verify": true, "disable-compression": true });
    expect(await config.headers()).toEqual({
      authorization:
        'Bearer {"server":"https://api.example:6443","insecure-skip-tls-verify":true,"disable-compression":true}',
    });
  });

  it("goes before the client certificate of the kubeconfig with its own", async () => {
    const { folder, load } = await session();
    const [inline, printed] = [selfSigned("inline"), selfSigned("printed")];
    await writeFile(join(folder, "pair.json"), JSON.stringify(printed));
    const script = `
      const { cert, key } = JSON.parse(fs.readFileSync(process.env.FOLDER + "/pair.json"));
      print({ clientCertificateData: cert, clientKeyData: key })`;
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const user = { "client-certificate-data": base64(inline.cert), "client-key-data": base64(inline.key) };
    expect((await (await load({ ...user, ...plugin(script) })).tls()).material).toEqual(printed);
  });

  it("is told that it may ask where it may", async () => {
    const { load } = await session();
    const user = plugin("print({ token: String(info.spec.interactive) })", { interactiveMode: "IfAvailable" });
    expect(await (await load(user, { interactive: true })).headers()).toEqual({ authorization: "Bearer true" });
    expect(await (await load(user, { interactive: false })).headers()).toEqual({ authorization: "Bearer false" });
  });

  it("gives a client certificate, and a new version of TLS with a new one", async () => {
    const { folder, load } = await session();
    const pairs = [selfSigned("one"), selfSigned("two")];
    await writeFile(join(folder, "pairs.json"), JSON.stringify(pairs));
    const script = `
      const { cert, key } = JSON.parse(fs.readFileSync(process.env.FOLDER + "/pairs.json"))[runs - 1];
      print({ clientCertificateData: cert, clientKeyData: key, expirationTimestamp: "2026-01-01T01:00:00Z" })`;
    const time = clock();
    const config = await load(plugin(script), { now: time.now });
    const before = await config.tls();
    expect(before.material).toEqual(pairs[0]);
    expect(await config.headers()).toEqual({});
    time.advance(3600);
    const after = await config.tls();
    expect(after.material).toEqual(pairs[1]);
    expect(after.version).not.toBe(before.version);
  });

  it("runs again a minute before its credential expires", async () => {
    const { load, advance } = await session();
    const config = await load(plugin("print({ token: 'run-' + runs, expirationTimestamp: '2026-01-01T01:00:00Z' })"));
    await config.headers();
    advance(3600 - 61);
    expect(await config.headers()).toEqual({ authorization: "Bearer run-1" });
    advance(1);
    expect(await config.headers()).toEqual({ authorization: "Bearer run-2" });
  });

  it("uses most of a credential's life even where that is short", async () => {
    const { load, advance } = await session();
    const config = await load(plugin("print({ token: 'run-' + runs, expirationTimestamp: '2026-01-01T00:00:30Z' })"));
    await config.headers();
    advance(26);
    expect(await config.headers()).toEqual({ authorization: "Bearer run-1" });
    advance(1);
    expect(await config.headers()).toEqual({ authorization: "Bearer run-2" });
  });

  it("runs again after a 401, once for all requests that were refused together", async () => {
    const { load, runs, advance } = await session();
    const config = await load(plugin(RUNS_AS_TOKEN));
    await config.headers();
    advance(60);
    for (let refused = 0; refused < 3; refused++) {
      expect(await config.refresh()).toBe(true);
      expect(await config.headers()).toEqual({ authorization: "Bearer run-2" });
    }
    expect(await runs()).toBe(2);
  });

  it("is ended when nobody waits for it any more", async () => {
    const { folder, load } = await session();
    const config = await load(
      plugin("fs.writeFileSync(process.env.FOLDER + '/pid', '' + process.pid); setInterval(() => {}, 1000)"),
    );
    const controller = new AbortController();
    const headers = config.headers(controller.signal);
    const pid = await until(async () => Number(await readFile(join(folder, "pid"), "utf8").catch(() => "")));
    controller.abort(new Error("enough"));
    await expect(headers).rejects.toThrow("enough");
    await until(async () => !isAlive(pid));
  });
});

describe("cache of plugins' credentials", () => {
  const echo = (env: object[]) => plugin("print({ token: process.env.WHO + runs })", { env });

  it("is shared by kubeconfigs that say the same", async () => {
    const { load, runs } = await session();
    const user = plugin(RUNS_AS_TOKEN);
    const [first, second] = [await load(user), await load(user)];
    expect(await first.headers()).toEqual(await second.headers());
    expect(await runs()).toBe(1);
  });

  it("is not shared by users of one name whose plugin differs in any way", async () => {
    const { load, runs } = await session();
    const ann = await load(echo([{ name: "WHO", value: "ann" }]));
    const bob = await load(echo([{ name: "WHO", value: "bob" }]));
    expect(await ann.headers()).toEqual({ authorization: "Bearer ann1" });
    expect(await bob.headers()).toEqual({ authorization: "Bearer bob2" });
    expect(await runs()).toBe(2);
  });

  it("is not shared by clusters of which the plugin is told", async () => {
    const { load } = await session();
    const user = plugin("print({ token: info.spec.cluster.server })", { provideClusterInfo: true });
    const [east, west] = [
      await load(user, {}, { server: "https://east" }),
      await load(user, {}, { server: "https://west" }),
    ];
    expect(await east.headers()).toEqual({ authorization: "Bearer https://east" });
    expect(await west.headers()).toEqual({ authorization: "Bearer https://west" });
  });
});

describe("a plugin that fails", () => {
  const message = async (user: object, options: ResolveOptions = {}): Promise<string> => {
    const { load } = await session();
    const error = await load(user, options)
      .then((config) => config.headers())
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  };
  const node = JSON.stringify(process.execPath);

  it("is named with its exit code and the hint, but not its output or arguments", async () => {
    const user = plugin("console.log('s3cret'); process.exitCode = 3", {
      installHint: "Install it\n  from example.com",
    });
    expect(await message(user)).toBe(
      `/k: user "test": credential plugin ${node} exited with code 3 (Install it from example.com)`,
    );
  });

  it("is named with the hint when it is not installed", async () => {
    const user = plugin("", { command: "no-such-plugin", installHint: "brew install it" });
    expect(await message(user)).toBe(
      '/k: user "test": credential plugin "no-such-plugin" was not found (brew install it)',
    );
  });

  it("is asked again at the next request", async () => {
    const { load } = await session();
    const config = await load(plugin("runs === 1 ? process.exit(1) : print({ token: 'ok' })"));
    await expect(config.headers()).rejects.toThrow("exited with code 1");
    expect(await config.headers()).toEqual({ authorization: "Bearer ok" });
  });

  it.each([
    ["process.kill(process.pid, 'SIGKILL')", "was ended by SIGKILL"],
    ["console.log('s3cret')", "must hold a mapping, not a string"],
    ["console.log('{s3cret')", "not valid YAML"],
    ["", "printed no ExecCredential with a status"],
    ["console.log(JSON.stringify({ kind: 'ExecCredential', apiVersion: info.apiVersion }))", "with a status"],
    ["info.apiVersion = 's3cret'; print({ token: 't' })", `apiVersion must be ${V1}, as in the kubeconfig's exec`],
    ["print({})", "printed neither a token nor a client certificate"],
    ["print({ token: ['s3cret'] })", "status.token must be a string, not a list"],
    ["print({ token: 's3cret\\n' })", "the token holds a line break"],
    ["print({ clientKeyData: 's3cret' })", "printed only one of clientCertificateData and clientKeyData"],
    ["print({ clientCertificateData: 's3cret', clientKeyData: 's3cret' })", "do not make a pair of PEM"],
    ["print({ token: 's3cret', expirationTimestamp: 's3cret' })", "expirationTimestamp must be an RFC 3339 time"],
    ["console.log('s3cret'.repeat(1e6)); print({ token: 't' })", "printed more than 1048576 bytes"],
  ])("%s", async (script, problem) => {
    const text = await message(plugin(script));
    expect(text).toContain(`/k: user "test": credential plugin ${node}`);
    expect(text).toContain(problem);
    expect(text).not.toContain("s3cret");
  });

  it.each([
    [{ apiVersion: "client.authentication.k8s.io/v1alpha1" }, "exec.apiVersion"],
    [{ apiVersion: "" }, "exec.apiVersion is missing"],
    [{ command: "" }, "exec.command is missing"],
    [{ interactiveMode: "" }, "exec.interactiveMode must be Never, IfAvailable or Always; it is missing"],
    [{ interactiveMode: "Sometimes" }, "exec.interactiveMode must be Never, IfAvailable or Always"],
    [{ interactiveMode: "Always" }, "exec.interactiveMode is Always, but standard input is not a terminal"],
    [{ env: [{ name: "A", value: "s3cret\0" }] }, "could not be started: ERR_INVALID_ARG_VALUE"],
  ])("%j", async (exec, problem) => {
    const text = await message(plugin("", exec), { interactive: false });
    expect(text).toContain(`/k: user "test": `);
    expect(text).toContain(problem);
    expect(text).not.toContain("s3cret");
  });
});

async function until<T>(condition: () => Promise<T>): Promise<T> {
  for (;;) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
