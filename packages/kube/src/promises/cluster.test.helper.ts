import { type ApiServer, type ApiServerOptions, startApiServer } from "@kubecast/apiserver";
import { type FaultProxy, startProxy } from "@kubecast/testbed";
import { onTestFinished } from "vitest";
import { Api } from "../api/api.ts";
import { Client } from "../client/client.ts";
import { configOf } from "../client/loopback.test.helper.ts";
import type { ConfigMap } from "../types/core/v1.ts";
import { type Clock, systemClock } from "../watch/clock.ts";

export interface Cluster {
  readonly server: ApiServer;
  /** On the way of `client` to the server, to break connections. */
  readonly proxy: FaultProxy;
  /** Waits for nothing between its tries. */
  readonly client: Client;
  /** The ConfigMaps of a namespace as `client` sees them. */
  readonly maps: Api<ConfigMap>;
  /** The same over connections that nothing happens to: what others do in the cluster. */
  readonly others: Api<ConfigMap>;
}

/** An in-memory API server that is reached through a fault proxy, until the test is over. */
export async function startCluster(options: ApiServerOptions = {}): Promise<Cluster> {
  const server = await startApiServer(options);
  const proxy = await startProxy({ target: { port: server.port } });
  const config = (url: string) => configOf(url, { headers: async () => ({ authorization: `Bearer ${server.token}` }) });
  const timing = { now: Date.now, sleep: async () => {}, random: () => 0 };
  const client = new Client(config(proxy.url("http")), { timing });
  const direct = new Client(config(server.url));
  onTestFinished(async () => {
    await client.close();
    await direct.close();
    await proxy.stop();
    await server.stop();
  });
  return { server, proxy, client, maps: mapsOf(client), others: mapsOf(direct) };
}

function mapsOf(client: Client): Api<ConfigMap> {
  return Api.v1ConfigMap(client).within("default");
}

/** Waits of less than a minute are a thousand times as fast. */
export const fast: Clock = {
  ...systemClock,
  setTimeout: (callback, wait) => setTimeout(callback, wait < 60_000 ? wait / 1000 : wait),
};
