// Prints what a Pod has written: npm run example log_openapi -- POD [CONTAINER]
import { Api } from "@kubecast/kube";
import { example } from "./support.ts";

await example(async ({ client, namespace, signal, args }) => {
  const [pod, container] = args;
  if (pod === undefined) throw new Error("which Pod? npm run example log_openapi -- POD [CONTAINER]");
  const params = container === undefined ? {} : { container };
  process.stdout.write(await Api.v1Pod(client).within(namespace).log(pod, params, { signal }));
});
