// Keeps the nodes that may be taken away at any time: those labelled kubernetes.io/lifecycle=spot.
import { Api, Reflector } from "@kubecast/kube";
import { example } from "./support.ts";

await example(async ({ client, signal }) => {
  const reflector = Reflector.new(Api.v1Node(client)).labels("kubernetes.io/lifecycle=spot").timeout(10);
  for await (const batch of reflector.changes(signal)) {
    if (batch.type === "error") console.error(`${batch.error.message}; next try in ${batch.retryIn} ms`);
    const names = reflector.state().map(({ metadata }) => metadata.name);
    console.log(`${names.length} spot nodes: ${names.join(", ")}`);
  }
});
