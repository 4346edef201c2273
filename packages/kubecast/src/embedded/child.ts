import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync } from "node:fs";
import { createServer } from "node:net";

/** A program that this process started, and that ends with it. */
export interface Child {
  readonly process: ChildProcess;
  readonly pid: number | undefined;
  readonly exited: boolean;
  /** Settles when the program has ended, or could not be started. */
  readonly gone: Promise<void>;
  /** Sends the signal, and waits until the program has ended; SIGKILL follows after `patience` ms. */
  end(signal: NodeJS.Signals, patience?: number): Promise<void>;
}

/**
 * Starts a program in a process group of its own: Ctrl-C at a terminal then
 * reaches this process alone, which may still need the other to end in good order.
 */
export function startChild(program: string, args: string[], stdio: SpawnOptions["stdio"]): Child {
  const [first = program, ...rest] = [...dieWithParent(), program, ...args];
  const child = spawn(first, rest, { detached: true, stdio });
  const killNow = () => child.kill("SIGKILL");
  atExit(killNow);
  let exited = false;
  const gone = new Promise<void>((resolve) => {
    const note = () => {
      exited = true;
      notAtExit(killNow);
      resolve();
    };
    child.once("exit", note).once("error", note);
  });
  return {
    process: child,
    pid: child.pid,
    get exited() {
      return exited;
    },
    gone,
    async end(signal, patience = 10_000) {
      child.kill(signal);
      const timer = setTimeout(killNow, patience);
      await gone;
      clearTimeout(timer);
    },
  };
}

/**
 * Linux can end a child when its parent dies, even by SIGKILL; util-linux'
 * setpriv asks for it. Elsewhere a parent that is killed leaves its children running.
 */
function dieWithParent(): string[] {
  const setpriv = "/usr/bin/setpriv";
  if (process.platform !== "linux") return [];
  try {
    accessSync(setpriv);
    return [setpriv, "--pdeathsig", "KILL"];
  } catch {
    return [];
  }
}

const tasks = new Set<() => unknown>();
const runTasks = () => {
  for (const task of tasks) task();
};

/** Runs the task when this process exits. One listener serves all tasks. */
export function atExit(task: () => unknown): void {
  if (tasks.size === 0) process.on("exit", runTasks);
  tasks.add(task);
}

export function notAtExit(task: () => unknown): void {
  tasks.delete(task);
  if (tasks.size === 0) process.off("exit", runTasks);
}

/** The port was taken between its choice and the start. */
export class PortTaken extends Error {}

/**
 * Calls `start` with a port that was free a moment ago, and with another one if
 * it throws PortTaken. The ports lie below those that systems give to outgoing
 * connections, so that one is still free when a stopped server comes back to it.
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === 5) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") continue;
      throw error;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}
