import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { access, mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { obtainRedisServer } from "./redis-binary.ts";

export { type ObtainOptions, obtainRedisServer, type RedisBinary } from "./redis-binary.ts";

export interface RedisServerOptions {
  /** The program to start; default: what `obtainRedisServer` finds. */
  path?: string;
  /** Default: a free one. */
  port?: number;
  /** Where data is kept. Default: a temporary folder, removed on stop. */
  dir?: string;
  /** `aof` keeps every write across a restart or a kill. Default: none. */
  persistence?: "none" | "aof";
  /** The default user's password. */
  password?: string;
  /** The file of a Redis ACL. */
  aclFile?: string;
  /** More of Redis' own arguments, such as `["--cluster-enabled", "yes"]`. */
  args?: string[];
  log?: (line: string) => void;
  signal?: AbortSignal;
}

/** A Redis server that this process started; it listens on 127.0.0.1 only and ends with this process. */
export interface RedisServer {
  /** `redis://127.0.0.1:port`, with the password in it if one was given. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dir: string;
  /** Ends it in good order, and removes its folder if that was a temporary one. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would; the data folder stays, so that `restart` can follow. */
  kill(): Promise<void>;
  /** Stops it if it runs, and starts it again on the same port and folder. */
  restart(): Promise<void>;
}

/**
 * Starts a Redis server and waits until it answers.
 *
 * @throws Error with the server's last lines if it does not start.
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { log, signal, persistence = "none", password, aclFile } = options;
  const path = options.path ?? (await obtainRedisServer({ ...(log && { log }), ...(signal && { signal }) })).path;
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), "kubecast-redis-")));
  const temporary = options.dir === undefined;
  const config = [
    "bind 127.0.0.1",
    `dir ${JSON.stringify(dir)}`,
    'save ""',
    `appendonly ${persistence === "aof" ? "yes" : "no"}`,
    ...(password ? [`requirepass ${JSON.stringify(password)}`] : []),
    ...(aclFile ? [`aclfile ${JSON.stringify(aclFile)}`] : []),
  ];
  const launch = (port: number, wait = signal) =>
    launchOn(path, port, [...config, `port ${port}`].join("\n"), options.args ?? [], password, wait);

  let server: Running;
  try {
    server = await (options.port ? launch(options.port) : onFreePort(launch));
  } catch (error) {
    if (temporary) await rm(dir, { recursive: true, force: true });
    throw error;
  }
  const { port } = server;
  const remove = () => temporary && rmSync(dir, { recursive: true, force: true });
  atExit.add(remove);
  return {
    url: `redis://${password ? `:${encodeURIComponent(password)}@` : ""}127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return server.pid;
    },
    async stop() {
      await server.end("SIGTERM");
      atExit.delete(remove);
      remove();
    },
    kill: () => server.end("SIGKILL"),
    async restart() {
      await server.end("SIGTERM");
      server = await launch(port, undefined);
    },
  };
}

/** What is still to be done when this process exits; one listener does it all. */
const atExit = {
  tasks: new Set<() => unknown>(),
  add(task: () => unknown) {
    if (this.tasks.size === 0) process.on("exit", runTasks);
    this.tasks.add(task);
  },
  delete(task: () => unknown) {
    this.tasks.delete(task);
    if (this.tasks.size === 0) process.off("exit", runTasks);
  },
};

function runTasks(): void {
  for (const task of atExit.tasks) task();
}

interface Running {
  port: number;
  pid: number;
  end(signal: NodeJS.Signals): Promise<void>;
}

/** The port was taken between its choice and the start. */
class PortTaken extends Error {}

async function onFreePort(launch: (port: number) => Promise<Running>): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(await freePort());
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === 5) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function launchOn(
  path: string,
  port: number,
  config: string,
  args: string[],
  password: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Running> {
  // The configuration goes in on stdin ("-"), because arguments are for all users to see.
  const command = [...(await dieWithParent()), path, "-", ...args];
  // A process group of its own: Ctrl-C at a terminal then reaches this process
  // alone, which still needs its Redis to end in good order.
  const child = spawn(command[0] as string, command.slice(1), { detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const output = lastLines(child);
  child.stdin.on("error", () => {}); // it may have exited already, which `gone` tells
  child.stdin.end(`${config}\n`);
  const killNow = () => child.kill("SIGKILL");
  atExit.add(killNow);
  let exited = false;
  const gone = new Promise<void>((resolve) => {
    const note = () => {
      exited = true;
      atExit.delete(killNow);
      resolve();
    };
    child.once("exit", note).once("error", note);
  });
  const end = async (name: NodeJS.Signals) => {
    child.kill(name);
    await gone;
  };
  try {
    for (;;) {
      signal?.throwIfAborted();
      const answer = await ask(port, password);
      if (exited) throw failure(path, port, output());
      // Its own process id, for another server may have been quicker to take the port.
      if (answer?.ready && (answer.pid === undefined || answer.pid === child.pid)) break;
      await Promise.race([sleep(20), gone]);
    }
  } catch (error) {
    await end("SIGKILL");
    throw error;
  }
  return { port, pid: child.pid as number, end };
}

function failure(path: string, port: number, output: string): Error {
  if (/address already in use/i.test(output)) return new PortTaken(`port ${port} is in use`);
  return new Error(`${path} did not start:\n${output}`);
}

function lastLines(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-4000);
    });
  child.once("error", (error) => {
    text += error.message;
  });
  return () => text.trim().split("\n").slice(-10).join("\n");
}

/**
 * Linux can end a child when its parent dies, even by SIGKILL; util-linux'
 * setpriv asks for it. Elsewhere a killed parent leaves its Redis running.
 */
async function dieWithParent(): Promise<string[]> {
  const setpriv = "/usr/bin/setpriv";
  const there =
    process.platform === "linux" &&
    (await access(setpriv).then(
      () => true,
      () => false,
    ));
  return there ? [setpriv, "--pdeathsig", "KILL"] : [];
}

interface Answer {
  ready: boolean;
  /** Absent when the server wants a login that we have not. */
  pid?: number;
}

/** What the server on this port answers to PING, or undefined when there is none. */
function ask(port: number, password: string | undefined): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("utf8").setTimeout(1000, () => socket.destroy());
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => resolve(undefined));
    socket.on("connect", () => {
      socket.write(`${password ? `AUTH ${JSON.stringify(password)}\r\n` : ""}PING\r\nINFO server\r\n`);
    });
    socket.on("data", (chunk: string) => {
      text += chunk;
      const pid = /^process_id:(\d+)\r/m.exec(text)?.[1];
      if (pid) resolve({ ready: /^\+PONG\r/m.test(text), pid: Number(pid) });
      else if (/^-(NOAUTH|NOPERM|WRONGPASS)/m.test(text)) resolve({ ready: true });
      else return;
      socket.destroy();
    });
  });
}
