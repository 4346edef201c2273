// Keeps the Deployments of a namespace: replicas and images, read watch by watch.
import { Api, Reflector } from "@kubecast/kube";
import { example } from "./support.ts";

await example(async ({ client, namespace, signal }) => {
  const reflector = await Reflector.new(Api.v1Deployment(client).within(namespace)).timeout(1).init(signal);
  while (!signal.aborted) {
    for (const { metadata, spec } of reflector.state()) {
      const images = spec?.template.spec?.containers.map(({ image }) => image).join(", ");
      console.log(`${metadata.name}: ${spec?.replicas} of ${images}`);
    }
    await reflector.poll(signal);
  }
});
