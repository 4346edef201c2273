import { dirname, isAbsolute, resolve, sep } from "node:path";
import { type Fields, parseFields } from "./fields.ts";

/**
 * What one or several kubeconfig files say; paths in it are absolute.
 * Source: Config in k8s.io/client-go/tools/clientcmd/api/v1.
 */
export interface Kubeconfig {
  /** The files it was read from, for messages. */
  readonly files: readonly string[];
  readonly currentContext?: string | undefined;
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>;
  readonly users: ReadonlyMap<string, KubeconfigUser>;
  readonly contexts: ReadonlyMap<string, KubeconfigContext>;
}

export interface KubeconfigCluster {
  /** The file that has this entry. */
  readonly origin: string;
  readonly server?: string | undefined;
  readonly ca?: PemSource | undefined;
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly proxyUrl?: string | undefined;
  readonly disableCompression: boolean;
  /** The cluster's configuration for exec plugins, from its extensions; of any shape. */
  readonly execConfig?: unknown;
}

export interface KubeconfigUser {
  readonly origin: string;
  readonly clientCertificate?: PemSource | undefined;
  readonly clientKey?: PemSource | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly impersonate: Impersonation;
  readonly authProvider?: string | undefined;
  readonly exec?: ExecConfig | undefined;
}

export interface KubeconfigContext {
  readonly origin: string;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly namespace?: string | undefined;
}

/** A PEM text: base64 of it in the kubeconfig, or the path of a file. The former wins where both are given. */
export type PemSource = { readonly data: string } | { readonly file: string };

export interface Impersonation {
  readonly user?: string | undefined;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/** How to run a credential plugin; the kubeconfig's `exec`. */
export interface ExecConfig {
  readonly apiVersion?: string | undefined;
  readonly command?: string | undefined;
  readonly args: readonly string[];
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly installHint?: string | undefined;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode?: string | undefined;
}

/** The name of the cluster extension that is handed to exec plugins. */
const EXEC_EXTENSION = "client.authentication.k8s.io/exec";

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
