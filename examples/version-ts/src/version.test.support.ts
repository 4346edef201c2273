import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Api, Client, loadConfig } from "@kubecast/kube";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";

interface Cluster {
  /** A path. */
  readonly kubeconfig: string;
  /** The program's, if that is another. */
  readonly program?: string;
  stop(): Promise<void>;
}

/** Runs the program against a cluster, and asks it as its users do. */
export function testVersion(start: () => Promise<Cluster>): void {
  let cluster: Cluster;
  let client: Client;
  beforeAll(async () => {
    cluster = await start();
    client = await Client.create(await loadConfig({ kubeconfig: cluster.kubeconfig }));
  });
  afterAll(async () => {
    await client?.close();
    await cluster?.stop();
  });

  function run(env: NodeJS.ProcessEnv) {
    const main = fileURLToPath(new URL("main.ts", import.meta.url));
    const child = spawn(process.execPath, ["--conditions=@kubecast/source", "--import", "tsx", main], {
      env: { ...process.env, KUBECONFIG: cluster.program ?? cluster.kubeconfig, LOG_LEVEL: "info", ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    const lines: { msg: string; port?: number }[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
    return { child, exited, lines };
  }

  test("tells the versions as they change, and stops in good order", async () => {
    const deployments = Api.v1Deployment(client).within("default");
    const labels = { app: "shop" };
    const containers = [
      { name: "main", image: "registry.example.com:5000/shop:v1" },
      { name: "proxy", image: "proxy" },
    ];
    const template = { metadata: { labels }, spec: { containers } };
    await deployments.create({ metadata: { name: "shop" }, spec: { selector: { matchLabels: labels }, template } });

    const { child, exited, lines } = run({ PORT: "0" });
    const base = await vi.waitFor(
      () => {
        const port = lines.find(({ msg }) => msg === "listening")?.port;
        if (port === undefined) throw new Error("it does not listen yet");
        return `http://127.0.0.1:${port}`;
      },
      { timeout: 30_000, interval: 50 },
    );
    const ask = async (path: string) => {
      const response = await fetch(`${base}${path}`);
      return [response.status, await response.text()] as const;
    };
    const becomes = (path: string, status: number, body: unknown) =>
      vi.waitFor(
        async () => {
          const text = typeof body === "string" ? body : JSON.stringify(body);
          expect(await ask(path)).toEqual([status, text]);
        },
        { timeout: 30_000, interval: 50 },
      );
    const version = (container: string, version: string) => ({
      container,
      name: "shop",
      namespace: "default",
      version,
    });

    await becomes("/health", 200, "up");
    await becomes("/versions", 200, [version("main", "v1"), version("proxy", "latest")]);
    await becomes("/versions/default/shop", 200, version("main", "v1"));
    await becomes("/versions/default/none", 404, "not found");
    await becomes("/versions/other/shop", 404, "not found");
    await becomes("/elsewhere", 404, "not found");
    expect((await fetch(`${base}/versions`, { method: "POST" })).status).toBe(405);

    const spec = { containers: [{ name: "main", image: "registry.example.com:5000/shop:v2" }] };
    await deployments.patch("shop", { spec: { template: { spec } } }, { strategy: "Strategic" });
    await becomes("/versions/default/shop", 200, version("main", "v2"));
    const [, metrics] = await ask("/metrics");
    expect(metrics).toContain("version_deployments 1\n");
    expect(metrics).toContain("version_watch_errors_total 0\n");
    expect(metrics).toMatch(
      /^api_http_requests_duration_seconds_count\{endpoint="\/versions\/\{namespace\}\/\{name\}",method="GET",status="404"\} 2$/m,
    );
    await deployments.delete("shop");
    await becomes("/versions", 200, []);

    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    expect(lines.at(-1)?.msg).toBe("stopping");
  });

  test("says in a line why it cannot start", async () => {
    const { exited, lines } = run({ KUBECONFIG: "/nowhere/kubeconfig" });
    expect(await exited).toBe(1);
    expect(lines.map(({ msg }) => msg)).toEqual([expect.stringContaining("/nowhere/kubeconfig")]);
  });
}
