import { customResource, type ObjectFrom } from "@kubecast/kube/crd";
import { z } from "zod";

/** yaml/crd.yaml is made of this: `npm run crd`. */
export const Document = customResource({
  group: "kube.rs",
  version: "v1",
  kind: "Document",
  shortNames: ["doc"],
  spec: z.object({ title: z.string(), hide: z.boolean(), content: z.string() }),
  status: z.object({ hidden: z.boolean() }),
  printerColumns: [{ name: "Hidden", type: "boolean", jsonPath: ".status.hidden" }],
});
export type Document = ObjectFrom<typeof Document>;
