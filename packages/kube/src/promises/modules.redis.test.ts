import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type ApiServer, startApiServer } from "@kubecast/apiserver";
import { obtainRuntime } from "@kubecast/testbed";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { listen } from "../client/loopback.test.helper.ts";
import { folderWith, kubeconfigText } from "../config/folder.test.helper.ts";
import { selfSigned } from "../config/self-signed.test.helper.ts";

// What is tested here is the built package, as users get it.

const run = promisify(execFile);
const kube = fileURLToPath(new URL("../../", import.meta.url));

/** A user's project that has the package installed. */
async function project(files: Record<string, string>): Promise<string> {
  const folder = await folderWith({ "package.json": '{ "dependencies": { "@kubecast/kube": "*" } }', ...files });
  await mkdir(join(folder, "node_modules/@kubecast"), { recursive: true });
  await symlink(kube, join(folder, "node_modules/@kubecast/kube"));
  return folder;
}

/** An API server that answers each list and watch with an object named after the certificate of the client. */
async function whoServer(host: { cert: string; key: string }): Promise<number> {
  const server = createServer({ ...host, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    const { raw } = (request.socket as TLSSocket).getPeerCertificate();
    const name = raw === undefined ? "nobody" : new X509Certificate(raw).fingerprint256;
    const object = { metadata: { name, resourceVersion: "1" } };
    if (request.url?.includes("watch")) response.write(`${JSON.stringify({ type: "ADDED", object })}\n`);
    else response.end(JSON.stringify({ metadata: { resourceVersion: "1" }, items: [object] }));
  });
  return listen(server);
}

let api: ApiServer;
let cutting = false;
let KUBECONFIG: string;
beforeAll(async () => {
  api = await startApiServer({
    intercept(request, response) {
      if (cutting && request.method === "POST") response.once("finish", () => setImmediate(api.cutConnections));
      return false;
    },
  });
  const folder = await mkdtemp(join(tmpdir(), "kube-modules-"));
  KUBECONFIG = join(folder, "kubeconfig");
  await writeFile(KUBECONFIG, api.kubeconfig());
  return async () => {
    await api.stop();
    await rm(folder, { recursive: true });
  };
});

