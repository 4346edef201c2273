import { dirname, isAbsolute, resolve, sep } from "node:path";
import { type Fields, parseFields } from "./fields.ts";

/**
 * What one or several kubeconfig files say; paths in it are absolute.
 * Source: Config in k8s.io/client-go/tools/clientcmd/api/v1.
 */
export interface Kubeconfig {
  /** The files it was read from, for messages. */
  readonly files: readonly string[];
  /** Which context holds where none is asked for. */
  readonly currentContext?: string | undefined;
  /** By name. */
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>;
  /** By name. */
  readonly users: ReadonlyMap<string, KubeconfigUser>;
  /** By name. */
  readonly contexts: ReadonlyMap<string, KubeconfigContext>;
}

/** Where an API server is, and how to trust it. */
export interface KubeconfigCluster {
  /** The file that has this entry. */
  readonly origin: string;
  /** URL; `resolveKubeconfig` fails where it is absent. */
  readonly server?: string | undefined;
  /** Whom to trust instead of the system's authorities. */
  readonly ca?: PemSource | undefined;
  /** The name to verify instead of the host of `server`. */
  readonly tlsServerName?: string | undefined;
  /** True: whatever certificate the server has is taken. Default false. */
  readonly insecureSkipTlsVerify: boolean;
  /** `http:`, `https:` or `socks5:`; absent: the environment decides. */
  readonly proxyUrl?: string | undefined;
  /** Told to exec plugins and nothing else: the client packs nothing but large answers from afar. */
  readonly disableCompression: boolean;
  /** The cluster's configuration for exec plugins, from its extensions; of any shape. */
  readonly execConfig?: unknown;
}

/** Who asks, and how that is proved. */
export interface KubeconfigUser {
  /** The file that has this entry. */
  readonly origin: string;
  /** With `clientKey`; the other proofs may be there as well. */
  readonly clientCertificate?: PemSource | undefined;
  /** The private key of `clientCertificate`. */
  readonly clientKey?: PemSource | undefined;
  /** A bearer token. A secret. */
  readonly token?: string | undefined;
  /** Path of a bearer token, which is read again as it changes. */
  readonly tokenFile?: string | undefined;
  /** For basic authentication, with `password`. */
  readonly username?: string | undefined;
  /** For basic authentication. A secret. */
  readonly password?: string | undefined;
  /** As whom to act; empty for nobody else. */
  readonly impersonate: Impersonation;
  /** The name of an auth provider, a way that Kubernetes 1.26 took out; refused with what to use instead. */
  readonly authProvider?: string | undefined;
  /** The plugin that brings the credentials. */
  readonly exec?: ExecConfig | undefined;
}

/** A cluster and a user of it. */
export interface KubeconfigContext {
  /** The file that has this entry. */
  readonly origin: string;
  /** The name of a cluster. */
  readonly cluster?: string | undefined;
  /** The name of a user; absent: nobody in particular. */
  readonly user?: string | undefined;
  /** Absent: `default`. */
  readonly namespace?: string | undefined;
}

/** A PEM text: base64 of it in the kubeconfig, or the path of a file. The former wins where both are given. */
export type PemSource = { readonly data: string } | { readonly file: string };

/** Whom to act as: the `Impersonate-` headers. */
export interface Impersonation {
  /** The user's name; the rest needs it. */
  readonly user?: string | undefined;
  /** The user's uid. */
  readonly uid?: string | undefined;
  /** Instead of those that the API server would give the user. */
  readonly groups: readonly string[];
  /** By lower-case key, for authorizers that look at more than names. */
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/** How to run a credential plugin; the kubeconfig's `exec`. */
export interface ExecConfig {
  /** Of `client.authentication.k8s.io`: `v1` or `v1beta1`. */
  readonly apiVersion?: string | undefined;
  /** A path where it has a slash, else looked up in PATH. */
  readonly command?: string | undefined;
  /** Without the command itself. */
  readonly args: readonly string[];
  /** Set besides the process' own. */
  readonly env: readonly (readonly [name: string, value: string])[];
  /** Told where the command is not there. */
  readonly installHint?: string | undefined;
  /** Whether it is told of the cluster, in `KUBERNETES_EXEC_INFO`. */
  readonly provideClusterInfo: boolean;
  /** `Never`, `IfAvailable` or `Always`: whether it is given standard input. */
  readonly interactiveMode?: string | undefined;
}

/** The name of the cluster extension that is handed to exec plugins. */
const EXEC_EXTENSION = "client.authentication.k8s.io/exec";

/** How a kubeconfig is read. */
export interface ParseOptions {
  /** The path of the file: named in messages, and the base of relative paths. Default: `kubeconfig`, in the current folder. */
  file?: string | undefined;
}

/**
 * Parses one kubeconfig, in YAML or JSON. An empty text is an empty kubeconfig.
 *
 * @throws {ConfigError} not YAML, or a field of the wrong type; names file, line, column and field.
 */
export async function parseKubeconfig(text: string, options: ParseOptions = {}): Promise<Kubeconfig> {
  const file = options.file ?? "kubeconfig";
  const top = await parseFields(text, file);
  const kind = top?.string("kind") ?? "Config";
  if (kind !== "Config") top?.fail("kind", "must be Config: this is not a kubeconfig");
  const paths = pathsBeside(file);
  return {
    files: [file],
    currentContext: top?.string("current-context"),
    clusters: named(top, "clusters", "cluster", (fields) => readCluster(fields, file, paths)),
    users: named(top, "users", "user", (fields) => readUser(fields, file, paths)),
    contexts: named(top, "contexts", "context", (fields) => readContext(fields, file)),
  };
}

/**
 * Merges kubeconfigs as kubectl does: of several entries with one name, and of several
 * current-contexts, the first wins, whole.
 */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const reversed = configs.toReversed();
  return {
    files: configs.flatMap((config) => config.files),
    currentContext: configs.find((config) => config.currentContext !== undefined)?.currentContext,
    clusters: new Map(reversed.flatMap((config) => [...config.clusters])),
    users: new Map(reversed.flatMap((config) => [...config.users])),
    contexts: new Map(reversed.flatMap((config) => [...config.contexts])),
  };
}

