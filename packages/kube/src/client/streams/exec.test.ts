import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type Socket, connect as tcp } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { Api } from "../../api/api.ts";
import { selfSigned } from "../../config/self-signed.test.helper.ts";
import { ConnectionError } from "../errors.ts";
import { configOf, connect, listen, serve } from "../loopback.test.helper.ts";
import type { Transport } from "../transport.ts";

const success = Buffer.from('\u0003{"metadata":{},"status":"Success"}');

/** A server that accepts each WebSocket by the first of the protocols that it knows; `seen` is what was asked. */
async function container(
  behave: (socket: WebSocket, url: string) => void,
  options: {
    protocols?: string[];
    autoPong?: boolean;
    tls?: { cert: string; key: string };
    refuse?: (token: string) => number | undefined;
  } = {},
) {
  const { protocols = ["v5.channel.k8s.io"], refuse = () => undefined } = options;
  const seen: { url: string; protocol: string | undefined; authorization: string | undefined }[] = [];
  const sockets = new WebSocketServer({
    noServer: true,
    autoPong: options.autoPong ?? true,
    handleProtocols: (offered) => [...offered].find((each) => protocols.includes(each)) ?? false,
  });
  const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  server.on("upgrade", (request, socket: Socket, head) => {
    const { authorization, "sec-websocket-protocol": protocol } = request.headers;
    seen.push({ url: request.url ?? "", protocol, authorization });
    const status = refuse(authorization ?? "");
    if (status !== undefined) {
      const body = JSON.stringify({ kind: "Status", status: "Failure", code: status, message: `status ${status}` });
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (each) => behave(each, request.url ?? ""));
  });
  const port = await listen(server);
  const scheme = options.tls === undefined ? "http" : "https";
  return { url: `${scheme}://localhost:${port}`, port, seen };
}

function podsOf(transport: Transport) {
  return Api.v1Pod(transport).within("shop");
}

/** Answers each input with itself until it is told that the input has ended. */
function echoing(socket: WebSocket): void {
  socket.on("message", (data: Buffer) => {
    if (data[0] === 0 && data.length > 1) socket.send(Buffer.concat([Buffer.of(1), data.subarray(1)]));
    if (data[0] === 255) {
      socket.send(success);
      socket.close(1000);
    }
  });
}

