// Keeps the ConfigMaps of a namespace, and prints what differs with each batch.
import { Api, Reflector } from "@kubecast/kube";
import { example } from "./support.ts";

await example(async ({ client, namespace, signal }) => {
  const reflector = Reflector.new(Api.v1ConfigMap(client).within(namespace));
  await reflector.run(signal, (batch) => {
    if (batch.type === "error") return console.error(`${batch.error.message}; next try in ${batch.retryIn} ms`);
    for (const { type, object } of batch.changes) {
      console.log(`${type} ${object.metadata.name} ${JSON.stringify(object.data ?? {})}`);
    }
  });
});
