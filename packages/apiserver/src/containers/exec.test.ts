import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { ApiError, ConnectionError } from "@kubecast/kube";
import { describe, expect, test } from "vitest";
import { startBlog } from "./containers.test.helper.ts";
import { print } from "./execution.ts";

describe("exec", () => {
  test("gives what a command writes, and its exit code", async () => {
    const { blog } = await startBlog();
    const { stdout, stderr, result } = await blog.exec("blog", ["sh", "-c", "echo one; echo 'two  too' >&2; exit 7"]);
    expect(await Promise.all([text(stdout), text(stderr)])).toEqual(["one\n", "two  too\n"]);
    expect(await result).toMatchObject({ exitCode: 7, status: { reason: "NonZeroExitCode" } });
  });

  test("success is 0", async () => {
    const { blog } = await startBlog();
    const { stdout, result } = await blog.exec("blog", ["echo", "a b", "c&d=e"], { stderr: false });
    expect(await text(stdout)).toBe("a b c&d=e\n");
    expect(await result).toEqual({ exitCode: 0, status: { metadata: {}, status: "Success" } });
  });

  test("carries 50 MB in and out whole, though the reader is slow", async () => {
    const { blog } = await startBlog();
    const sent = randomBytes(50_000_000);
    const { stdin, stdout, result } = await blog.exec("blog", ["cat"], { stdin: true, stderr: false });
    const hash = createHash("sha256");
    let received = 0;
    const reading = (async () => {
      for await (const chunk of stdout) {
        hash.update(chunk);
        received += chunk.length;
        if (received % 7 === 0) await setImmediate();
      }
    })();
    // One write far above what one message may be, then many of odd sizes.
    stdin.write(sent.subarray(0, 20_000_001));
    await pipeline(Readable.from(pieces(sent.subarray(20_000_001), 12_345)), stdin);
    await reading;
    expect(received).toBe(sent.length);
    expect(hash.digest("hex")).toBe(createHash("sha256").update(sent).digest("hex"));
    expect((await result).exitCode).toBe(0);
  });

  test("output that nobody reads holds the command back, not the memory full", async () => {
    const { blog, server } = await startBlog();
    let written = 0;
    server.containers.command("yes", async ({ stdout, signal }) => {
      const block = Buffer.alloc(100_000, "y");
      const gone = new Promise((resolve) => signal.addEventListener("abort", resolve));
      while (!signal.aborted && written < 2_000_000_000) {
        await Promise.race([print(stdout, block), gone]);
        written += block.length;
      }
      return 0;
    });
    const running = await blog.exec("blog", ["yes"], { stderr: false });
    let before = -1;
    while (written !== before || written === 0) {
      before = written;
      for (let i = 0; i < 2_000; i++) await setImmediate();
    }
    expect(written).toBeLessThan(50_000_000);
    running.close();
    await expect(running.result).rejects.toThrow(ConnectionError);
  });

  test("a command that ends before its input takes the writer along", async () => {
    const { blog } = await startBlog();
    const { stdin, stdout, result } = await blog.exec("blog", ["true"], { stdin: true, stderr: false });
    const writing = pipeline(Readable.from(pieces(Buffer.alloc(50_000_000), 100_000)), stdin);
    await expect(writing).rejects.toThrow();
    stdout.resume();
    expect((await result).exitCode).toBe(0);
  });

  test("what the container runtime refuses is an ApiError", async () => {
    const { blog } = await startBlog();
    const { result } = await blog.exec("blog", ["frobnicate"]);
    await expect(result).rejects.toThrow(/exec: "frobnicate": executable file not found/);
    await expect(result).rejects.toMatchObject({ code: 500, reason: "InternalError" });
  });

  test("what the API refuses is a rejection before there is any stream", async () => {
    const { blog } = await startBlog({
      authorize: ({ verb, subresource, name }) =>
        !(verb === "create" && subresource === "exec" && name === "secret") || { verb, resource: "pods" },
    });
    await expect(blog.exec("nothing", ["echo"])).rejects.toMatchObject({ isNotFound: true });
    await expect(blog.exec("secret", ["echo"])).rejects.toThrow(/cannot create resource "pods\/exec"/);
    const elsewhere = blog.exec("blog", ["echo"], { container: "sidecar" });
    await expect(elsewhere).rejects.toThrow("container sidecar is not valid for pod blog");
    await expect(elsewhere).rejects.toBeInstanceOf(ApiError);
  });

  test("what cannot be is refused before it is sent", async () => {
    const { blog } = await startBlog();
    await expect(blog.exec("blog", [])).rejects.toThrow("at least one word");
    await expect(blog.exec("blog", ["sh"], { tty: true, stderr: true })).rejects.toThrow("with tty there is no stderr");
    await expect(blog.exec("blog", ["sh"], { stdout: false, stderr: false })).rejects.toThrow("one of");
  });

  test("an abort cuts the connection on both sides, and all ends with its reason", async () => {
    const { blog, server } = await startBlog();
    let gone: () => void = () => {};
    const told = new Promise<void>((resolve) => {
      gone = resolve;
    });
    server.containers.command("wait", async ({ stdout, signal }) => {
      await print(stdout, "waiting");
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      gone();
      return 0;
    });
    const aborter = new AbortController();
    const { stdin, stdout, result } = await blog.exec("blog", ["wait"], { stdin: true, signal: aborter.signal });
    await new Promise((resolve) => stdout.once("data", resolve));
    const reason = new Error("enough");
    aborter.abort(reason);
    await expect(result).rejects.toBe(reason);
    await expect(buffer(stdout)).rejects.toThrow();
    expect(stdin.destroyed).toBe(true);
    await told;
  });

  test("a connection that is cut is a ConnectionError, and nobody has to listen", async () => {
    const { blog, server } = await startBlog();
    const running = await blog.exec("blog", ["cat"], { stdin: true });
    const unheard = await blog.exec("blog", ["cat"], { stdin: true });
    server.cutConnections();
    await expect(running.result).rejects.toThrow(ConnectionError);
    await expect(text(running.stdout)).rejects.toThrow(ConnectionError);
    await new Promise((resolve) => (unheard.stdout.closed ? resolve(0) : unheard.stdout.once("close", resolve)));
  });

  test("tells the size of the terminal", async () => {
    const { blog, server } = await startBlog();
    server.containers.command("size", ({ onResize, stdout }) => {
      return new Promise((resolve) => {
        onResize((columns, rows) => {
          stdout.write(`${columns}x${rows}`);
          resolve(0);
        });
      });
    });
    const { stdout, resize } = await blog.exec("blog", ["size"], { tty: true, stdin: true });
    resize(120, 40);
    expect(await text(stdout)).toBe("120x40");
  });
});

