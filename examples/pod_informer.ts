// Tells what happens to Pods: their containers when they are new, phase and owner when they change.
import { Api, Informer, type WatchEvent } from "@kubecast/kube";
import type { Pod } from "@kubecast/kube/core/v1";
import { example } from "./support.ts";

await example(async ({ client, namespace, signal }) => {
  const pods = Api.v1Pod(client).within(namespace);
  const informer = await Informer.new(pods).timeout(15).init(signal);
  console.log(`watching Pods in ${namespace}`);
  for await (const event of informer.events(signal)) tell(event);
});

function tell(event: WatchEvent<Pod>): void {
  switch (event.type) {
    case "ADDED": {
      const { metadata, spec } = event.object;
      const containers = spec?.containers.map(({ name }) => name).join(", ");
      console.log(`added ${metadata.name} (containers: ${containers})`);
      break;
    }
    case "MODIFIED": {
      const { metadata, status } = event.object;
      const [owner] = metadata.ownerReferences ?? [];
      console.log(`modified ${metadata.name} (phase: ${status?.phase}, owner: ${owner?.name ?? "none"})`);
      break;
    }
    case "DELETED":
      console.log(`deleted ${event.object.metadata.name}`);
      break;
    case "ERROR":
      console.error(`${event.object.message}; going on`);
  }
}
