import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Api, Client, type KubeObject, loadConfig } from "@kubecast/kube";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { defineFoos, type Foo, foos } from "./foo.ts";

export interface Cluster {
  /** A path. */
  readonly kubeconfig: string;
  /** Has a container write to its log; absent where nothing runs containers. */
  write?(pod: string, container: string, text: string): void;
  stop(): Promise<void>;
}

interface Running {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Waits for lines of stdout: those that there are from the start. */
  prints(...lines: string[]): Promise<void>;
  /** Ctrl-C; resolves with the exit code. */
  interrupt(): Promise<number | null>;
  readonly exited: Promise<number | null>;
}

/** Runs every example against a cluster as a user does, and holds what it prints. */
export function testExamples(start: () => Promise<Cluster>): void {
  let cluster: Cluster;
  let client: Client;
  beforeAll(async () => {
    cluster = await start();
    client = new Client(await loadConfig({ kubeconfig: cluster.kubeconfig }));
  });
  afterAll(async () => {
    await client?.close();
    await cluster?.stop();
  });

  function run(...args: string[]): Running {
    const runner = fileURLToPath(new URL("run.ts", import.meta.url));
    const node = ["--conditions=@kubecast/source", "--import", "tsx", runner, ...args];
    const env = { ...process.env, KUBECONFIG: cluster.kubeconfig, NAMESPACE: "default" };
    const child = spawn(process.execPath, node, { env, stdio: ["ignore", "pipe", "pipe"] });
    const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    const [stdout, stderr]: [string[], string[]] = [[], []];
    createInterface({ input: child.stdout }).on("line", (line) => stdout.push(line));
    createInterface({ input: child.stderr }).on("line", (line) => stderr.push(line));
    return {
      stdout,
      stderr,
      exited,
      prints: (...lines) =>
        vi.waitFor(() => expect([...stdout, ...stderr]).toEqual(lines), { timeout: 30_000, interval: 50 }),
      interrupt() {
        child.kill("SIGINT");
        return exited;
      },
    };
  }

  const inDefault = <K extends KubeObject>(api: Api<K>) => api.within("default");
  const containers = [{ name: "main", image: "nginx:1.29" }];
  const pod = (name: string) => ({ metadata: { name }, spec: { containers } });

  describe("informers", () => {
    test("pod_informer", async () => {
      const pods = inDefault(Api.v1Pod(client));
      const informer = run("pod_informer");
      await informer.prints("watching Pods in default");
      await pods.create(pod("web"));
      await pods.patchStatus("web", { status: { phase: "Running" } });
      await pods.delete("web", { gracePeriodSeconds: 0 });
      await vi.waitFor(() => expect(informer.stdout.at(-1)).toBe("deleted web"), { timeout: 30_000 });
      // Some servers mark a Pod as being deleted before they delete it: one more change.
      expect([...new Set(informer.stdout)]).toEqual([
        "watching Pods in default",
        "added web (containers: main)",
        "modified web (phase: Running, owner: none)",
        "deleted web",
      ]);
      expect(await informer.interrupt()).toBe(0);
    });

    test("event_informer", async () => {
      const informer = run("event_informer");
      await informer.prints("watching Events");
      await createEvent("scheduled", "Pod", "web", "it has been scheduled");
      await informer.prints("watching Events", "Normal: it has been scheduled");
      expect(await informer.interrupt()).toBe(0);
    });

    test("node_informer", async () => {
      const nodes = Api.v1Node(client);
      await createEvent("cordoned", "Node", "drained", "the disk is failing");
      const labels = { "kubernetes.io/os": "linux" };
      await nodes.create({ metadata: { name: "drained", labels }, spec: { unschedulable: true } });
      const informer = run("node_informer");
      const first = "drained takes no Pods: the disk is failing";
      await informer.prints(first);
      await nodes.create({ metadata: { name: "windows", labels: { "kubernetes.io/os": "windows" } } });
      await nodes.create({ metadata: { name: "healthy", labels } });
      await informer.prints(first, "healthy takes Pods");
      expect(await informer.interrupt()).toBe(0);
    });
  });

  describe("reflectors", () => {
    test("pod_reflector", async () => {
      const pods = inDefault(Api.v1Pod(client));
      await pods.create(pod("web"));
      const reflector = run("pod_reflector");
      const first = "1 Pods: web Pending (main)";
      await reflector.prints(first);
      await pods.patchStatus("web", { status: { phase: "Running" } });
      await pods.delete("web", { gracePeriodSeconds: 0 });
      await vi.waitFor(() => expect(reflector.stdout.at(-1)).toBe("0 Pods: "), { timeout: 30_000 });
      expect(await reflector.interrupt()).toBe(0);
    });

    test("node_reflector", async () => {
      const nodes = Api.v1Node(client);
      const reflector = run("node_reflector");
      await reflector.prints("0 spot nodes: ");
      await nodes.create({ metadata: { name: "spot", labels: { "kubernetes.io/lifecycle": "spot" } } });
      await reflector.prints("0 spot nodes: ", "1 spot nodes: spot");
      expect(await reflector.interrupt()).toBe(0);
    });

    test("deployment_reflector", async () => {
      const deployments = inDefault(Api.v1Deployment(client));
      const labels = { app: "web" };
      const template = { metadata: { labels }, spec: { containers } };
      await deployments.create({ metadata: { name: "web" }, spec: { selector: { matchLabels: labels }, template } });
      const reflector = run("deployment_reflector");
      await vi.waitFor(() => expect(reflector.stdout[0]).toBe("web: 1 of nginx:1.29"), { timeout: 30_000 });
      await deployments.patchScale("web", { spec: { replicas: 3 } });
      await vi.waitFor(() => expect(reflector.stdout.at(-1)).toBe("web: 3 of nginx:1.29"), { timeout: 30_000 });
      expect(reflector.stderr).toEqual([]);
      expect(await reflector.interrupt()).toBe(0);
    });

    test("secret_reflector", async () => {
      const secrets = inDefault(Api.v1Secret(client));
      const key = Buffer.from([0xff, 0xfe, 0xfd]).toString("base64");
      await secrets.create({ metadata: { name: "login" }, stringData: { password: "correct horse" }, data: { key } });
      const reflector = run("secret_reflector", "--trace");
      // An in-memory server does not move stringData into data.
      await vi.waitFor(() => expect(reflector.stdout[0]).toMatch(/^login: key: 3 bytes/), { timeout: 30_000 });
      expect(reflector.stderr[0]).toMatch(/^trace: GET \/api\/v1\/namespaces\/default\/secrets\?watch=true/);
      expect([...reflector.stdout, ...reflector.stderr].join()).not.toContain("horse");
      expect(await reflector.interrupt()).toBe(0);
    });

    test("configmap_reflector", async () => {
      const maps = inDefault(Api.v1ConfigMap(client));
      await maps.create({ metadata: { name: "colours" }, data: { sky: "blue" } });
      const reflector = run("configmap_reflector");
      const first = 'added colours {"sky":"blue"}';
      await reflector.prints(first);
      await maps.patch("colours", { data: { sky: "grey" } });
      await maps.delete("colours");
      const [changed, gone] = ['modified colours {"sky":"grey"}', 'deleted colours {"sky":"grey"}'];
      await reflector.prints(first, changed, gone);
      expect(await reflector.interrupt()).toBe(0);
    });

    test("crd_reflector, with foo.yaml, crd-baz.yaml and crd-qux.yaml", async () => {
      await defineFoos(client, AbortSignal.timeout(30_000));
      const api = new Api<Foo>(client, foos.within("default"));
      const read = (file: string) => parse(readFileSync(new URL(file, import.meta.url), "utf8"));
      await api.create(read("crd-baz.yaml"));
      const reflector = run("crd_reflector");
      const first = "1 Foos: baz (the old one)";
      await reflector.prints(first);
      await api.create(read("crd-qux.yaml"));
      await reflector.prints(first, "2 Foos: baz (the old one), qux (the new one)");
      expect(await reflector.interrupt()).toBe(0);
    });
  });

  describe("requests", () => {
    test("crd_api", async () => {
      const example = run("crd_api");
      await example.prints(
        "defined foos.clux.dev",
        "created baz",
        "got old baz",
        "replaced by new baz",
        "replaced the status: isBad true",
        "patched the status: isBad false",
        "got the status: isBad false",
        "patched to patched qux",
        "deleted baz",
        "left: qux",
        "left after deleteCollection: 0",
      );
      expect(await example.exited).toBe(0);
    });

    test("crd_openapi", async () => {
      const example = run("crd_openapi");
      await example.prints(
        "defined Foo in clux.dev",
        "replaced by new baz",
        "isBad true, then false",
        "scaled from 1 to 2",
        "left: qux",
        "deleted all",
      );
      expect(await example.exited).toBe(0);
    });

    test("pod_openapi, with what it sends", async () => {
      const example = run("pod_openapi", "--trace");
      expect(await example.exited).toBe(0);
      expect(example.stdout).toEqual([
        "created blog",
        "got blog",
        "patched to end after 5 s",
        "found blog",
        "deleted blog",
      ]);
      const pods = "/api/v1/namespaces/default/pods";
      expect(example.stderr).toEqual([
        `trace: POST ${pods}`,
        `trace: GET ${pods}/blog`,
        `trace: PATCH ${pods}/blog`,
        `trace: GET ${pods}?fieldSelector=metadata.name%3Dblog`,
        `trace: DELETE ${pods}/blog`,
      ]);
    });

    test("job_openapi", async () => {
      const jobs = inDefault(Api.v1Job(client));
      const example = run("job_openapi");
      const first = ["created empty-job", "ADDED: 0 succeeded, 0 failed"];
      await example.prints(...first);
      // No controller runs there: this is what one would say of it.
      const failed = { type: "Failed", status: "True", lastTransitionTime: "2026-11-22T12:00:00Z" };
      await jobs.patchStatus("empty-job", {
        status: {
          startTime: "2026-11-22T12:00:00Z",
          failed: 1,
          conditions: [{ ...failed, type: "FailureTarget" }, failed],
        },
      });
      await example.prints(...first, "MODIFIED: 0 succeeded, 1 failed", "deleted empty-job");
      expect(await example.exited).toBe(0);
    });

    test("log_openapi", async () => {
      await inDefault(Api.v1Pod(client)).create(pod("writer"));
      cluster.write?.("writer", "main", "listening\non port 80\n");
      const example = run("log_openapi", "writer", "main");
      expect(await example.exited).toBe(0);
      expect(example.stdout).toEqual(cluster.write ? ["listening", "on port 80"] : []);
      expect(example.stderr).toEqual([]);
    });

    test("log_openapi of a Pod that is not there, and of none", async () => {
      const missing = run("log_openapi", "none");
      expect(await missing.exited).toBe(1);
      expect(missing.stderr).toEqual([expect.stringMatching(/^pods "none" not found/)]);
      const nameless = run("log_openapi");
      expect(await nameless.exited).toBe(1);
      expect(nameless.stderr).toEqual([expect.stringContaining("which Pod?")]);
    });
  });

  test("without a name they are listed, each with what it does", async () => {
    const list = run();
    expect(await list.exited).toBe(0);
    expect(list.stdout.slice(2).map((line) => line.trim().split(/ {2,}/))).toEqual(
      [
        ["configmap_reflector", "crd_api", "crd_openapi", "crd_reflector", "deployment_reflector", "event_informer"],
        ["job_openapi", "log_openapi", "node_informer", "node_reflector", "pod_informer", "pod_openapi"],
        ["pod_reflector", "secret_reflector"],
      ]
        .flat()
        .map((name) => [name, expect.stringMatching(/^[A-Z].{20}/)]),
    );
    const unknown = run("pod_informant");
    expect(await unknown.exited).toBe(2);
    expect(unknown.stderr).toEqual([expect.stringContaining("there is no example pod_informant")]);
  });

  async function createEvent(name: string, kind: string, object: string, message: string): Promise<void> {
    await inDefault(Api.v1Event(client)).create({
      metadata: { name },
      involvedObject: kind === "Pod" ? { kind, name: object, namespace: "default" } : { kind, name: object },
      type: "Normal",
      reason: "Test",
      message,
      reportingComponent: "",
      reportingInstance: "",
    });
  }
}
