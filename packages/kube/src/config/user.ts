import type { KeyPair } from "./certificates.ts";
import type { ClusterParts } from "./cluster.ts";
import { ConfigError } from "./errors.ts";
import { type Credential, type ExecCluster, execSource } from "./exec.ts";
import { keyPairSource } from "./files.ts";
import { impersonationHeaders } from "./impersonation.ts";
import type { ExecConfig, KubeconfigCluster, KubeconfigUser } from "./kubeconfig.ts";
import { fixed, type Source } from "./renewed.ts";
import { bearer, tokenFileSource } from "./token.ts";

/** What a user adds to a cluster's configuration. */
export interface UserParts extends Pick<ClusterParts, "keyPair" | "credential" | "impersonation"> {
  /** Rejects if a credential that is in a file cannot be read. */
  readonly ready?: Promise<unknown>;
}

/** The parts of a context without a user: requests go without authentication. */
export const NOBODY: UserParts = { keyPair: fixed(undefined), credential: fixed({}), impersonation: {} };

/** What credential plugins are run with. */
export interface PluginContext {
  env: NodeJS.ProcessEnv;
  interactive: boolean;
  now: () => number;
  cluster: KubeconfigCluster;
  ca: Source<Buffer> | undefined;
}

/**
 * How the user proves who they are. Of several ways, the first counts: token, basic auth, exec;
 * a client certificate goes with any of them.
 *
 * @throws {ConfigError} settings that exclude each other, are incomplete, or are not supported.
 */
export function userParts(user: KubeconfigUser & { name: string }, context: PluginContext): UserParts {
  const where = `${user.origin}: user ${JSON.stringify(user.name)}`;
  const keyPair = userKeyPair(user, where, context.now);
  const impersonation = impersonationHeaders(user.impersonate, where);
  const { token, tokenFile, username, password } = user;
  if ((token ?? tokenFile) !== undefined && (username ?? password) !== undefined) {
    throw new ConfigError(`${where}: token and username/password exclude each other`);
  }
  if (tokenFile !== undefined) {
    const credential = tokenFileSource(tokenFile, `${where}: tokenFile`, context.now, token);
    return { keyPair, impersonation, credential, ready: credential.get() };
  }
  return { keyPair, impersonation, credential: userCredential(user, where, context) };
}

function userCredential(user: KubeconfigUser, where: string, context: PluginContext): Source<Credential> {
  const { token, username, password, exec, authProvider } = user;
  if (token !== undefined) return fixed(bearer(token, `${where}: token`));
  if ((username ?? password) !== undefined) {
    const pair = Buffer.from(`${username ?? ""}:${password ?? ""}`, "utf8").toString("base64");
    return fixed({ authorization: `Basic ${pair}` });
  }
  if (exec !== undefined) return pluginSource(exec, where, context);
  if (authProvider !== undefined) {
    // Kubernetes removed the others in 1.26.
    const plugin = authProvider === "oidc" ? "such as kubelogin (kubectl oidc-login)" : "of the cloud's own";
    throw new ConfigError(
      `${where}: auth-provider ${JSON.stringify(authProvider)} is not supported; use exec with a credential plugin ${plugin}`,
    );
  }
  return fixed({});
}

function userKeyPair(user: KubeconfigUser, where: string, now: () => number): Source<KeyPair | undefined> {
  const { clientCertificate: cert, clientKey: key } = user;
  if (cert === undefined && key === undefined) return fixed(undefined);
  if (cert === undefined) throw new ConfigError(`${where}: client-key is there, but client-certificate is missing`);
  if (key === undefined) throw new ConfigError(`${where}: client-certificate is there, but client-key is missing`);
  return keyPairSource(cert, key, where, now);
}

function pluginSource(exec: ExecConfig, where: string, context: PluginContext): Source<Credential> {
  const { env, interactive, now, cluster, ca } = context;
  return execSource(exec, {
    where,
    clusterKey: cluster,
    cluster: async (signal) => describeCluster(cluster, await ca?.get(signal)),
    env,
    interactive,
    now,
  });
}

/** The server is as the kubeconfig has it, since plugins may look it up by its address. */
function describeCluster(cluster: KubeconfigCluster, ca: Buffer | undefined): ExecCluster {
  return {
    server: cluster.server ?? "",
    ...(cluster.tlsServerName === undefined ? {} : { "tls-server-name": cluster.tlsServerName }),
    ...(cluster.insecureSkipTlsVerify ? { "insecure-skip-tls-verify": true } : {}),
    ...(ca === undefined ? {} : { "certificate-authority-data": ca.toString("base64") }),
    ...(cluster.proxyUrl === undefined ? {} : { "proxy-url": cluster.proxyUrl }),
    ...(cluster.disableCompression ? { "disable-compression": true } : {}),
    ...(cluster.execConfig === undefined ? {} : { config: cluster.execConfig }),
  };
}
