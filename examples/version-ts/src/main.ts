import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Client, loadConfig } from "@kubecast/kube";
import { pino } from "pino";
import { createMetrics } from "./metrics.ts";
import { startServer } from "./server.ts";
import { readSettings } from "./settings.ts";
import { deploymentReflector } from "./versions.ts";

const log = pino({ base: null });
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
await run(stop.signal).catch((error: unknown) => {
  log.fatal(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});

/** Until the signal aborts; requests that are under way are answered still. */
async function run(signal: AbortSignal): Promise<void> {
  const { port, level } = readSettings(process.env);
  log.level = level;
  // In a Pod by its service account, elsewhere by the kubeconfig.
  const config = await loadConfig();
  const client = await Client.create(config);
  try {
    const deployments = deploymentReflector(client);
    const server = await startServer(port, deployments, createMetrics(deployments));
    try {
      log.info({ port: (server.address() as AddressInfo).port, api: config.server }, "listening");
      void deployments.ready(signal).then(
        () => log.info({ deployments: deployments.state().length }, "listed"),
        () => {}, // stopped before
      );
      await deployments.run(signal, (batch) => {
        if (batch.type === "error") log.warn({ retryInMs: batch.retryIn }, `watch: ${batch.error.message}`);
      });
      log.info("stopping");
    } finally {
      const closed = once(server, "close");
      server.close();
      await closed;
    }
  } finally {
    await client.close();
  }
}
