import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { ClusterConfig } from "./cluster-config.ts";
import { ConfigError, reason } from "./errors.ts";
import { isMissing } from "./files.ts";
import { type InClusterOptions, inClusterConfig, isInCluster } from "./in-cluster.ts";
import { isEmpty, type Kubeconfig, mergeKubeconfigs, type ParseOptions, parseKubeconfig } from "./kubeconfig.ts";
import { type ResolveOptions, resolveKubeconfig } from "./resolve.ts";

/** Where `loadConfig` looks, and what it takes of what it finds. */
export interface LoadOptions extends ResolveOptions, InClusterOptions {
  /** Path of a kubeconfig, or several to be merged; each must exist. Default: see `loadConfig`. */
  kubeconfig?: string | readonly string[] | undefined;
}

/**
 * Finds the cluster to talk to, in this order: `options.kubeconfig`; the files that the environment
 * variable KUBECONFIG lists, of which missing ones are skipped; `~/.kube/config`; the service
 * account of the Pod that this runs in.
 *
 * ```ts
 * const config = await loadConfig({ context: "staging" });
 * const client = new Client(config);
 * ```
 *
 * @throws {ConfigError} nothing was found (it names all places it looked in), or what was found is wrong.
 */
export async function loadConfig(options: LoadOptions = {}): Promise<ClusterConfig> {
  if (options.kubeconfig !== undefined) {
    return resolveKubeconfig(await loadKubeconfig(options.kubeconfig), options);
  }
  const env = options.env ?? process.env;
  const found = await findKubeconfig(env);
  if ("config" in found) return resolveKubeconfig(found.config, options);

  const asked = (["context", "cluster", "user"] as const).find((key) => options[key] !== undefined);
  if (asked !== undefined) {
    throw new ConfigError(
      `${asked} ${JSON.stringify(options[asked])} was asked for, but there is no kubeconfig: ${found.looked}`,
    );
  }
  if (isInCluster(env)) return inClusterConfig(options);
  throw new ConfigError(
    `no Kubernetes configuration found: ${found.looked}, and this is not a Pod (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set)`,
  );
}

/**
 * Reads and merges kubeconfig files; of several entries with one name the first wins.
 *
 * @throws {ConfigError} a file is missing, cannot be read, or is wrong.
 */
export async function loadKubeconfig(paths: string | readonly string[]): Promise<Kubeconfig> {
  const list = typeof paths === "string" ? [paths] : paths;
  const configs = await Promise.all(
    list.map(async (path) => {
      const config = await readKubeconfig(path);
      if (config === undefined) throw new ConfigError(`kubeconfig ${path} does not exist`);
      return config;
    }),
  );
  return mergeKubeconfigs(configs);
}

/**
 * The cluster that the text of a kubeconfig names.
 *
 * @throws {ConfigError} as `parseKubeconfig` and `resolveKubeconfig`.
 */
export async function configFromText(
  text: string,
  options: ResolveOptions & ParseOptions = {},
): Promise<ClusterConfig> {
  return resolveKubeconfig(await parseKubeconfig(text, options), options);
}

/** As kubectl looks for it: KUBECONFIG, if set, replaces the default path even if all its files are missing. */
async function findKubeconfig(env: NodeJS.ProcessEnv): Promise<{ config: Kubeconfig } | { looked: string }> {
  const listed = (env.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
  const home = env.HOME || env.USERPROFILE || homedir();
  const paths = listed.length > 0 ? listed : [join(home, ".kube", "config")];
  const configs = await Promise.all(paths.map(readKubeconfig));

  const config = mergeKubeconfigs(configs.filter((config) => config !== undefined));
  if (!isEmpty(config)) return { config };
  const files = paths.map((path, index) => `${path} ${configs[index] === undefined ? "does not exist" : "is empty"}`);
  return { looked: (listed.length > 0 ? "KUBECONFIG: " : "KUBECONFIG is not set, ") + files.join(", ") };
}

/** Undefined if there is no such file. */
async function readKubeconfig(path: string): Promise<Kubeconfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new ConfigError(`kubeconfig ${path} cannot be read: ${reason(error)}`);
  }
  return parseKubeconfig(text, { file: path });
}
