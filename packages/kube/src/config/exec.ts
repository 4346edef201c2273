import { spawn } from "node:child_process";
import type { KeyPair } from "./certificates.ts";
import { ConfigError } from "./errors.ts";
import { parseFields } from "./fields.ts";
import { headerValue } from "./header-value.ts";
import type { ExecConfig } from "./kubeconfig.ts";
import { type Loaded, Renewed, type Source } from "./renewed.ts";

/** What proves who the user is: an Authorization header, a client certificate, or both. */
export interface Credential {
  readonly authorization?: string;
  readonly keyPair?: KeyPair;
}

/** The cluster as plugins with `provideClusterInfo` are told of it. */
export interface ExecCluster {
  readonly server: string;
  readonly "tls-server-name"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "certificate-authority-data"?: string;
  readonly "proxy-url"?: string;
  readonly "disable-compression"?: boolean;
  readonly config?: unknown;
}

export interface ExecOptions {
  /** Whose credential it is, for messages. */
  where: string;
  /** All that `cluster` depends on; part of the cache's key. */
  clusterKey: unknown;
  cluster: (signal: AbortSignal) => Promise<ExecCluster>;
  env: NodeJS.ProcessEnv;
  /** Whether the plugin may ask the user on standard input. */
  interactive: boolean;
  now: () => number;
}

/** A credential is renewed this long before it expires, but at most a tenth of its life earlier. */
const LEEWAY_MS = 60_000;
/** A refused credential of less than this age was renewed already, for a request refused just before. */
const GRACE_MS = 5_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/** One cache for each environment and clock: in practice one a process. */
const caches = new WeakMap<NodeJS.ProcessEnv, WeakMap<() => number, Map<string, Source<Credential>>>>();

/**
 * The credential that a plugin prints, kept until it expires or is refused. Two kubeconfigs share
 * it only if everything that the plugin sees is the same.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 *
 * @throws {ConfigError} the kubeconfig's `exec` is not usable.
 */
export function execSource(config: ExecConfig, options: ExecOptions): Source<Credential> {
  const plugin = checkConfig(config, options);
  const clusterKey = config.provideClusterInfo ? options.clusterKey : null;
  const key = JSON.stringify([options.where, config, clusterKey, plugin.interactive]);
  const byClock = getOrMake(caches, options.env, () => new WeakMap());
  const cache = getOrMake(byClock, options.now, () => new Map());
  return getOrMake(cache, key, () => {
    const load = (signal: AbortSignal) => loadCredential(plugin, options, signal);
    return new Renewed({ load, now: options.now, graceMs: GRACE_MS });
  });
}

interface Plugin extends ExecConfig {
  readonly apiVersion: string;
  readonly command: string;
  readonly interactive: boolean;
}

function checkConfig(config: ExecConfig, { where, interactive }: ExecOptions): Plugin {
  const { apiVersion, command } = config;
  const fail = (problem: string) => new ConfigError(`${where}: exec.${problem}`);
  if (command === undefined) throw fail("command is missing");
  if (apiVersion === undefined) throw fail("apiVersion is missing");
  if (!VERSIONS.includes(apiVersion)) {
    throw fail(`apiVersion ${JSON.stringify(apiVersion)} is not supported; use ${VERSIONS.join(" or ")}`);
  }
  const mode = config.interactiveMode ?? (apiVersion === VERSIONS[0] ? undefined : "IfAvailable");
  switch (mode) {
    case "Never":
      return { ...config, apiVersion, command, interactive: false };
    case "IfAvailable":
      return { ...config, apiVersion, command, interactive };
    case "Always":
      if (interactive) return { ...config, apiVersion, command, interactive };
      throw fail("interactiveMode is Always, but standard input is not a terminal");
    default:
      throw fail(`interactiveMode must be Never, IfAvailable or Always${mode === undefined ? "; it is missing" : ""}`);
  }
}

function getOrMake<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

