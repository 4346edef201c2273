// Creates a Job, waits until it is over, and deletes it.
import { Api } from "@kubecast/kube";
import { example } from "./support.ts";

await example(async ({ client, namespace, signal }) => {
  const jobs = Api.v1Job(client).within(namespace);
  const { metadata } = await jobs.create({
    metadata: { name: "empty-job" },
    spec: {
      template: {
        metadata: {},
        spec: { containers: [{ name: "empty", image: "alpine:3.22" }], restartPolicy: "Never" },
      },
    },
  });
  console.log(`created ${metadata.name}`);

  const selection = { fieldSelector: `metadata.name=${metadata.name}`, timeoutSeconds: 300 };
  for await (const event of jobs.watch(selection, { signal })) {
    if (event.type === "ERROR") throw new Error(event.object.message);
    if (event.type === "BOOKMARK") continue;
    const { succeeded = 0, failed = 0 } = event.object.status ?? {};
    console.log(`${event.type}: ${succeeded} succeeded, ${failed} failed`);
    if (succeeded > 0 || failed > 0) break;
  }

  await jobs.delete("empty-job", { propagationPolicy: "Background" });
  console.log("deleted empty-job");
});
