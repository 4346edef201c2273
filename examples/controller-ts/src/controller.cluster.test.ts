import { readdirSync } from "node:fs";
import { startKubeApiserver } from "@kubecast/testbed";
import { vi } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { read, testController } from "./controller.test.support.ts";

const chart = "charts/doc-controller";

/** The program has the rights that the chart grants. */
testController(async () => {
  const server = await startKubeApiserver();
  const templates = readdirSync(new URL(`../${chart}/templates`, import.meta.url));
  for (const template of templates) {
    for (const document of parseAllDocuments(render(read(`${chart}/templates/${template}`)))) {
      const object = document.toJS();
      const { status, body } = await server.request("POST", `${pathOf(object)}?fieldValidation=Strict`, object);
      if (status !== 201) throw new Error(`${template}: ${JSON.stringify(body)}`);
    }
  }
  const { kubeconfig, token } = await server.user("system:serviceaccount:default:docs");
  // Until RBAC has heard of the role; then there are no Documents yet.
  await vi.waitFor(
    async () => {
      const { status } = await server.request("GET", "/apis/kube.rs/v1/documents", undefined, token);
      if (status === 403) throw new Error("not allowed yet");
    },
    { timeout: 30_000, interval: 50 },
  );
  return { kubeconfig: server.kubeconfig, program: kubeconfig, stop: () => server.stop() };
});

/** What `helm template docs` makes of as much of its language as the chart uses: values and `toJson`. */
function render(template: string): string {
  const root = { Values: parse(read(`${chart}/values.yaml`)), Release: { Name: "docs", Namespace: "default" } };
  return template.replace(/\{\{ (toJson )?\.([\w.]+) \}\}/g, (_, json, path: string) => {
    const value = path.split(".").reduce<unknown>((object, key) => Object(object)[key], root);
    if (value === undefined) throw new Error(`the chart has no .${path}`);
    return json ? JSON.stringify(value) : String(value);
  });
}

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
