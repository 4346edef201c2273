import { isatty } from "node:tty";
import { ConfiguredCluster } from "./cluster.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { ConfigError } from "./errors.ts";
import { type Credential, type ExecCluster, execSource } from "./exec.ts";
import { caSource, type KeyPair, keyPairSource } from "./files.ts";
import { impersonationHeaders } from "./impersonation.ts";
import type { Kubeconfig, KubeconfigCluster, KubeconfigUser } from "./kubeconfig.ts";
import { listNames } from "./nearest.ts";
import { fixed, type Source } from "./renewed.ts";
import { bearer, tokenFileSource } from "./token.ts";

export interface ResolveOptions {
  /** Name of the context; default: the kubeconfig's current-context. */
  context?: string;
  /** Names of the cluster and the user, instead of the context's. */
  cluster?: string;
  user?: string;
  /** Environment of credential plugins (and, in `loadConfig`, where to look); default: the process'. */
  env?: NodeJS.ProcessEnv;
  /** Whether credential plugins may ask on standard input; default: whether that is a terminal. */
  interactive?: boolean;
  /** The clock, in milliseconds since 1970; for tests. */
  now?: () => number;
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

  const whose = user && `${user.origin}: user ${JSON.stringify(user.name)}`;
  const keyPair: Source<KeyPair | undefined> = user && whose ? userKeyPair(user, whose, now) : fixed(undefined);
  const forPlugin: PluginContext = { options, now, cluster, server, ca };
  const credential = user && whose ? userCredential(user, whose, forPlugin) : undefined;
  await Promise.all([ca?.get(), keyPair.get(), credential?.atStart]);

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
    keyPair,
    credential: credential?.source ?? fixed({}),
    impersonation: user && whose ? impersonationHeaders(user.impersonate, whose) : {},
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

function userKeyPair(user: KubeconfigUser, whose: string, now: () => number): Source<KeyPair | undefined> {
  const { clientCertificate: cert, clientKey: key } = user;
  if (cert === undefined && key === undefined) return fixed(undefined);
  if (cert === undefined) throw new ConfigError(`${whose}: client-key is there, but client-certificate is missing`);
  if (key === undefined) throw new ConfigError(`${whose}: client-certificate is there, but client-key is missing`);
  return keyPairSource(cert, key, whose, now);
}

interface PluginContext {
  options: ResolveOptions;
  now: () => number;
  cluster: KubeconfigCluster;
  server: string;
  ca: Source<Buffer> | undefined;
}

/** The user's credential, and what of it must be there at the start. Order: token, basic auth, exec. */
function userCredential(
  user: KubeconfigUser,
  whose: string,
  context: PluginContext,
): { source: Source<Credential>; atStart?: Promise<unknown> } {
  const { token, tokenFile, username, password } = user;
  const hasToken = token !== undefined || tokenFile !== undefined;
  const hasBasic = username !== undefined || password !== undefined;
  if (hasToken && hasBasic) throw new ConfigError(`${whose}: token and username/password exclude each other`);
  if (tokenFile !== undefined) {
    const source = tokenFileSource(tokenFile, `${whose}: tokenFile`, context.now, token);
    return { source, atStart: source.get() };
  }
  if (token !== undefined) return { source: fixed(bearer(token, `${whose}: token`)) };
  if (hasBasic) {
    const pair = Buffer.from(`${username ?? ""}:${password ?? ""}`, "utf8").toString("base64");
    return { source: fixed({ authorization: `Basic ${pair}` }) };
  }
  if (user.exec !== undefined) return { source: pluginSource(user, whose, context) };
  if (user.authProvider !== undefined) {
    throw new ConfigError(
      `${whose}: auth-provider ${JSON.stringify(user.authProvider)} is not supported, since Kubernetes removed such providers; use exec with a credential plugin`,
    );
  }
  return { source: fixed({}) };
}

function pluginSource({ exec }: KubeconfigUser, whose: string, context: PluginContext): Source<Credential> {
  if (exec === undefined) return fixed({});
  const { options, now, cluster, server, ca } = context;
  return execSource(exec, {
    where: whose,
    clusterKey: { ...cluster, server },
    cluster: async (signal) => describeCluster(cluster, server, await ca?.get(signal)),
    env: options.env ?? process.env,
    interactive: options.interactive ?? isatty(0),
    now,
  });
}

function describeCluster(cluster: KubeconfigCluster, server: string, ca: Buffer | undefined): ExecCluster {
  return {
    server,
    ...(cluster.tlsServerName === undefined ? {} : { "tls-server-name": cluster.tlsServerName }),
    ...(cluster.insecureSkipTlsVerify ? { "insecure-skip-tls-verify": true } : {}),
    ...(ca === undefined ? {} : { "certificate-authority-data": ca.toString("base64") }),
    ...(cluster.proxyUrl === undefined ? {} : { "proxy-url": cluster.proxyUrl }),
    ...(cluster.disableCompression ? { "disable-compression": true } : {}),
    ...(cluster.execConfig === undefined ? {} : { config: cluster.execConfig }),
  };
}
