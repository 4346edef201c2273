import { isatty } from "node:tty";
import { ConfiguredCluster } from "./cluster.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { ConfigError } from "./errors.ts";
import { caSource } from "./files.ts";
import type { Kubeconfig, KubeconfigCluster, KubeconfigUser } from "./kubeconfig.ts";
import { listNames } from "./nearest.ts";
import { fixed } from "./renewed.ts";
import { NOBODY, userParts } from "./user.ts";

/** Which cluster, and as whom. */
export interface ResolveOptions {
  /** Name of the context; default: the kubeconfig's current-context. */
  context?: string | undefined;
  /** Names of the cluster and the user, instead of the context's. */
  cluster?: string | undefined;
  /** Name of the user, instead of the context's. */
  user?: string | undefined;
  /** Environment of credential plugins (and, in `loadConfig`, where to look); default: the process'. */
  env?: NodeJS.ProcessEnv | undefined;
  /** Whether credential plugins may ask on standard input; default: whether that is a terminal. */
  interactive?: boolean | undefined;
  /** The clock, in milliseconds since 1970; for tests. */
  now?: (() => number) | undefined;
}

/**
 * Chooses context, cluster and user of a kubeconfig. Certificates and token files are read, so
 * that what is missing is an error now; a credential plugin runs at the first request.
 *
 * @throws {ConfigError} an unknown name, or settings that cannot be used.
 */
export async function resolveKubeconfig(config: Kubeconfig, options: ResolveOptions = {}): Promise<ClusterConfig> {
  const files = config.files.join(", ");
  const contextName = options.context ?? config.currentContext;
  if (contextName === undefined && options.cluster === undefined) {
    throw new ConfigError(`${files}: no current-context is set; contexts: ${listNames(config.contexts.keys())}`);
  }
  const context = contextName === undefined ? undefined : pick(config.contexts, "context", contextName, files);
  const inContext = contextName === undefined ? "" : ` of context ${JSON.stringify(contextName)}`;

  const clusterName = options.cluster ?? context?.cluster;
  if (clusterName === undefined)
    throw new ConfigError(`${files}: context ${JSON.stringify(contextName)} has no cluster`);
  const cluster = pick(config.clusters, `cluster`, clusterName, files, options.cluster ? "" : inContext);
  const userName = options.user ?? context?.user;
  const user =
    userName === undefined ? undefined : pick(config.users, "user", userName, files, options.user ? "" : inContext);

  return connect({ name: clusterName, ...cluster }, user && { name: userName ?? "", ...user }, {
    options,
    context: contextName,
    namespace: context?.namespace ?? "default",
  });
}

function pick<T>(entries: ReadonlyMap<string, T>, kind: string, name: string, files: string, of = ""): T {
  const entry = entries.get(name);
  if (entry !== undefined) return entry;
  const known = listNames(entries.keys(), name);
  throw new ConfigError(`${files}: ${kind} ${JSON.stringify(name)}${of} does not exist; ${kind}s: ${known}`);
}

type Named<T> = T & { readonly name: string };

async function connect(
  cluster: Named<KubeconfigCluster>,
  user: Named<KubeconfigUser> | undefined,
  { options, context, namespace }: { options: ResolveOptions; context: string | undefined; namespace: string },
): Promise<ClusterConfig> {
  const now = options.now ?? Date.now;
  const where = `${cluster.origin}: cluster ${JSON.stringify(cluster.name)}`;
  const server = checkServer(cluster, where);
  const proxyUrl = checkProxy(cluster.proxyUrl, where);
  if (cluster.insecureSkipTlsVerify && cluster.ca !== undefined) {
    throw new ConfigError(`${where}: certificate-authority and insecure-skip-tls-verify exclude each other`);
  }
  const ca = cluster.ca && caSource(cluster.ca, `${where}: certificate-authority`, now);

  const { env = process.env, interactive = isatty(0) } = options;
  const parts = user === undefined ? NOBODY : userParts(user, { env, interactive, now, cluster, ca });
  await Promise.all([ca?.get(), parts.keyPair.get(), parts.ready]);

  return new ConfiguredCluster({
    server,
    namespace,
    context,
    cluster: cluster.name,
    user: user?.name,
    proxyUrl,
    tlsServerName: cluster.tlsServerName,
    insecureSkipTlsVerify: cluster.insecureSkipTlsVerify,
    ca: ca ?? fixed(undefined),
    keyPair: parts.keyPair,
    credential: parts.credential,
    impersonation: parts.impersonation,
  });
}

function checkServer({ server }: KubeconfigCluster, where: string): string {
  if (server === undefined) throw new ConfigError(`${where}: server is missing`);
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol) || url.username !== "" || url.password !== "") {
    throw new ConfigError(`${where}: server must be a URL of the form https://host:port`);
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function checkProxy(proxyUrl: string | undefined, where: string): string | undefined {
  if (proxyUrl === undefined) return undefined;
  const protocol = URL.canParse(proxyUrl) ? new URL(proxyUrl).protocol : "";
  if (["http:", "https:", "socks5:"].includes(protocol)) return proxyUrl;
  // not quoted: it may hold a password
  throw new ConfigError(`${where}: proxy-url must be an http, https or socks5 URL`);
}
