// Creates, reads, patches, lists and deletes a Pod.
import { Api } from "@kubecast/kube";
import { example } from "./support.ts";

await example(async ({ client, namespace }) => {
  const pods = Api.v1Pod(client).within(namespace);
  const created = await pods.create({
    metadata: { name: "blog" },
    spec: { containers: [{ name: "blog", image: "nginx:1.29" }] },
  });
  console.log(`created ${created.metadata.name}`);

  const pod = await pods.get("blog");
  console.log(`got ${pod.spec?.containers.map(({ name }) => name).join(", ")}`);

  const patched = await pods.patch("blog", { spec: { activeDeadlineSeconds: 5 } });
  console.log(`patched to end after ${patched.spec?.activeDeadlineSeconds} s`);

  const { items } = await pods.list({ fieldSelector: "metadata.name=blog" });
  console.log(`found ${items.map(({ metadata }) => metadata.name).join(", ")}`);

  await pods.delete("blog");
  console.log("deleted blog");
});
