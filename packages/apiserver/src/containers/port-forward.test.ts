import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { text } from "node:stream/consumers";
import { ConnectionError } from "@kubecast/kube";
import { describe, expect, onTestFinished, test } from "vitest";
import { startBlog } from "./containers.test.helper.ts";

describe("portForward", () => {
  test("carries several ports over one connection, each by itself", async () => {
    const { blog, server } = await startBlog();
    server.containers.port(8080, (connection) => {
      connection.on("data", (chunk: Buffer) => connection.write(chunk.toString().toUpperCase()));
    });
    const forward = await blog.portForward("blog", [7, 8080]);
    forward.stream(7).write("hello");
    forward.stream(8080).write("hello");
    expect(await once(forward.stream(8080), "data")).toEqual([Buffer.from("HELLO")]);
    expect(await once(forward.stream(7), "data")).toEqual([Buffer.from("hello")]);
    expect(() => forward.stream(80)).toThrow("port 80 is not forwarded; 7, 8080 are");
    forward.close();
    expect(await text(forward.stream(7))).toBe("");
  });

  test("carries 20 MB whole", async () => {
    const { blog } = await startBlog();
    const stream = (await blog.portForward("blog", [7])).stream(7);
    const size = 20_000_000;
    stream.write(Buffer.alloc(size, "abc"));
    let received = Buffer.alloc(0);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= size) break;
    }
    received = Buffer.concat(chunks);
    expect(received.equals(Buffer.alloc(size, "abc"))).toBe(true);
  });

  test("a port on which nothing listens fails, and the others go on", async () => {
    const { blog } = await startBlog();
    const forward = await blog.portForward("blog", [81, 7]);
    const failed = text(forward.stream(81));
    await expect(failed).rejects.toThrow(/^port 81 of the pod: .*connection refused$/);
    await expect(failed).rejects.toBeInstanceOf(ConnectionError);
    forward.stream(7).write("still here");
    expect(String(await once(forward.stream(7), "data"))).toBe("still here");
  });

  test("an abort ends the streams with its reason", async () => {
    const { blog } = await startBlog();
    const aborter = new AbortController();
    const forward = await blog.portForward("blog", [7], { signal: aborter.signal });
    const reason = new Error("enough");
    aborter.abort(reason);
    await expect(text(forward.stream(7))).rejects.toBe(reason);
  });

  test("refuses ports that are none", async () => {
    const { blog } = await startBlog();
    await expect(blog.portForward("blog", [70_000])).rejects.toThrow("from 1 to 65535");
    await expect(blog.portForward("blog", [])).rejects.toThrow("at least one port");
  });
});

describe("a local port for a Pod's", () => {
  test("serves many connections, one after another and at a time", async () => {
    const { blog, server } = await startBlog();
    const web = createServer((request, response) => response.end(`you asked for ${request.url}`)).listen(
      0,
      "127.0.0.1",
    );
    onTestFinished(() => void web.close().closeAllConnections());
    await once(web, "listening");
    server.containers.port(80, (web.address() as AddressInfo).port);
    const listener = await blog.portForwardListen("blog", 80);
    const answers = await Promise.all(
      ["a", "b", "c"].map(async (path) => (await fetch(`http://127.0.0.1:${listener.localPort}/${path}`)).text()),
    );
    expect(answers).toEqual(["you asked for /a", "you asked for /b", "you asked for /c"]);
    await listener.close();
    await expect(fetch(`http://127.0.0.1:${listener.localPort}/`)).rejects.toThrow();
  });

  test("tells why a connection failed, and goes on listening", async () => {
    const { blog, server } = await startBlog();
    const errors: unknown[] = [];
    const aborter = new AbortController();
    const listener = await blog.portForwardListen("blog", 80, {
      signal: aborter.signal,
      onError: (error) => errors.push(error),
    });
    const local = connect(listener.localPort, "127.0.0.1");
    expect(await text(local)).toBe("");
    expect(errors).toMatchObject([{ message: expect.stringContaining("connection refused") }]);
    server.containers.port(80, (connection) => connection.end("hello"));
    expect(await text(connect(listener.localPort, "127.0.0.1"))).toBe("hello");
    aborter.abort();
  });

  test("a local port that is taken is an error", async () => {
    const { blog } = await startBlog();
    const taken = createTcpServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const localPort = (taken.address() as AddressInfo).port;
    await expect(blog.portForwardListen("blog", 80, { localPort })).rejects.toThrow("EADDRINUSE");
  });
});
