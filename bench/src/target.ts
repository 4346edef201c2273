import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startKubeApiserver } from "@kubecast/testbed";
import type { ApiAddress } from "./api.ts";
import { startChild } from "./child.ts";

/** An API server to measure with. */
export interface Target {
  readonly name: string;
  readonly api: ApiAddress;
  /** The path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** The in-memory one, in a process of its own; its kubeconfig goes into `folder`. */
export async function startMemoryTarget(folder: string): Promise<Target> {
  const server = startChild("./memory-server.ts");
  const { url, token, kubeconfig } = await server.ask<{ url: string; token: string; kubeconfig: string }>({});
  const path = join(folder, "memory.kubeconfig");
  await writeFile(path, kubeconfig, { mode: 0o600 });
  return { name: "in-memory", api: { url, token }, kubeconfig: path, stop: async () => server.stop() };
}

/** kube-apiserver with an etcd of its own, which does not wait for its disk. */
export async function startKubeTarget(): Promise<Target> {
  const server = await startKubeApiserver();
  const { url, adminToken: token, ca, kubeconfig } = server;
  return { name: "kube-apiserver", api: { url, token, ca }, kubeconfig, stop: () => server.stop() };
}
