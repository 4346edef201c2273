// Tells the Events of all namespaces.
import { Api, Informer } from "@kubecast/kube";
import { example } from "./support.ts";

await example(async ({ client, signal }) => {
  const informer = await Informer.new(Api.v1Event(client)).init(signal);
  console.log("watching Events");
  for await (const event of informer.events(signal)) {
    if (event.type === "ERROR") console.error(`${event.object.message}; going on`);
    else if (event.type !== "DELETED") console.log(`${event.object.type}: ${event.object.message}`);
  }
});
