import { readFileSync } from "node:fs";
import { startKubeApiserver } from "@kubecast/testbed";
import { parseAllDocuments } from "yaml";
import { testVersion } from "./version.test.support.ts";

/** The program has the rights that deployment.yaml grants. */
testVersion(async () => {
  const server = await startKubeApiserver();
  const text = readFileSync(new URL("../deployment.yaml", import.meta.url), "utf8");
  for (const document of parseAllDocuments(text)) {
    const object = document.toJS();
    // Its own Deployment would be among the versions.
    const dryRun = object.kind === "Deployment" ? "&dryRun=All" : "";
    const path = `${pathOf(object)}?fieldValidation=Strict${dryRun}`;
    const { status, body } = await server.request("POST", path, object);
    if (status !== 201) throw new Error(`${object.kind}: ${JSON.stringify(body)}`);
  }
  const { kubeconfig } = await server.user("system:serviceaccount:default:version-ts");
  return { kubeconfig: server.kubeconfig, program: kubeconfig, stop: () => server.stop() };
});

function pathOf({
  apiVersion,
  kind,
  metadata,
}: {
  apiVersion: string;
  kind: string;
  metadata: { namespace?: string };
}) {
  const base = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const within = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  return `${base}${within}/${kind.toLowerCase()}s`;
}