describe("exec", () => {
  test("asks for what is wanted, and ends the input by a close signal", async () => {
    const { url, seen } = await container(echoing);
    const { stdin, stdout, stderr, result } = await podsOf(connect(configOf(url)).client).exec("blog", ["cat", "-"], {
      stdin: true,
      stderr: false,
      container: "main",
    });
    stdin.end("hello");
    expect(await Promise.all([text(stdout), text(stderr)])).toEqual(["hello", ""]);
    expect(await result).toEqual({ exitCode: 0, status: { metadata: {}, status: "Success" } });
    const query = "container=main&stdin=true&stdout=true&stderr=false&tty=false&command=cat&command=-";
    expect(seen).toEqual([
      {
        url: `/api/v1/namespaces/shop/pods/blog/exec?${query}`,
        protocol: "v5.channel.k8s.io, v4.channel.k8s.io",
        authorization: undefined,
      },
    ]);
  });

  test("speaks v4 with an older server, which has no close signal", async () => {
    const received: Buffer[] = [];
    const { url } = await container(
      (socket) => {
        socket.on("message", (data: Buffer) => {
          received.push(data);
          socket.send(Buffer.from("\u0001seen"));
          socket.send(success, () => socket.close(1000));
        });
      },
      { protocols: ["v4.channel.k8s.io"] },
    );
    const process = await podsOf(connect(configOf(url)).client).exec("blog", ["cat"], { stdin: true });
    process.stdin.end("hello");
    expect(await text(process.stdout)).toBe("seen");
    expect((await process.result).exitCode).toBe(0);
    expect(received).toEqual([Buffer.from("\0hello")]);
  });

  test("reads a status that comes in pieces, before the connection is cut", async () => {
    const { url } = await container((socket) => {
      const details = { causes: [{ reason: "ExitCode", message: "42" }] };
      const status = JSON.stringify({ status: "Failure", reason: "NonZeroExitCode", message: "no", details });
      socket.send(`\u0003${status.slice(0, 30)}`);
      socket.send(`\u0003${status.slice(30)}`, () => socket.terminate());
    });
    const { result } = await podsOf(connect(configOf(url)).client).exec("blog", ["false"]);
    expect((await result).exitCode).toBe(42);
  });

  test("a connection that ends without a status is an error, with the server's words", async () => {
    const endings: [(socket: WebSocket) => void, RegExp][] = [
      [(socket) => socket.close(1000), /ended before the process said how it ended/],
      [
        (socket) => socket.close(1011, "container is gone"),
        /pods\/blog\/exec: the server closed it: container is gone/,
      ],
      [(socket) => socket.terminate(), /the connection was cut/],
    ];
    for (const [ending, message] of endings) {
      const { url } = await container(ending);
      const { result } = await podsOf(connect(configOf(url)).client).exec("blog", ["cat"]);
      await expect(result).rejects.toThrow(message);
      await expect(result).rejects.toBeInstanceOf(ConnectionError);
    }
  });

  test("renews the credentials after a 401, and does not run a command twice after a 503", async () => {
    const { url, seen } = await container(echoing, {
      refuse: (token) => (token === "Bearer old" ? 401 : token === "Bearer new" ? undefined : 503),
    });
    let authorization = "Bearer old";
    const config = configOf(url, {
      headers: async () => ({ authorization }),
      refresh: async () => {
        authorization = "Bearer new";
        return true;
      },
    });
    const pods = podsOf(connect(config).client);
    const { stdin, result } = await pods.exec("blog", ["cat"], { stdin: true });
    stdin.end();
    expect((await result).exitCode).toBe(0);
    authorization = "Bearer busy";
    await expect(pods.exec("blog", ["cat"])).rejects.toMatchObject({ code: 503, message: /^status 503 / });
    expect(seen.map((each) => each.authorization)).toEqual(["Bearer old", "Bearer new", "Bearer busy"]);
  });

  test("goes over TLS and through a proxy as other requests do", async () => {
    const own = selfSigned("cluster.example");
    const { port } = await container(echoing, { tls: own });
    const targets: (string | undefined)[] = [];
    const proxy = createServer().on("connect", (request, socket: Socket) => {
      targets.push(request.url);
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const onward = tcp(port, "localhost").on("error", () => {});
      socket
        .on("error", () => {})
        .pipe(onward)
        .pipe(socket);
    });
    const tls = async () => ({ material: { ca: own.cert }, version: "1" });
    const proxyUrl = `http://localhost:${await listen(proxy)}`;
    const { client } = connect(configOf("https://cluster.example:6443", { tls, proxyUrl }));
    const { stdin, stdout } = await podsOf(client).exec("blog", ["cat"], { stdin: true });
    stdin.end("through");
    expect(await text(stdout)).toBe("through");
    expect(targets).toEqual(["cluster.example:6443"]);
  });

  test("a server that does not switch to WebSockets is an error", async () => {
    const plain = await serve((_, response) => response.end("{}"));
    await expect(podsOf(connect(configOf(plain.url)).client).exec("blog", ["cat"])).rejects.toThrow(
      "does not speak websocket",
    );
    const { url } = await container(echoing, { protocols: [] });
    await expect(podsOf(connect(configOf(url)).client).exec("blog", ["cat"])).rejects.toThrow(
      "it speaks none of v5.channel.k8s.io, v4.channel.k8s.io",
    );
  });

  test.each([
    { answers: false, outcome: "no sign of life for 60 s" },
    { answers: true, outcome: "the server closed it: in the end" },
  ])("a server that answers pings is alive: $answers", async ({ answers, outcome }) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    onTestFinished(() => void vi.useRealTimers());
    let pings = 0;
    let pinged: () => void = () => {};
    const { url } = await container(
      (socket) => {
        socket.on("ping", () => {
          pings++;
          pinged();
          if (pings === 10) socket.close(1011, "in the end");
        });
      },
      { autoPong: answers },
    );
    const { result } = await podsOf(connect(configOf(url)).client).exec("blog", ["sleep"]);
    const failed = result.then(
      () => "ended",
      (error: Error) => error.message,
    );
    for (let i = 0; i < 10; i++) {
      const arrived = new Promise<void>((resolve) => {
        pinged = resolve;
      });
      vi.advanceTimersByTime(15_000);
      await Promise.race([arrived, failed]);
      // The answer is on its way.
      for (let turn = 0; turn < 200; turn++) await setImmediate();
    }
    expect(await failed).toContain(outcome);
  });

  test("ends with the client", async () => {
    const { url } = await container(echoing);
    const { client } = connect(configOf(url));
    const { stdout, result } = await podsOf(client).exec("blog", ["cat"], { stdin: true });
    await client.close();
    await expect(result).rejects.toThrow("is closed");
    await expect(buffer(stdout)).rejects.toThrow("is closed");
  });

  test("a stream that is given up does not hold back the others", async () => {
    const block = Buffer.alloc(1_000_000, 2);
    const { url } = await container((socket) => {
      socket.send(block);
      socket.send(Buffer.from("\u0001done"));
      socket.send(success, () => socket.close(1000));
    });
    const { stdout, stderr, result } = await podsOf(connect(configOf(url)).client).exec("blog", ["noisy"]);
    while (stderr.readableLength === 0) await setImmediate();
    stderr.destroy();
    expect(await text(stdout)).toBe("done");
    expect((await result).exitCode).toBe(0);
  });

  test("an abort before the handshake is over is its reason", async () => {
    const silent = createServer().on("upgrade", () => {});
    const port = await listen(silent);
    const aborter = new AbortController();
    const { client } = connect(configOf(`http://localhost:${port}`));
    const asked = podsOf(client).exec("blog", ["cat"], { signal: aborter.signal });
    const reason = new Error("enough");
    silent.once("upgrade", () => aborter.abort(reason));
    await expect(asked).rejects.toBe(reason);
    await expect(podsOf(client).exec("blog", ["cat"], { timeout: 20 })).rejects.toThrow("no answer within 20 ms");
  });

  test("a transport without WebSockets says so", async () => {
    const { client } = connect(configOf("http://localhost:1"));
    const bare = { request: client.request, requestText: client.requestText, stream: client.stream };
    await expect(podsOf(bare).exec("blog", ["cat"])).rejects.toThrow("cannot open WebSockets");
  });
});
