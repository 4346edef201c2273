// Tells the Events of Linux nodes that take no more Pods.
import { Api, Informer, RawApi } from "@kubecast/kube";
import type { Node } from "@kubecast/kube/core/v1";
import { example } from "./support.ts";

await example(async ({ client, signal }) => {
  const events = Api.v1Event(client);
  const informer = Informer.raw<Node>(client, RawApi.v1Node()).labels("kubernetes.io/os=linux");
  // Without init(), the nodes that there are come first.
  for await (const event of informer.events(signal)) {
    if (event.type === "ERROR") console.error(`${event.object.message}; going on`);
    if (event.type !== "ADDED" && event.type !== "MODIFIED") continue;
    const { metadata, spec } = event.object;
    if (!spec?.unschedulable) {
      console.log(`${metadata.name} takes Pods`);
      continue;
    }
    const fieldSelector = `involvedObject.kind=Node,involvedObject.name=${metadata.name}`;
    const { items } = await events.list({ fieldSelector }, { signal });
    console.log(`${metadata.name} takes no Pods: ${items.map(({ message }) => message).join("; ") || "no Events"}`);
  }
});
