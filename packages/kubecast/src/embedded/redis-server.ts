import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atExit, notAtExit, onFreePort, PortTaken, startChild } from "./child.ts";
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
  atExit(remove);
  return {
    url: `redis://${password ? `:${encodeURIComponent(password)}@` : ""}127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return server.pid;
    },
    async stop() {
      await server.end("SIGTERM");
      notAtExit(remove);
      remove();
    },
    kill: () => server.end("SIGKILL"),
    async restart() {
      await server.end("SIGTERM");
      server = await launch(port, undefined);
    },
  };
}

interface Running {
  port: number;
  pid: number;
  end(signal: NodeJS.Signals): Promise<void>;
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
  const child = startChild(path, ["-", ...args], ["pipe", "pipe", "pipe"]);
  const output = lastLines(child.process);
  child.process.stdin?.on("error", () => {}); // it may have exited already, which `gone` tells
  child.process.stdin?.end(`${config}\n`);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const answer = await ask(port, password);
      if (child.exited) throw failure(path, port, output());
      // Its own process id, for another server may have been quicker to take the port.
      if (answer?.ready && (answer.pid === undefined || answer.pid === child.pid)) break;
      await Promise.race([sleep(20), child.gone]);
    }
  } catch (error) {
    await child.end("SIGKILL");
    throw error;
  }
  return { port, pid: child.pid as number, end: child.end };
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
