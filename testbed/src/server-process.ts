import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, PortTaken, startChild } from "kubecast/embedded";

/**
 * Starts a server whose output goes to the end of a file, and waits until `ready` says so.
 *
 * @throws PortTaken, or Error with the end of the file, if it exits or takes too long.
 */
export async function startServer(
  path: string,
  args: string[],
  logFile: string,
  ready: () => Promise<boolean>,
): Promise<Child> {
  const log = openSync(logFile, "a");
  const child = startChild(path, args, ["ignore", log, log]);
  closeSync(log);
  const deadline = Date.now() + 60_000;
  while (!(await ready())) {
    const late = Date.now() > deadline;
    if (child.exited || late) {
      await child.end("SIGKILL");
      const tail = readFileSync(logFile, "utf8").split("\n").slice(-20).join("\n");
      if (/address already in use/i.test(tail)) throw new PortTaken(`${path}: its port is in use`);
      throw new Error(`${path} ${late ? "was not ready within 60 s" : "ended"}; its last words:\n${tail}`);
    }
    await Promise.race([sleep(50), child.gone]);
  }
  return child;
}
