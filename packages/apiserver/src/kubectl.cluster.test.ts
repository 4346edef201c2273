import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type Kubectl, startKubectl } from "@kubecast/testbed";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type ApiServer, startApiServer } from "./server.ts";

// The kubectl of the release that this server stands for: a client that is not ours.

let server: ApiServer;
let kubectl: Kubectl;
beforeEach(async () => {
  // kubectl sends its token over TLS only.
  server = await startApiServer({ tls: true });
  kubectl = await startKubectl(server.kubeconfig());
});
afterEach(() => Promise.all([kubectl.stop(), server.stop()]));

/** Runs it, expects it to succeed and to have nothing to complain about. */
async function ok(...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await kubectl(...args);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return stdout;
}

async function file(name: string, content: object | object[]): Promise<string> {
  const path = join(kubectl.dir, name);
  const documents = Array.isArray(content) ? content : [content];
  await writeFile(path, documents.map((each) => JSON.stringify(each)).join("\n---\n"));
  return path;
}

const pod = (name: string, labels: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels },
  spec: { containers: [{ name: "main", image: "registry.example/main:1" }] },
});

/** A Pod that runs, as kubectl wants it for what it does in containers. */
async function runPod(name = "blog"): Promise<void> {
  await ok("create", "-f", await file(`${name}.json`, pod(name)));
  await ok("patch", "pod", name, "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Running"}}');
}

const json = async (...args: string[]) => JSON.parse(await ok(...args, "-o", "json"));

describe("in containers:", () => {
  beforeEach(() => runPod());

  test("exec: output, exit code, input", async () => {
    const failing = await kubectl("exec", "blog", "--", "sh", "-c", "echo out; echo err >&2; exit 3");
    expect(failing).toEqual({ stdout: "out\n", stderr: "err\ncommand terminated with exit code 3\n", code: 3 });
    const input = "some input\n".repeat(100_000);
    const echoed = await kubectl.start("exec", "-i", "blog", "--", "cat").end(input);
    expect(echoed).toEqual({ stdout: input, stderr: "", code: 0 });
    const unknown = await kubectl("exec", "blog", "--", "frobnicate");
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('exec: "frobnicate"') });
  });

  test("attach", async () => {
    const log = server.containers.log("default", "blog", "main");
    const attached = kubectl.start("attach", "-i", "blog");
    attached.write("typed\n");
    await attached.shows(/^typed\n$/);
    log.end();
    expect((await attached.end()).code).toBe(0);
  });

  test("logs, and logs -f to the end of the container", async () => {
    const log = server.containers.log("default", "blog", "main");
    log.write("one\ntwo\n");
    expect(await ok("logs", "blog", "--tail=1")).toBe("two\n");
    const following = kubectl.start("logs", "-f", "blog");
    await following.shows(/two\n/);
    log.write("three\n");
    await following.shows(/three\n/);
    log.end();
    expect(await following.end()).toEqual({ stdout: "one\ntwo\nthree\n", stderr: "", code: 0 });
    log.restart();
    expect(await ok("logs", "blog", "--previous")).toBe("one\ntwo\nthree\n");
  });

  test("port-forward: several connections, one after another and at a time, half-closed ones too", async () => {
    const web = createServer((request, response) => response.end(request.url)).listen(0, "127.0.0.1");
    onTestFinished(() => void web.close().closeAllConnections());
    await once(web, "listening");
    server.containers.port(80, (web.address() as AddressInfo).port);
    const forward = kubectl.start("port-forward", "blog", ":80", ":7");
    const localPort = async (port: number) =>
      Number((await forward.shows(new RegExp(`127.0.0.1:(\\d+) -> ${port}\n`)))[1]);
    const url = `http://127.0.0.1:${await localPort(80)}`;
    const paths = ["/a", "/b", "/c"];
    const get = async (path: string) => (await fetch(url + path, { headers: { connection: "close" } })).text();
    expect(await Promise.all(paths.map(get))).toEqual(paths);
    // Half-closed: all that was sent comes back although no more will be.
    const sent = randomBytes(3_000_000);
    const echo = connect({ port: await localPort(7), host: "127.0.0.1", allowHalfOpen: true });
    echo.end(sent);
    expect((await buffer(echo)).equals(sent)).toBe(true);
    expect(await get("/d")).toBe("/d");
  });

  test("cp: files and folders, there and back", async () => {
    const local = (...path: string[]) => join(kubectl.dir, ...path);
    const sent = randomBytes(5_000_000);
    await writeFile(local("big.bin"), sent);
    await ok("cp", local("big.bin"), "blog:/tmp/big.bin");
    const files = server.containers.files("default", "blog", "main");
    expect(files.read("/tmp/big.bin")?.equals(sent)).toBe(true);
    // Into a folder that is there, under the file's own name.
    await ok("cp", local("big.bin"), "blog:/tmp");
    const stripped = "tar: Removing leading `/' from member names\n";
    expect(await ok("cp", "blog:/tmp/big.bin", local("back.bin"))).toBe(stripped);
    expect((await readFile(local("back.bin"))).equals(sent)).toBe(true);

    await mkdir(local("site", "css"), { recursive: true });
    await mkdir(local("site", "empty"));
    const long = `${"a-long-name-".repeat(12)}ö.txt`;
    await writeFile(local("site", "index.html"), "<html>");
    await writeFile(local("site", "css", long), "body {}");
    await symlink("index.html", local("site", "link"));
    const nowhere = await kubectl("cp", local("site"), "blog:/srv/site");
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining("tar: /srv: Cannot open") });
    files.makeDirectory("/srv");
    await ok("cp", local("site"), "blog:/srv/site", "-c", "main");
    expect(files.names("/srv/site")).toEqual(["css", "empty", "index.html", "link"]);
    expect(files.get("/srv/site/link")).toMatchObject({ type: "symlink", target: "index.html" });
    const { code } = await kubectl("cp", "blog:/srv/site", local("returned"));
    expect(code).toBe(0);
    expect(await readFile(local("returned", "css", long), "utf8")).toBe("body {}");

    const missing = await kubectl("cp", "blog:/none", local("none"));
    expect(missing.stdout).toContain("/none: Cannot stat: No such file or directory");
    expect(existsSync(local("none"))).toBe(false);
  });
});

