import { type KubeApiserver, startKubeApiserver } from "@kubecast/testbed";
import { afterAll, beforeAll } from "vitest";
import { loadConfig } from "../config/load.ts";
import { Client } from "./client.ts";

/** A real kube-apiserver and its administrator's client, for the tests of a file. */
export let server: KubeApiserver;
export let client: Client;

export function kubeApiserverForAllTests(options?: Parameters<typeof startKubeApiserver>[0]): void {
  beforeAll(async () => {
    server = await startKubeApiserver(options);
    client = await Client.create(await loadConfig({ kubeconfig: server.kubeconfig }));
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });
}
