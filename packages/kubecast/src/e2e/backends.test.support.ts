import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ApiServer, ObjectStore, startApiServer } from "@kubecast/apiserver";
import { type FaultProxy, startKubeApiserver, startProxy } from "@kubecast/testbed";

/** An API server to run the same tests against, behind a proxy that breaks connections. */
export interface Backend {
  readonly name: string;
  readonly proxy: FaultProxy;
  /** An administrator's kubeconfig; its connections go through the proxy. */
  readonly kubeconfig: string;
  /** A request that shares no code with kubecast, past the proxy. */
  request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** Restarts it with all its objects and, where `forgetting`, nothing of its history. */
  restart(options?: { forgetting?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

export async function startMemoryBackend(): Promise<Backend> {
  const store = new ObjectStore();
  let server: ApiServer = await startApiServer({ store });
  const { port, token } = server;
  const proxy = await startProxy({ target: { port } });
  const folder = await mkdtemp(path.join(tmpdir(), "kubecast-e2e-"));
  const kubeconfig = path.join(folder, "kubeconfig");
  await writeFile(kubeconfig, server.kubeconfig().replaceAll(server.url, proxy.url("http")));
  return {
    name: "the in-memory API server",
    proxy,
    kubeconfig,
    async request(method, target, body) {
      const response = await fetch(server.url + target, {
        method,
        // A connection that is kept may be one that a restart is about to end.
        headers: { authorization: `Bearer ${token}`, "content-type": contentType(method), connection: "close" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    },
    async restart({ forgetting = false } = {}) {
      await server.stop();
      if (forgetting) store.compact();
      server = await startApiServer({ store, port, token });
    },
    async stop() {
      await proxy.stop();
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export async function startClusterBackend(): Promise<Backend> {
  const server = await startKubeApiserver();
  const proxy = await startProxy({ target: { port: Number(new URL(server.url).port) } });
  const admin = await server.user("e2e-admin", ["system:masters"], proxy.url("https"));
  return {
    name: "kube-apiserver",
    proxy,
    kubeconfig: admin.kubeconfig,
    request: (method, target, body) => server.request(method, target, body),
    async restart({ forgetting = false } = {}) {
      await server.stopApiserver();
      if (forgetting) await server.compact();
      await server.startApiserver();
    },
    async stop() {
      await proxy.stop();
      await server.stop();
    },
  };
}

function contentType(method: string): string {
  return method === "PATCH" ? "application/merge-patch+json" : "application/json";
}
