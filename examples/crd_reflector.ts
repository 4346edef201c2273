// Keeps the Foos of a namespace: define them with foo.yaml, then create crd-baz.yaml and crd-qux.yaml.
import { Reflector } from "@kubecast/kube";
import { type Foo, foos } from "./foo.ts";
import { example } from "./support.ts";

await example(async ({ client, namespace, signal }) => {
  const reflector = Reflector.raw<Foo>(client, foos.within(namespace)).timeout(20);
  for await (const batch of reflector.changes(signal)) {
    if (batch.type === "error") console.error(`${batch.error.message}; next try in ${batch.retryIn} ms`);
    const state = reflector.state().map(({ metadata, spec }) => `${metadata.name} (${spec.info})`);
    console.log(`${state.length} Foos: ${state.join(", ")}`);
  }
});
