import { text } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";
import { Api } from "../api/api.ts";
import { startCluster } from "./cluster.test.helper.ts";

const until = (check: () => void) => vi.waitFor(check, { interval: 5 });

/** A Pod in a cluster, and its containers. */
async function startPod() {
  const cluster = await startCluster();
  const pods = Api.v1Pod(cluster.client).within("default");
  await pods.create({ metadata: { name: "blog" }, spec: { containers: [{ name: "main", image: "blog" }] } });
  return { ...cluster, pods };
}

describe("exec", () => {
  // kubernetes-client/javascript#162, #704; actions/runner-container-hooks pull request 127; kubernetes-fluent-client#806:
  // the end of a command cannot be awaited, and its exit code has to be dug out.
  test.each([0, 1, 3, 137])("the end of a command is awaited, and its exit code is a number: %i", async (code) => {
    const { pods, server } = await startPod();
    server.containers.command("work", async ({ stdout, stderr }) => {
      stdout.write("x".repeat(300_000));
      stderr.write("done");
      return code;
    });
    const { stdout, stderr, result } = await pods.exec("blog", ["work"]);
    const [out, error, { exitCode, status }] = await Promise.all([text(stdout), text(stderr), result]);
    expect(out).toHaveLength(300_000);
    expect(error).toBe("done");
    expect(exitCode).toBe(code);
    expect(status.status).toBe(code === 0 ? "Success" : "Failure");
  });

  test("a command that cannot be run, and a connection that breaks, are errors and no exit codes", async () => {
    const { pods, server, proxy } = await startPod();
    const none = await pods.exec("blog", ["none"]);
    await expect(none.result).rejects.toMatchObject({
      name: "ApiError",
      message: expect.stringContaining("not found"),
    });
    server.containers.command("wait", () => new Promise(() => {}));
    const { stdout, result } = await pods.exec("blog", ["wait"], { stderr: false });
    stdout.on("error", () => {});
    const broken = expect(result).rejects.toMatchObject({ name: "ConnectionError" });
    proxy.cut();
    await broken;
  });

  // kubernetes-client/javascript#2893: an agent for each exec, whose socket is left behind.
  test("a hundred commands leave no connection behind", async () => {
    const { pods, proxy } = await startPod();
    for (let count = 0; count < 100; count++) {
      const { stdout, result } = await pods.exec("blog", ["echo", String(count)], { stderr: false });
      expect(await text(stdout)).toBe(`${count}\n`);
      expect((await result).exitCode).toBe(0);
    }
    await until(() => expect(proxy.open).toBeLessThanOrEqual(1));
  });
});

describe("logs", () => {
  // kubernetes-client/javascript#689, #639, #1376: a followed log hangs, and cannot be stopped.
  test("a followed log brings each line as it is written, and ends with its container", async () => {
    const { pods, server } = await startPod();
    const log = server.containers.log("default", "blog", "main");
    const lines: string[] = [];
    const following = (async () => {
      for await (const line of pods.logLines("blog")) lines.push(line);
    })();
    for (const line of ["one", "two"]) {
      log.write(`${line}\n`);
      await until(() => expect(lines.at(-1)).toBe(line));
    }
    log.end();
    await following;
    expect(lines).toEqual(["one", "two"]);
  });

  test("a followed log is stopped by a signal or by leaving the loop, and its connection closed", async () => {
    const { pods, server, proxy } = await startPod();
    server.containers.log("default", "blog", "main").write("one\n");
    for await (const line of pods.logLines("blog")) {
      expect(line).toBe("one");
      break;
    }
    await until(() => expect(proxy.open).toBeLessThanOrEqual(1));

    const stop = new AbortController();
    const lines = pods.logLines("blog", {}, { signal: stop.signal });
    expect((await lines.next()).value).toBe("one");
    const stopped = expect(lines.next()).rejects.toThrow("enough");
    stop.abort(new Error("enough"));
    await stopped;
    await until(() => expect(proxy.open).toBeLessThanOrEqual(1));
  });

  test("a followed log whose connection breaks says so, and does not hang", async () => {
    const { pods, server, proxy } = await startPod();
    server.containers.log("default", "blog", "main").write("one\n");
    const lines = pods.logLines("blog");
    expect((await lines.next()).value).toBe("one");
    const broken = expect(lines.next()).rejects.toMatchObject({ name: "ConnectionError" });
    proxy.cut();
    await broken;
  });
});
