// Keeps the Secrets of a namespace, and tells of what kind their values are, not the values.
import { isUtf8 } from "node:buffer";
import { Api, Reflector } from "@kubecast/kube";
import { example } from "./support.ts";

await example(async ({ client, namespace, signal }) => {
  const reflector = Reflector.new(Api.v1Secret(client).within(namespace));
  for await (const batch of reflector.changes(signal)) {
    if (batch.type === "error") console.error(`${batch.error.message}; next try in ${batch.retryIn} ms`);
    for (const { metadata, data = {} } of reflector.state()) {
      const values = Object.entries(data).map(([key, value]) => `${key}: ${describe(value)}`);
      console.log(`${metadata.name}: ${values.join(", ")}`);
    }
  }
});

function describe(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  return isUtf8(bytes) ? `${bytes.toString().length} characters` : `${bytes.length} bytes`;
}