async function loadCredential(plugin: Plugin, options: ExecOptions, signal: AbortSignal): Promise<Loaded<Credential>> {
  const spec = {
    ...(plugin.provideClusterInfo ? { cluster: await options.cluster(signal) } : {}),
    interactive: plugin.interactive,
  };
  const info = { kind: "ExecCredential", apiVersion: plugin.apiVersion, spec };
  const env = { ...options.env, ...Object.fromEntries(plugin.env), KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const name = `${options.where}: credential plugin ${JSON.stringify(plugin.command)}`;
  const output = await run(plugin, env, name, signal);
  return parseCredential(output, plugin, name, options.now());
}

/** Runs the plugin; what it writes to stderr goes to ours, since it is meant for the user. */
function run(plugin: Plugin, env: NodeJS.ProcessEnv, name: string, signal: AbortSignal): Promise<string> {
  const hint = plugin.installHint === undefined ? "" : ` (${plugin.installHint.trim().replace(/\s+/g, " ")})`;
  return new Promise((resolve, reject) => {
    const fail = (problem: string) => reject(new ConfigError(`${name} ${problem}${hint}`));
    const failStart = (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      // only the code: the message may quote an argument or a variable
      else fail(error.code === "ENOENT" ? "was not found" : `could not be started: ${error.code ?? error.name}`);
    };
    try {
      const child = spawn(plugin.command, [...plugin.args], {
        env,
        signal,
        stdio: [plugin.interactive ? "inherit" : "ignore", "pipe", "inherit"],
        windowsHide: true,
      });
      const chunks: Buffer[] = [];
      let size = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= MAX_OUTPUT_BYTES) return chunks.push(chunk);
        fail(`printed more than ${MAX_OUTPUT_BYTES} bytes`);
        return child.kill();
      });
      child.on("error", failStart);
      child.on("close", (code, killedBy) => {
        if (code === 0) resolve(Buffer.concat(chunks).toString("utf8"));
        else fail(code === null ? `was ended by ${killedBy}` : `exited with code ${code}`);
      });
    } catch (error) {
      failStart(error as NodeJS.ErrnoException);
    }
  });
}

async function parseCredential(output: string, plugin: Plugin, name: string, now: number): Promise<Loaded<Credential>> {
  const fields = await parseFields(output, `${name}, output`);
  const status = fields?.object("status");
  if (fields?.string("kind") !== "ExecCredential" || status === undefined) {
    throw new ConfigError(`${name} printed no ExecCredential with a status`);
  }
  if (fields.string("apiVersion") !== plugin.apiVersion) {
    fields.fail("apiVersion", `must be ${plugin.apiVersion}, as in the kubeconfig's exec`);
  }
  const token = status.string("token");
  const cert = status.string("clientCertificateData");
  const key = status.string("clientKeyData");
  if ((cert === undefined) !== (key === undefined)) {
    throw new ConfigError(`${name} printed only one of clientCertificateData and clientKeyData`);
  }
  if (token === undefined && cert === undefined) {
    throw new ConfigError(`${name} printed neither a token nor a client certificate`);
  }
  const keyPair = cert === undefined || key === undefined ? undefined : { cert, key };
  if (keyPair !== undefined) {
    const { checkKeyPair } = await import("./certificates.ts");
    checkKeyPair(keyPair, `${name}: clientCertificateData and clientKeyData`);
  }
  const value: Credential = {
    ...(token === undefined ? {} : { authorization: `Bearer ${headerValue(token, `${name}: the token`)}` }),
    ...(keyPair === undefined ? {} : { keyPair }),
  };
  const expires = status.string("expirationTimestamp");
  if (expires === undefined) return { value, renewAt: Number.POSITIVE_INFINITY };
  const expiresAt = Date.parse(expires);
  if (Number.isNaN(expiresAt)) status.fail("expirationTimestamp", "must be an RFC 3339 time");
  return { value, renewAt: expiresAt - Math.min(LEEWAY_MS, Math.max(0, expiresAt - now) / 10) };
}
