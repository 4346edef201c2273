import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { type ApiServer, startApiServer } from "@kubecast/apiserver";
import { obtainRuntime } from "@kubecast/testbed";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { listen } from "../client/loopback.test.helper.ts";
import { kubeconfigText } from "../config/folder.test.helper.ts";
import { selfSigned } from "../config/self-signed.test.helper.ts";
import { project } from "./project.test.helper.ts";

// What is tested here is the built package, as users get it. It needs no cluster, but
// runtimes that are fetched once: 200 MB, which `npm test` is not to ask for.

const run = promisify(execFile);

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
  const folder = await mkdtemp(join(tmpdir(), "kube-runtimes-"));
  KUBECONFIG = join(folder, "kubeconfig");
  await writeFile(KUBECONFIG, api.kubeconfig());
  return async () => {
    await api.stop();
    await rm(folder, { recursive: true });
  };
});

const runtimes = [
  ["bun", ["run"]],
  ["deno", ["run", "--allow-all", "--node-modules-dir=manual"]],
  ["node", []],
] as const;

async function programOf(runtime: (typeof runtimes)[number][0]): Promise<string> {
  return runtime === "node" ? process.execPath : obtainRuntime(runtime);
}

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
