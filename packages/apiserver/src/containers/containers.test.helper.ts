import { Api, Client, configFromText } from "@kubecast/kube";
import { onTestFinished } from "vitest";
import { connect } from "../http/api.test.helper.ts";
import { type ApiServerOptions, startApiServer } from "../server.ts";

/** A server with a running Pod named `blog`, and the Pods of its namespace as our client has them. */
export async function startBlog(options: ApiServerOptions = {}) {
  const server = await startApiServer(options);
  onTestFinished(() => server.stop());
  const client = await Client.create(await configFromText(server.kubeconfig()));
  onTestFinished(() => client.close());
  const blog = Api.v1Pod(client).within("default");
  const containers = [{ name: "main", image: "registry.example/main:1" }];
  await blog.create({ apiVersion: "v1", kind: "Pod", metadata: { name: "blog" }, spec: { containers } });
  await blog.patchStatus("blog", { status: { phase: "Running" } });
  return { ...connect(server), client, blog };
}