// kubernetes-client/javascript#2219, #2014, #2240, #2600, #2142: an ES module that CommonJS programs cannot load.
test("a CommonJS program loads it by require", async () => {
  const folder = await project({
    "main.cjs": `
      const { Api, Client, Informer } = require("@kubecast/kube");
      const { Namespace } = require("@kubecast/kube/core/v1");
      const { Controller } = require("@kubecast/kube/runtime");
      async function main() {
        const client = await Client.default();
        const { items } = await Api.of(client, Namespace).list();
        console.log(items.map(({ metadata }) => metadata.name).includes("default"));
        for await (const event of Informer.new(Api.v1Namespace(client))) {
          console.log(event.type, typeof Controller.new);
          break;
        }
        await client.close();
      }
      main();`,
  });
  const { stdout, stderr } = await run(process.execPath, ["main.cjs"], {
    cwd: folder,
    env: { ...process.env, KUBECONFIG },
  });
  expect(stdout).toBe("true\nADDED function\n");
  expect(stderr.replace(/^\(.*ExperimentalWarning: CommonJS module .*\n.*\n/, "")).toBe("");
});

test.each(["main.mts", "main.cts"])("TypeScript knows its types without skipping any check, in %s", async (main) => {
  const folder = await project({
    [main]: `
      import { Api, Client, Reflector, type Transport } from "@kubecast/kube";
      import { Pod } from "@kubecast/kube/core/v1";
      import { Controller } from "@kubecast/kube/runtime";
      export async function phases(client: Transport): Promise<(string | undefined)[]> {
        const pods: Api<Pod> = Api.of(client, Pod).within("default");
        // @ts-expect-error: there is no such field
        await Reflector.new(pods, { fields: ["status.phases"] }).init();
        const reflector = await Reflector.new(pods, { fields: ["status.phase"] }).init();
        return reflector.state().map(({ status }) => status?.phase);
      }
      export const parts = [Client.default, Controller.new];`,
  });
  const modules = fileURLToPath(new URL("../../../../node_modules/", import.meta.url));
  const args = ["--noEmit", "--strict", "--skipLibCheck", "false", "--module", "nodenext", "--target", "es2023"];
  args.push("--types", "node", "--typeRoots", join(modules, "@types"), main);
  expect(await run(join(modules, ".bin/tsc"), args, { cwd: folder }).catch(({ stdout }) => ({ stdout }))).toMatchObject(
    {
      stdout: "",
    },
  );
});

test("a program that does not close its client ends when it has nothing more to do", async () => {
  const folder = await project({
    "main.mjs": `
      import { Api, Client, Reflector } from "@kubecast/kube";
      const namespaces = Api.v1Namespace(await Client.default());
      const reflector = await Reflector.new(namespaces).init();
      for await (const event of namespaces.watch()) if (event.type === "ADDED") break;
      console.log(reflector.state().length > 0);`,
  });
  const begin = performance.now();
  const { stdout } = await run(process.execPath, ["main.mjs"], { cwd: folder, env: { ...process.env, KUBECONFIG } });
  expect(stdout).toBe("true\n");
  // A connection is kept for 30 s, but not the process for it.
  expect(performance.now() - begin).toBeLessThan(25_000);
});

// kubernetes-client/javascript#242; vivid-planet/dextinity pull request 5938: 62 MB on disk, some 85 MB of memory.
test("importing it takes little memory, as what is not used is not loaded", async () => {
  const folder = await project({
    "main.mjs": `
      const before = process.memoryUsage().rss;
      await import("@kubecast/kube");
      await import("@kubecast/kube/apps/v1");
      console.log((process.memoryUsage().rss - before) / 1e6);`,
  });
  const { stdout } = await run(process.execPath, ["main.mjs"], { cwd: folder });
  expect(Number(stdout)).toBeGreaterThan(1);
  expect(Number(stdout)).toBeLessThan(40);
});

const runtimes = [
  ["bun", ["run"]],
  ["deno", ["run", "--allow-all", "--node-modules-dir=manual"]],
  ["node", []],
] as const;

async function programOf(runtime: (typeof runtimes)[number][0]): Promise<string> {
  return runtime === "node" ? process.execPath : obtainRuntime(runtime);
}

describe("other runtimes", () => {
  // oven-sh/bun#7332, #22734; denoland/deno#19052: client certificates of the kubeconfig are not sent.
  test.each(runtimes)("%s lists and watches with a client certificate", async (runtime, args) => {
    const [host, own] = [selfSigned("localhost"), selfSigned("me")];
    const port = await whoServer(host);
    const data = (pem: string) => Buffer.from(pem).toString("base64");
    const folder = await project({
      kubeconfig: kubeconfigText({
        cluster: { server: `https://localhost:${port}`, "certificate-authority-data": data(host.cert) },
        user: { "client-certificate-data": data(own.cert), "client-key-data": data(own.key) },
      }),
      "main.mjs": `
        import { Api, Client } from "@kubecast/kube";
        const client = await Client.default();
        const pods = Api.v1Pod(client);
        const { items } = await pods.list();
        console.log(items[0].metadata.name);
        for await (const event of pods.watch({ resourceVersion: "1" })) {
          console.log(event.type, event.object.metadata.name);
          break;
        }
        await client.close();`,
    });
    const env = { ...process.env, KUBECONFIG: join(folder, "kubeconfig") };
    const { stdout } = await run(await programOf(runtime), [...args, "main.mjs"], { cwd: folder, env });
    const name = new X509Certificate(own.cert).fingerprint256;
    expect(stdout).toBe(`${name}\nADDED ${name}\n`);
  });

  test.each(runtimes)("%s resumes a watch whose connection is cut, without a list", async (runtime, args) => {
    const folder = await project({
      "main.mjs": `
        import { Api, Client, Reflector } from "@kubecast/kube";
        const client = await Client.default();
        const maps = Api.v1ConfigMap(client).within("default");
        const clock = { now: () => performance.now(), setTimeout: (turn, wait) => setTimeout(turn, wait / 100), clearTimeout };
        const reflector = Reflector.new(maps, { clock, timeoutSeconds: 3600 }).labels("runtime=${runtime}");
        const stop = new AbortController();
        const seen = [];
        await reflector.run(stop.signal, async (batch) => {
          if (batch.type === "error") return;
          seen.push(...batch.changes.map(({ object }) => object.metadata.name));
          if (seen.length === 10) stop.abort();
          const metadata = { name: "${runtime}-" + seen.length, labels: { runtime: "${runtime}" } };
          for (let there = seen.length === 10; !there; ) {
            there = await maps.create({ metadata }).then(() => true, (error) => error.isAlreadyExists);
          }
        });
        console.log(seen.join(" "), reflector.stats.lists, reflector.stats.errors > 3);
        await client.close();`,
    });
    // Whatever is created has all connections cut, that of the watch too.
    cutting = true;
    onTestFinished(() => {
      cutting = false;
    });
    const env = { ...process.env, KUBECONFIG };
    const { stdout } = await run(await programOf(runtime), [...args, "main.mjs"], { cwd: folder, env });
    const names = Array.from({ length: 10 }, (_, index) => `${runtime}-${index}`);
    expect(stdout).toBe(`${names.join(" ")} 1 true\n`);
  });

  test("deno runs commands, forwards ports and follows logs", async () => {
    const folder = await project({
      "main.mjs": `
        import { Api, Client } from "@kubecast/kube";
        const client = await Client.default();
        const pods = Api.v1Pod(client).within("default");
        await pods.create({ metadata: { name: "box" }, spec: { containers: [{ name: "box", image: "box" }] } });
        const { stdin, stdout, result } = await pods.exec("box", ["cat"], { stdin: true, stderr: false });
        stdin.end("hello");
        for await (const chunk of stdout) console.log(String(chunk));
        console.log((await result).exitCode);
        const forward = await pods.portForward("box", [7]);
        const echo = forward.stream(7);
        echo.write("echo");
        echo.once("data", () => forward.close());
        for await (const chunk of echo) console.log(String(chunk));
        const stop = new AbortController();
        const lines = pods.logLines("box", {}, { signal: stop.signal });
        setTimeout(() => stop.abort(new Error("enough")), 10);
        await lines.next().catch((error) => console.log(error.message));
        await client.close();`,
    });
    const args = ["run", "--allow-all", "--node-modules-dir=manual", "main.mjs"];
    const { stdout } = await run(await obtainRuntime("deno"), args, {
      cwd: folder,
      env: { ...process.env, KUBECONFIG },
    });
    expect(stdout).toBe("hello\n0\necho\nenough\n");
  });
});