describe("objects:", () => {
  test("get, one and all, by label, as YAML, and by name", async () => {
    await ok("create", "-f", await file("pods.json", [pod("a", { app: "x" }), pod("b", { app: "y" })]));
    expect((await ok("get", "pods", "-o", "name")).split("\n")).toEqual(["pod/a", "pod/b", ""]);
    expect(await ok("get", "pods", "-l", "app=y", "-o", "name")).toBe("pod/b\n");
    expect(await ok("get", "pod", "a", "-o", "jsonpath={.spec.containers[0].image}")).toBe("registry.example/main:1");
    const yaml = await ok("get", "pod", "a", "-o", "yaml");
    expect(yaml).toContain("image: registry.example/main:1");
    expect(yaml).not.toContain("managedFields");
    expect(await ok("get", "pod", "a", "-o", "yaml", "--show-managed-fields")).toContain("manager: kubectl-create");
    const missing = await kubectl("get", "pod", "c");
    expect(missing).toMatchObject({ code: 1, stderr: 'Error from server (NotFound): pods "c" not found\n' });
  });

  test("get shows the columns of each kind", async () => {
    await runPod();
    const header = (text: string) =>
      text
        .split("\n", 1)[0]
        ?.split(/ {2,}/)
        .map((name) => name.trim());
    const table = await ok("get", "pods");
    expect(header(table)).toEqual(["NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
    expect(table).toMatch(/^blog +0\/1 +Running +0 +\ds$/m);
    expect(header(await ok("get", "pods", "-A", "-o", "wide"))).toContain("NOMINATED NODE");
    expect(header(await ok("get", "namespaces"))).toEqual(["NAME", "STATUS", "AGE"]);
    expect(await ok("get", "pods", "--sort-by=.metadata.name", "-L", "app")).toMatch(/^NAME .* APP\n/);
  });

  test("get -w tells what comes", async () => {
    await ok("create", "-f", await file("a.json", pod("a")));
    const watching = kubectl.start("get", "pods", "-w", "--output-watch-events");
    await watching.shows(/ADDED +a /);
    await ok("label", "pod", "a", "changed=yes");
    await watching.shows(/MODIFIED +a /);
    await ok("delete", "pod", "a");
    await watching.shows(/DELETED +a /);
    watching.interrupt();
    await watching.end();
  });

  test("describe tells of a Pod and its events", async () => {
    await runPod();
    const { metadata } = await json("get", "pod", "blog");
    const event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "blog.1" },
      involvedObject: { apiVersion: "v1", kind: "Pod", name: "blog", namespace: "default", uid: metadata.uid },
      reason: "BackOff",
      message: "Back-off restarting failed container",
      type: "Warning",
      count: 3,
    };
    await ok("create", "-f", await file("event.json", event));
    const text = await ok("describe", "pod", "blog");
    expect(text).toMatch(/^Name: +blog\nNamespace: +default\n/);
    expect(text).toMatch(/Status: +Running/);
    expect(text).toMatch(/Image: +registry.example\/main:1/);
    expect(text).toMatch(/Warning +BackOff .*Back-off restarting failed container/);
  });

  test("delete, by name, by file, by label and all", async () => {
    const path = await file(
      "pods.json",
      ["a", "b", "c", "d"].map((name) => pod(name, { app: name })),
    );
    await ok("create", "-f", path);
    expect(await ok("delete", "pod", "a")).toBe('pod "a" deleted from default namespace\n');
    await ok("delete", "pod", "-l", "app=b");
    expect(await ok("get", "pods", "-o", "name")).toBe("pod/c\npod/d\n");
    await ok("delete", "-f", path, "--ignore-not-found");
    await ok("delete", "pods", "--all");
    expect((await kubectl("get", "pods")).stderr).toBe("No resources found in default namespace.\n");
  });

  test("patch, of each type", async () => {
    await ok("create", "-f", await file("a.json", pod("a", { old: "1" })));
    const patch = (type: string, body: unknown) =>
      ok("patch", "pod", "a", `--type=${type}`, "-p", JSON.stringify(body));
    const image = { spec: { containers: [{ name: "main", image: "registry.example/main:2" }] } };
    expect(await patch("strategic", image)).toBe("pod/a patched\n");
    await patch("merge", { metadata: { labels: { old: null, new: "1" } } });
    await patch("json", [{ op: "add", path: "/metadata/labels/more", value: "2" }]);
    const { metadata, spec } = await json("get", "pod", "a");
    expect(metadata.labels).toEqual({ new: "1", more: "2" });
    expect(spec.containers).toMatchObject([{ image: "registry.example/main:2", terminationMessagePolicy: "File" }]);
  });

  test("label, annotate, set image", async () => {
    await ok("create", "-f", await file("a.json", pod("a")));
    expect(await ok("label", "pod", "a", "tier=front")).toBe("pod/a labeled\n");
    expect(await ok("annotate", "pod", "a", "note=x")).toBe("pod/a annotated\n");
    expect(await ok("set", "image", "pod/a", "main=other:3")).toBe("pod/a image updated\n");
    const { metadata, spec } = await json("get", "pod", "a");
    expect([metadata.labels.tier, metadata.annotations.note, spec.containers[0].image]).toEqual([
      "front",
      "x",
      "other:3",
    ]);
  });

  test("wait, for a condition and for the end", async () => {
    await runPod();
    const waiting = kubectl.start("wait", "--for=condition=Ready", "pod/blog", "--timeout=60s");
    const ready = { status: { conditions: [{ type: "Ready", status: "True" }] } };
    await ok("patch", "pod", "blog", "--subresource=status", "-p", JSON.stringify(ready));
    expect(await waiting.end()).toEqual({ stdout: "pod/blog condition met\n", stderr: "", code: 0 });
    const gone = kubectl.start("wait", "--for=delete", "pod/blog", "--timeout=60s");
    await ok("delete", "pod", "blog");
    expect((await gone.end()).code).toBe(0);
    const never = await kubectl("wait", "--for=condition=Ready", "pod/blog", "--timeout=1s");
    expect(never.stderr).toContain('pods "blog" not found');
  });

  test("api-resources, api-versions, version, auth can-i", async () => {
    const resources = await ok("api-resources");
    expect(resources).toMatch(/^pods +po +v1 +true +Pod$/m);
    expect(resources).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
    expect((await ok("api-versions")).split("\n")).toEqual(expect.arrayContaining(["apps/v1", "v1"]));
    expect(await ok("version")).toContain("Server Version: v1.37.2+kubecast");
  });
});

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "registry.example/main:1" }] },
    },
  },
};

