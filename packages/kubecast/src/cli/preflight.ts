import { ApiError, type Client, ConnectionError, DecodeError } from "@kubecast/kube";
import { connect, destroy, explain, type RedisError, redactUrl } from "../redis/connection.ts";
import { exitCodes, explainApiError, Failure } from "./failure.ts";

/** Milliseconds that the API or Redis may take to answer at the start. */
const patience = 10_000;
const redisPatience = 5_000;
/** A script can ask for its rights since this one. */
const oldestRedis = [7, 0] as const;

/**
 * Finds out at the start, and not at the first incident, whether the Kubernetes
 * API answers and takes the credentials. Throws Failure.
 */
export async function checkKubernetes(client: Client, signal: AbortSignal): Promise<void> {
  const { server, context } = client.config;
  const named = context === undefined ? "" : ` of context "${context}"`;
  try {
    await client.request({ method: "GET", path: "/version" }, { signal, timeout: patience });
  } catch (error) {
    if (error instanceof ApiError) throw explainApiError(error, client.config);
    if (error instanceof DecodeError) {
      throw new Failure(`what answers at ${server} is not a Kubernetes API; is the server${named} right?`);
    }
    if (!(error instanceof ConnectionError)) throw error;
    const advised = error.message.includes(";");
    throw new Failure(
      advised ? error.message : `${error.message}; does the cluster run, and is the server${named} right?`,
    );
  }
}

/**
 * Finds out whether a Redis that is new enough answers and takes the password,
 * with advice for each of the usual mistakes. Throws Failure or RedisError, and
 * the signal's reason when it aborts.
 */
export async function checkRedis(url: string, signal: AbortSignal): Promise<void> {
  const asking = ask(url).catch((error: unknown) => {
    throw advise(url, explain(url, error));
  });
  const info = await Promise.race([asking, aborted(signal)]);
  // (Valkey says here which Redis it is like.)
  const version = /^redis_version:(\d+)\.(\d+)/m.exec(info);
  if (version === null) return; // it does not tell this user, and that is its right
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const [oldestMajor, oldestMinor] = oldestRedis;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Failure(
    `Redis at ${redactUrl(url)} is version ${major}.${minor}, and kubecast needs ${oldestRedis.join(".")} or newer; upgrade it, or use Valkey`,
  );
}

/** What Redis says of itself; empty if the user may not ask. */
async function ask(url: string): Promise<string> {
  const client = await connect(url, redisPatience, 2, () => {});
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    destroy(client);
  }, redisPatience);
  try {
    return String(await client.sendCommand(["INFO", "server"]));
  } catch (error) {
    if (silent) throw new Error(`no answer within ${redisPatience} ms`);
    if (error instanceof Error && error.message.startsWith("NOPERM")) return "";
    throw error;
  } finally {
    clearTimeout(timer);
    destroy(client);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
}

function advise(url: string, error: RedisError): Error {
  const where = redactUrl(url);
  const { code = "", message: said = error.message } = (error.cause ?? {}) as Partial<NodeJS.ErrnoException>;
  if (error.fatal || code === "ECONNREFUSED") return error;
  if (code === "ENOTFOUND") return new Failure(`${error.message}; correct the Redis address`);
  if (said.startsWith("ERR "))
    return new Failure(`Redis at ${where} says: ${said.slice(4)}; correct the Redis address`);
  if (said === "Invalid pathname") {
    return new Failure(`the path of the Redis address ${where} must be the number of a database`, exitCodes.usage);
  }
  if (code.includes("CERT") || code.includes("SIGNATURE")) {
    return new Failure(
      `the certificate of Redis at ${where} is not trusted (${code}); name its authority's file in NODE_EXTRA_CA_CERTS`,
    );
  }
  const tls = url.startsWith("rediss:") ? "one without TLS (write redis://)" : "one with TLS (write rediss://)";
  return new Failure(
    `${where} does not answer as a Redis does (${said}); is it just starting, another program's port, or ${tls}?`,
  );
}
