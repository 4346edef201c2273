import { format } from "node:util";
import type { ApiServer } from "@kubecast/apiserver";
import { Api, Client, configFromText, Reflector, type WatchItem } from "@kubecast/kube";
import { type Deployment, Deployment as deployment } from "@kubecast/kube/apps/v1";
import { ServiceAccount as account, type ConfigMap, type Pod, type ServiceAccount } from "@kubecast/kube/core/v1";
import { Controller, LeaderElector } from "@kubecast/kube/runtime";

/** What the examples of docstrings may take as given, but for what they import. */
export interface Context {
  readonly server: ApiServer;
  readonly client: Client;
  readonly pods: Api<Pod>;
  readonly maps: Api<ConfigMap>;
  readonly deployments: Api<Deployment>;
  readonly accounts: Api<ServiceAccount>;
  readonly foos: Api<Deployment>;
  readonly items: WatchItem<Pod>[];
  readonly reflector: Reflector<Pod>;
  readonly controller: Controller<Deployment>;
  readonly elector: LeaderElector;
  readonly reconcile: () => Promise<void>;
  readonly errorPolicy: () => "backoff";
  /** Aborts when something was printed or reconciled, so that what goes on for ever ends. */
  readonly signal: AbortSignal;
  readonly console: { log(...values: unknown[]): void; error(...values: unknown[]): void };
  /** What `console.log` is where a comment says what it prints. */
  readonly told: (...values: unknown[]) => void;
}

/** By their names alone. */
export const given = [
  "server",
  "client",
  "pods",
  "maps",
  "deployments",
  "accounts",
  "foos",
  "items",
  "reflector",
  "controller",
  "elector",
  "reconcile",
  "errorPolicy",
  "signal",
  "console",
  "told",
] as const satisfies (keyof Context)[];

const blog: Pod = {
  metadata: { name: "blog", labels: { app: "blog" } },
  spec: { nodeName: "node-1", containers: [{ name: "main", image: "blog:1" }] },
};
const spec = { containers: [{ name: "web", image: "nginx:1", resources: { requests: { cpu: "100m" } } }] };
const web: Pod = { metadata: { name: "web", labels: { app: "shop", old: "yes" } }, spec };

/** A cluster with what the examples name, and the Context of one of them. */
export async function contextOf(
  server: ApiServer,
): Promise<{ context: Context; printed: string[]; end(): Promise<void> }> {
  const client = new Client(await configFromText(server.kubeconfig()));
  const pods = Api.v1Pod(client).within("default");
  const deployments = Api.of(client, deployment).within("default");
  const accounts = Api.of(client, account).within("default");
  const maps = Api.v1ConfigMap(client).within("default");
  await Api.v1Namespace(client).create({ metadata: { name: "shop" } });
  await accounts.create({ metadata: { name: "builder" } });
  await pods.create(web);
  const written = await pods.create(blog);
  await pods.patchStatus("blog", { status: { phase: "Running" } });
  const template = { metadata: { labels: { app: "shop" } }, spec };
  await deployments.apply(
    { metadata: { name: "web" }, spec: { selector: { matchLabels: { app: "shop" } }, template, replicas: 1 } },
    { fieldManager: "scaler" },
  );
  server.containers.files("default", "blog", "main").write("/etc/hostname", "blog");
  server.containers.port(8080, (connection) => connection.end("HTTP/1.0 204 No Content\r\n\r\n"));

  const ending = new AbortController();
  const { signal } = ending;
  const printed: string[] = [];
  const seen = async (): Promise<void> => ending.abort();
  const controller = Controller.new(deployments);
  const context: Context = {
    server,
    client,
    pods,
    maps,
    deployments,
    accounts,
    foos: deployments,
    items: [{ type: "init" }, { type: "init-apply", object: written }, { type: "init-done", resourceVersion: "1" }],
    reflector: Reflector.new(pods),
    controller,
    elector: new LeaderElector({ client, namespace: "shop", name: "my-controller" }),
    reconcile: seen,
    errorPolicy: () => "backoff",
    signal,
    console: { log: seen, error: seen },
    told: (...values) => printed.push(format(...values)),
  };
  const running = context.reflector.run(signal);
  return {
    context,
    printed,
    async end() {
      ending.abort();
      await running;
      await client.close();
    },
  };
}
