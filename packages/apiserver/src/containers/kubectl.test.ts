import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { startBlog } from "./containers.test.helper.ts";

const version = kubectlVersion();
if (version === undefined) process.stderr.write("kubectl.test.ts: left out, because there is no kubectl on the PATH\n");

/** kubectl sends its token over TLS only. */
async function start() {
  const blog = await startBlog({ tls: true });
  const folder = await mkdtemp(join(tmpdir(), "kubecast-kubectl-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const config = join(folder, "kubeconfig");
  await writeFile(config, blog.server.kubeconfig(), { mode: 0o600 });
  const kubectl = (...args: string[]) => {
    const child = spawn("kubectl", ["--kubeconfig", config, "--cache-dir", join(folder, "cache"), ...args]);
    onTestFinished(() => void child.kill("SIGKILL"));
    // It may be gone before it has read all.
    child.stdin.on("error", () => {});
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    const exited = once(child, "close").then(([code]) => code as number);
    return {
      child,
      /** Waits until it has written what the pattern says. */
      async shows(pattern: RegExp): Promise<RegExpExecArray> {
        for (;;) {
          const found = pattern.exec(output);
          if (found !== null) return found;
          await once(child.stdout, "data");
        }
      },
      /** Waits for the end. */
      async run(input = "") {
        child.stdin.end(input);
        const [stderr, code] = await Promise.all([text(child.stderr), exited]);
        return { stdout: output, stderr, code };
      },
    };
  };
  return { ...blog, kubectl };
}

describe.runIf(version !== undefined)(`kubectl ${version}`, () => {
  test("exec: output, exit code, input", async () => {
    const { kubectl } = await start();
    const failing = await kubectl("exec", "blog", "--", "sh", "-c", "echo out; echo err >&2; exit 3").run();
    expect(failing).toEqual({ stdout: "out\n", stderr: "err\ncommand terminated with exit code 3\n", code: 3 });
    const input = "some input\n".repeat(100_000);
    expect(await kubectl("exec", "-i", "blog", "--", "cat").run(input)).toEqual({ stdout: input, stderr: "", code: 0 });
    const unknown = await kubectl("exec", "blog", "--", "frobnicate").run();
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('exec: "frobnicate"') });
  });

  test("logs, and logs -f to the end of the container", async () => {
    const { kubectl, server } = await start();
    const log = server.containers.log("default", "blog", "main");
    log.write("one\ntwo\n");
    expect((await kubectl("logs", "blog", "--tail=1").run()).stdout).toBe("two\n");
    const following = kubectl("logs", "-f", "blog");
    await following.shows(/two\n/);
    log.write("three\n");
    await following.shows(/three\n/);
    log.end();
    expect(await following.run()).toEqual({ stdout: "one\ntwo\nthree\n", stderr: "", code: 0 });
  });

  test("port-forward: several connections, one after another and at a time, half-closed ones too", async () => {
    const { kubectl, server } = await start();
    const web = createServer((request, response) => response.end(request.url)).listen(0, "127.0.0.1");
    onTestFinished(() => void web.close().closeAllConnections());
    await once(web, "listening");
    server.containers.port(80, (web.address() as AddressInfo).port);
    const forward = kubectl("port-forward", "blog", ":80", ":7");
    const localPort = async (port: number) =>
      Number((await forward.shows(new RegExp(`127.0.0.1:(\\d+) -> ${port}\n`)))[1]);
    const url = `http://127.0.0.1:${await localPort(80)}`;
    const paths = ["/a", "/b", "/c"];
    const get = async (path: string) => (await fetch(url + path, { headers: { connection: "close" } })).text();
    expect(await Promise.all(paths.map(get))).toEqual(paths);
    // Half-closed: all that was sent comes back although no more will be.
    const sent = randomBytes(3_000_000);
    const echo = connect({ port: await localPort(7), host: "127.0.0.1", allowHalfOpen: true });
    echo.end(sent);
    expect((await buffer(echo)).equals(sent)).toBe(true);
    expect(await get("/d")).toBe("/d");
  });

  test("attach", async () => {
    const { kubectl, server } = await start();
    const log = server.containers.log("default", "blog", "main");
    const attached = kubectl("attach", "-i", "blog");
    attached.child.stdin.write("typed\n");
    await attached.shows(/^typed\n$/);
    log.end();
    expect((await attached.run()).code).toBe(0);
  });
});

function kubectlVersion(): string | undefined {
  try {
    return /v\d[\w.]*/.exec(execFileSync("kubectl", ["version", "--client"], { encoding: "utf8" }))?.[0];
  } catch {
    return undefined;
  }
}
