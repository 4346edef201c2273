// Keeps the Pods of a namespace, as much of them as it shows: phase and containers.
import { Api, Reflector } from "@kubecast/kube";
import { example } from "./support.ts";

await example(async ({ client, namespace, signal }) => {
  const pods = Api.v1Pod(client).within(namespace);
  const reflector = Reflector.new(pods, { fields: ["spec.containers.name", "status.phase"] }).timeout(10);
  for await (const batch of reflector.changes(signal)) {
    if (batch.type === "error") console.error(`${batch.error.message}; next try in ${batch.retryIn} ms`);
    const state = reflector.state().map(({ metadata, spec, status }) => {
      const containers = spec?.containers.map(({ name }) => name).join(", ");
      return `${metadata.name} ${status?.phase} (${containers})`;
    });
    console.log(`${state.length} Pods: ${state.join("; ")}`);
  }
});