describe("workloads:", () => {
  test("scale, rollout status", async () => {
    await ok("create", "-f", await file("web.json", deployment));
    expect(await ok("scale", "deployment", "web", "--replicas=3", "--current-replicas=2")).toBe(
      "deployment.apps/web scaled\n",
    );
    expect((await json("get", "deployment", "web")).spec.replicas).toBe(3);
    const rollout = kubectl.start("rollout", "status", "deployment/web", "--timeout=60s");
    await rollout.shows(/Waiting for deployment/);
    const { generation } = (await json("get", "deployment", "web")).metadata;
    const status = { observedGeneration: generation, replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
    await ok("patch", "deployment", "web", "--subresource=status", "--type=merge", "-p", JSON.stringify({ status }));
    expect((await rollout.end()).stdout).toMatch(/deployment "web" successfully rolled out\n$/);
    expect(await ok("rollout", "restart", "deployment/web")).toBe("deployment.apps/web restarted\n");
  });
});

describe("apply:", () => {
  const config = (data: object, name = "settings") => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    data,
  });

  test("creates, changes, removes what is left out, and leaves alone what others set", async () => {
    const apply = async (data: object) => ok("apply", "-f", await file("settings.json", config(data)));
    expect(await apply({ a: "1", b: "1" })).toBe("configmap/settings created\n");
    expect(await apply({ a: "1", b: "1" })).toBe("configmap/settings unchanged\n");
    await ok("patch", "configmap", "settings", "--type=merge", "-p", '{"data":{"c":"3"}}');
    expect(await apply({ a: "2" })).toBe("configmap/settings configured\n");
    expect((await json("get", "configmap", "settings")).data).toEqual({ a: "2", c: "3" });
  });

  test("changes a container's image in a Deployment, and says what would change", async () => {
    await ok("apply", "-f", await file("web.json", deployment));
    const { template } = deployment.spec;
    const containers = [
      { name: "main", image: "registry.example/main:2" },
      { name: "side", image: "side:1" },
    ];
    const next = { ...deployment, spec: { ...deployment.spec, template: { ...template, spec: { containers } } } };
    const path = await file("next.json", next);
    const { stdout, code } = await kubectl("diff", "-f", path);
    expect(code).toBe(1);
    expect(stdout).toContain("+      - image: registry.example/main:2");
    await ok("apply", "-f", path);
    expect((await json("get", "deployment", "web")).spec.template.spec.containers).toMatchObject(containers);
  });

  test("on the server: owners, conflicts, and taking by force", async () => {
    const apply = async (data: object, ...args: string[]) =>
      kubectl("apply", "--server-side", ...args, "-f", await file("settings.json", config(data)));
    expect(await apply({ a: "1" })).toEqual({
      stdout: "configmap/settings serverside-applied\n",
      stderr: "",
      code: 0,
    });
    await ok("patch", "configmap", "settings", "--type=merge", "-p", '{"data":{"a":"2"}}');
    const refused = await apply({ a: "3" });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data.a');
    expect((await apply({ a: "3" }, "--force-conflicts")).code).toBe(0);
    expect((await apply({ b: "x" }, "--field-manager=other")).code).toBe(0);
    expect((await apply({ c: "x" })).code).toBe(0);
    expect((await json("get", "configmap", "settings")).data).toEqual({ b: "x", c: "x" });
  });

  test("on the server, of what was applied by kubectl itself before", async () => {
    const path = await file("settings.json", config({ a: "1", b: "1" }));
    await ok("apply", "-f", path);
    await ok("apply", "--server-side", "-f", await file("settings.json", config({ a: "2" })));
    const { data, metadata } = await json("get", "configmap", "settings", "--show-managed-fields");
    expect(data).toEqual({ a: "2" });
    const managers = metadata.managedFields.map((entry: { manager: string }) => entry.manager).sort();
    // The second owns the annotation by which kubectl remembers what it applied.
    expect(managers).toEqual(["kubectl", "kubectl-last-applied"]);
  });

  test("with a subresource, and a custom resource by its own topology", async () => {
    const items = {
      type: "object",
      required: ["name"],
      properties: { name: { type: "string" }, n: { type: "integer" } },
    };
    const parts = { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], items };
    const spec = { type: "object", properties: { parts } };
    const status = { type: "object", properties: { phase: { type: "string" } } };
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "gadgets.clux.dev" },
      spec: {
        group: "clux.dev",
        scope: "Namespaced",
        names: { plural: "gadgets", kind: "Gadget" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: "object", properties: { spec, status } } },
          },
        ],
      },
    };
    await ok("apply", "-f", await file("definition.json", definition));
    await ok("wait", "--for=condition=Established", "crd/gadgets.clux.dev");
    const gadget = (part: string, more: object = {}) => ({
      apiVersion: "clux.dev/v1",
      kind: "Gadget",
      metadata: { name: "g" },
      spec: { parts: [{ name: part, n: 1 }] },
      ...more,
    });
    for (const manager of ["one", "two"]) {
      const path = await file("gadget.json", gadget(manager));
      await ok("apply", "--server-side", `--field-manager=${manager}`, "-f", path);
    }
    const path = await file("status.json", gadget("x", { status: { phase: "Fine" } }));
    await ok("apply", "--server-side", "--subresource=status", "--field-manager=judge", "-f", path);
    const { spec: found, status: judged } = await json("get", "gadget", "g");
    expect(found.parts.map((part: { name: string }) => part.name)).toEqual(["one", "two"]);
    expect(judged).toEqual({ phase: "Fine" });
  });
});
