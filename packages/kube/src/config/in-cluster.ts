import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { ConfiguredCluster } from "./cluster.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { ConfigError, reason } from "./errors.ts";
import { caSource, isMissing } from "./files.ts";
import { fixed } from "./renewed.ts";
import { tokenFileSource } from "./token.ts";

/** Where the kubelet mounts a Pod's service account: `token`, `ca.crt`, `namespace`. */
const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What `inClusterConfig` takes for granted, for tests. */
export interface InClusterOptions {
  /** Default: the process'. */
  env?: NodeJS.ProcessEnv | undefined;
  /** Folder of the service account's files, for tests. */
  serviceAccountFolder?: string | undefined;
  /** The clock, in milliseconds since 1970; for tests. */
  now?: (() => number) | undefined;
}

/** Whether the environment is that of a container in a Pod. */
export function isInCluster(env: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT);
}

/**
 * The API server as a Pod's service account sees it. Token and CA are read again as the kubelet
 * replaces them. Namespace: `POD_NAMESPACE`, else the service account's, else `default`.
 * Source: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 *
 * @throws {ConfigError} not in a Pod, or the service account is not mounted.
 */
export async function inClusterConfig(options: InClusterOptions = {}): Promise<ClusterConfig> {
  const env = options.env ?? process.env;
  const now = options.now ?? Date.now;
  const folder = options.serviceAccountFolder ?? SERVICE_ACCOUNT_FOLDER;
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) {
    throw new ConfigError("not in a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  }
  const ca = caSource({ file: join(folder, "ca.crt") }, "service account: CA", now);
  const credential = tokenFileSource(join(folder, "token"), "service account: token", now);
  await Promise.all([ca.get(), credential.get()]);
  return new ConfiguredCluster({
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    namespace: env.POD_NAMESPACE || (await readNamespace(join(folder, "namespace"))),
    insecureSkipTlsVerify: false,
    ca,
    keyPair: fixed(undefined),
    credential,
    impersonation: {},
  });
}

async function readNamespace(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim() || "default";
  } catch (error) {
    if (isMissing(error)) return "default";
    throw new ConfigError(`service account: namespace ${file} cannot be read: ${reason(error)}`);
  }
}