test("who does not ask for a WebSocket gets an ordinary answer", async () => {
  const { send, server } = await startBlog();
  const path = "/api/v1/namespaces/default/pods/blog";
  expect((await send("POST", `${path}/exec?command=echo`)).body.message).toBe("Upgrade request required");
  const other = request(`${server.url}${path}`, {
    headers: { authorization: `Bearer ${server.token}`, connection: "Upgrade", upgrade: "h2c" },
  }).end();
  const [response] = await once(other, "response");
  expect(JSON.parse(await text(response))).toMatchObject({ kind: "Pod", metadata: { name: "blog" } });
});

test("attach shows what the container writes from now on, and writes to it", async () => {
  const { blog, server } = await startBlog();
  const log = server.containers.log("default", "blog", "main");
  log.write("before, and ");
  const { stdin, stdout, result } = await blog.attach("blog", { stdin: true });
  log.write("after\n");
  stdin.end("typed\n");
  expect(await text(stdout)).toBe("after\ntyped\n");
  expect((await result).exitCode).toBe(0);
  expect(await blog.log("blog")).toBe("before, and after\ntyped\n");
});

test("attach ends when the container does", async () => {
  const { blog, server } = await startBlog();
  const { stdout, result } = await blog.attach("blog");
  server.containers.log("default", "blog", "main").end();
  expect(await text(stdout)).toBe("");
  expect((await result).exitCode).toBe(0);
});

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