export function isEmpty(config: Kubeconfig): boolean {
  return config.currentContext === undefined && config.clusters.size + config.users.size + config.contexts.size === 0;
}

interface Paths {
  path(value: string): string;
  /** A command with a slash in it is a path; any other is looked up in PATH. */
  command(value: string): string;
}

function pathsBeside(file: string): Paths {
  const folder = dirname(resolve(file));
  const path = (value: string) => (isAbsolute(value) ? value : resolve(folder, value));
  return { path, command: (value) => (value.includes("/") || value.includes(sep) ? path(value) : value) };
}

function named<T>(
  top: Fields | undefined,
  list: string,
  field: string,
  read: (fields: Fields | undefined) => T,
): Map<string, T> {
  const entries = new Map<string, T>();
  for (const entry of top?.objects(list) ?? []) {
    const name = entry.requiredString("name");
    if (entries.has(name)) entry.fail("name", `is the second ${JSON.stringify(name)} in ${list}`);
    entries.set(name, read(entry.object(field)));
  }
  return entries;
}

function readCluster(fields: Fields | undefined, origin: string, paths: Paths): KubeconfigCluster {
  const extension = fields?.objects("extensions").find((entry) => entry.string("name") === EXEC_EXTENSION);
  return {
    origin,
    server: fields?.string("server"),
    ca: pem(fields, "certificate-authority", paths),
    tlsServerName: fields?.string("tls-server-name"),
    insecureSkipTlsVerify: fields?.boolean("insecure-skip-tls-verify") ?? false,
    proxyUrl: fields?.string("proxy-url"),
    disableCompression: fields?.boolean("disable-compression") ?? false,
    execConfig: extension?.any("extension"),
  };
}

function readUser(fields: Fields | undefined, origin: string, paths: Paths): KubeconfigUser {
  const tokenFile = fields?.string("tokenFile");
  const authProvider = fields?.object("auth-provider");
  return {
    origin,
    clientCertificate: pem(fields, "client-certificate", paths),
    clientKey: pem(fields, "client-key", paths),
    token: fields?.string("token"),
    tokenFile: tokenFile === undefined ? undefined : paths.path(tokenFile),
    username: fields?.string("username"),
    password: fields?.string("password"),
    impersonate: readImpersonation(fields),
    authProvider: authProvider === undefined ? undefined : (authProvider.string("name") ?? ""),
    exec: readExec(fields?.object("exec"), paths),
  };
}

function readImpersonation(fields: Fields | undefined): Impersonation {
  const extra = fields?.object("as-user-extra");
  return {
    user: fields?.string("as"),
    uid: fields?.string("as-uid"),
    groups: fields?.strings("as-groups") ?? [],
    extra: new Map(extra?.keys().map((key) => [key, extra.strings(key)])),
  };
}

function readExec(fields: Fields | undefined, paths: Paths): ExecConfig | undefined {
  if (fields === undefined) return undefined;
  const command = fields.string("command");
  return {
    apiVersion: fields.string("apiVersion"),
    command: command === undefined ? undefined : paths.command(command),
    args: fields.strings("args"),
    env: fields.objects("env").map((entry) => [entry.requiredString("name"), entry.string("value") ?? ""] as const),
    installHint: fields.string("installHint"),
    provideClusterInfo: fields.boolean("provideClusterInfo"),
    interactiveMode: fields.string("interactiveMode"),
  };
}

function readContext(fields: Fields | undefined, origin: string): KubeconfigContext {
  return {
    origin,
    cluster: fields?.string("cluster"),
    user: fields?.string("user"),
    namespace: fields?.string("namespace"),
  };
}

function pem(fields: Fields | undefined, key: string, paths: Paths): PemSource | undefined {
  const data = fields?.string(`${key}-data`);
  if (data !== undefined) return { data };
  const file = fields?.string(key);
  return file === undefined ? undefined : { file: paths.path(file) };
}
