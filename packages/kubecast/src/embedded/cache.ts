import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The folder where kubecast keeps what it fetched once: `$KUBECAST_CACHE`, else
 * `kubecast` under `$XDG_CACHE_HOME`, else `~/.cache/kubecast`.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.KUBECAST_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kubecast");
}
