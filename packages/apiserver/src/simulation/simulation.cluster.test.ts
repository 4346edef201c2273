import { Client, loadConfig, RawApi } from "@kubecast/kube";
import { type KubeApiserver, startKubeApiserver } from "@kubecast/testbed";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { demoCluster } from "./demo.ts";
import { type Simulation, startSimulation } from "./simulation.ts";
import type { Node, Pod } from "./types.ts";

let server: KubeApiserver;
let client: Client;
let simulation: Simulation;
const logged: string[] = [];

beforeAll(async () => {
  server = await startKubeApiserver();
  client = new Client(await loadConfig({ kubeconfig: server.kubeconfig }));
  simulation = await startSimulation({ transport: client, speed: 50, log: (message) => logged.push(message) });
});

afterAll(async () => {
  await simulation?.stop();
  await client?.close();
  await server?.stop();
});

test("a real API server takes every status of the demo, and lets its Pods go", async () => {
  await demoCluster(client);
  const seen = new Set<string>();
  await vi.waitFor(
    async () => {
      const { items } = await client.request<{ items: Pod[] }>(RawApi.v1Pod().list());
      for (const { status } of items) {
        const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
        const [first] = status?.containerStatuses ?? [];
        seen.add(status?.reason ?? status?.phase ?? "");
        seen.add(scheduled?.reason ?? "");
        seen.add(first?.state.waiting?.reason ?? "");
        seen.add(first?.lastState.terminated?.reason ?? "");
      }
      const edge = await client.request<Node>(RawApi.v1Node().get("edge-1"));
      for (const { reason = "" } of edge.status?.conditions ?? []) seen.add(reason);
      expect([...seen]).toEqual(
        expect.arrayContaining([
          "CrashLoopBackOff",
          "ImagePullBackOff",
          "CreateContainerConfigError",
          "Unschedulable",
          "Evicted",
          "Failed",
          "OOMKilled",
          "NodeStatusUnknown",
        ]),
      );
    },
    { timeout: 30_000, interval: 20 },
  );

  for (const namespace of ["shop", "payments", "data"]) {
    await client.request(RawApi.v1Pod().within(namespace).deleteCollection());
  }
  await vi.waitFor(
    async () => {
      const { items } = await client.request<{ items: Pod[] }>(RawApi.v1Pod().list());
      expect(items.map(({ metadata }) => metadata.name)).toEqual([]);
    },
    { timeout: 30_000, interval: 50 },
  );
  expect(logged).toEqual([]);
});
