import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Api, Client, isDeleted, loadConfig } from "@kubecast/kube";
import type { Event } from "@kubecast/kube/events/v1";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { Document } from "./document.ts";

export interface Cluster {
  /** A path. */
  readonly kubeconfig: string;
  /** The program's, if that is another. */
  readonly program?: string;
  stop(): Promise<void>;
}

interface Line {
  msg: string;
  port?: number;
}

/** Runs the controller against a cluster as its users do. */
export function testController(start: () => Promise<Cluster>): void {
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

  function run() {
    const main = fileURLToPath(new URL("main.ts", import.meta.url));
    const child = spawn(process.execPath, ["--conditions=@kubecast/source", "--import", "tsx", main], {
      env: { ...process.env, KUBECONFIG: cluster.program ?? cluster.kubeconfig, LOG_LEVEL: "info", PORT: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    const lines: Line[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
    return { child, exited, lines };
  }

  /** Waits until it is ready; resolves with what asks it. */
  async function ready(lines: readonly Line[]) {
    const port = await eventually(async () => {
      const line = lines.find(({ msg }) => msg === "listening");
      expect(line).toBeDefined();
      return line?.port;
    });
    const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);
    await eventually(async () => expect(await (await ask("/health")).text()).toBe("healthy"));
    return ask;
  }

  /** The Events about a Document, by their reasons. */
  async function told(name: string): Promise<string[]> {
    const resource = { group: "events.k8s.io", version: "v1", kind: "Event", plural: "events", namespaced: true };
    const { items } = await Api.of<Event>(client, resource).within("default").list();
    return items.filter(({ regarding }) => regarding?.name === name).map(({ reason }) => reason ?? "");
  }

  async function metricOf(ask: Ask, metric: string): Promise<string | undefined> {
    const text = await (await ask("/metrics")).text();
    return text
      .split("\n")
      .find((line) => line.startsWith(`${metric} `))
      ?.split(" ")[1];
  }

  test("without the definition of Documents it says so, and ends", async () => {
    const { exited, lines } = run();
    expect(await exited).toBe(1);
    expect(lines.map(({ msg }) => msg)).toEqual([expect.stringContaining("kubectl apply -f yaml/crd.yaml")]);
  });

  describe("with Documents", () => {
    const documents = () => Api.of(client, Document).within("default");
    beforeAll(async () => {
      const definitions = Api.v1CustomResourceDefinition(client);
      await definitions.create(parse(read("yaml/crd.yaml")), { fieldValidation: "Strict" });
      const listed = () => documents().list();
      await vi.waitFor(listed, { timeout: 30_000, interval: 50 });
    });

    test("one that it refuses is counted as a failure, and can be deleted", async () => {
      const { child, exited, lines } = run();
      const ask = await ready(lines);
      const { metadata } = await documents().create(document("illegal", true));
      const failures = 'doc_ctrl_reconcile_failures_total{instance="illegal",error="IllegalDocumentError"}';
      await eventually(async () => expect(await metricOf(ask, failures)).toBe("1"));
      expect(await metricOf(ask, "doc_ctrl_reconcile_duration_seconds_count")).toBe("2");
      expect(await metricOf(ask, "doc_ctrl_reconcile_runs_total")).toBe("2");
      expect(await told("illegal")).toEqual(["HideRequested"]);
      expect(lines.at(-1)).toMatchObject({ name: "illegal", msg: "reconcile: a Document may not be called illegal" });

      await documents().delete("illegal");
      await documents().wait("illegal", isDeleted(metadata.uid ?? ""), { timeout: 30_000 });
      expect((await told("illegal")).sort()).toEqual(["DeleteRequested", "HideRequested"]);
      child.kill("SIGTERM");
      expect(await exited).toBe(0);
      expect(lines.at(-1)?.msg).toBe("stopping");
    });

    test("tells how it is, and takes another log level", async () => {
      const began = Date.now();
      const { lines } = run();
      const ask = await ready(lines);
      const { last_event } = (await (await ask("/")).json()) as { last_event: string };
      expect(Date.parse(last_event)).toBeGreaterThanOrEqual(began);
      expect((await ask("/metrics")).headers.get("content-type")).toMatch(/^application\/openmetrics-text/);
      expect((await ask("/elsewhere")).status).toBe(404);

      const put = (body: string) => ask("/log-level", { method: "PUT", body });
      for (const wrong of ["", "debug", "null", "{}", '{"filter":"loud"}', `{"filter":"${"x".repeat(500_000)}"}`]) {
        expect((await put(wrong)).status).toBe(400);
      }
      expect((await put('{"filter":"error"}')).status).toBe(200);
      const before = lines.length;
      await documents().create(document("illegal", false));
      const failures = 'doc_ctrl_reconcile_failures_total{instance="illegal",error="IllegalDocumentError"}';
      await eventually(async () => expect(await metricOf(ask, failures)).toBe("1"));
      expect(lines).toHaveLength(before);
    });

    test("the status follows the spec, whoever writes to it, until it is deleted", async () => {
      await documents().create(document("early", false));
      const { child, exited, lines } = run();
      const ask = await ready(lines);
      const becomes = (name: string, hidden: boolean) =>
        documents().wait(name, (found) => found?.status?.hidden === hidden, { timeout: 30_000 });
      await becomes("early", false);
      expect(await told("early")).toEqual([]);

      const [lorem = ""] = read("yaml/instances.yaml").split("---\n");
      const { metadata } = await documents().create(parse(lorem));
      const shown = await becomes("lorem", true);
      expect(shown?.metadata.finalizers).toEqual(["documents.kube.rs"]);
      expect(shown?.metadata.managedFields).toContainEqual(
        expect.objectContaining({ manager: "cntrlr", operation: "Apply", subresource: "status" }),
      );
      expect(await told("lorem")).toEqual(["HideRequested"]);
      await documents().patch("lorem", { spec: { hide: false } });
      await becomes("lorem", false);
      await documents().patchStatus("lorem", { status: { hidden: true } });
      await becomes("lorem", false);
      // The same once more, which patches the Event that there is.
      await documents().patch("lorem", { spec: { hide: true } });
      await becomes("lorem", true);
      expect(await told("lorem")).toEqual(["HideRequested"]);

      await documents().delete("lorem");
      await documents().wait("lorem", isDeleted(metadata.uid ?? ""), { timeout: 30_000 });
      expect((await told("lorem")).sort()).toEqual(["DeleteRequested", "HideRequested"]);
      expect(await (await ask("/metrics")).text()).not.toContain('doc_ctrl_reconcile_failures_total{instance="lorem"');
      child.kill("SIGTERM");
      expect(await exited).toBe(0);
    });
  });
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

function eventually<T>(check: () => Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 30_000, interval: 50 });
}

function document(name: string, hide: boolean): Document {
  const spec = { title: name, hide, content: "" };
  return { apiVersion: "kube.rs/v1", kind: "Document", metadata: { name }, spec };
}

export function read(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
}
