import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Api, ApiError, Client, loadConfig, resourceName } from "@kubecast/kube";
import { Controller, Recorder } from "@kubecast/kube/runtime";
import { pino } from "pino";
import { Document } from "./document.ts";
import { Metrics } from "./metrics.ts";
import { AGAIN, reconciler } from "./reconcile.ts";
import { startServer } from "./server.ts";
import { readSettings } from "./settings.ts";

const log = pino({ base: null });
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
await run(stop.signal).catch((error: unknown) => {
  if (stop.signal.aborted && error === stop.signal.reason) return; // before it had begun
  log.fatal(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});

/** Until the signal aborts; reconciles that are under way are brought to their end. */
async function run(signal: AbortSignal): Promise<void> {
  const { port, level } = readSettings(process.env);
  log.level = level;
  const client = await Client.create(await loadConfig());
  try {
    const documents = Api.of(client, Document);
    await documents.list({ limit: 1 }, { signal }).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.isNotFound)) throw error;
      throw new Error("the cluster knows no Documents: kubectl apply -f yaml/crd.yaml", { cause: error });
    });
    const controller = Controller.new(documents);
    const metrics = new Metrics();
    const healthy = () => controller.store.synced;
    const server = await startServer(port, { metrics, log, healthy });
    try {
      log.info({ port: (server.address() as AddressInfo).port }, "listening");
      const recorder = new Recorder({ client, controller: "doc-controller" });
      await controller.run(metrics.measured(reconciler(client, recorder)), {
        signal,
        errorPolicy: ({ name, namespace }, error) => {
          log.warn({ name, namespace }, `reconcile: ${error instanceof Error ? error.message : error}`);
          metrics.failed(name, error);
          return AGAIN;
        },
        onWatchError: (error, resource) =>
          log.warn({ resource: resourceName(resource) }, `watch: ${error instanceof Error ? error.message : error}`),
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
