import { createServer } from "node:http";
import { createServer as createTcpServer, type Socket, connect as tcp } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../config/errors.ts";
import { selfSigned } from "../config/self-signed.test.helper.ts";
import { RawApi } from "../resource/raw-api.ts";
import { configOf, connect, listen, serve } from "./loopback.test.helper.ts";
import { proxyFor } from "./proxy.ts";

const pods = RawApi.v1Pod();

describe("through a proxy", () => {
  /** Tunnels to `port`, whatever host was asked for; `asked` is what was. */
  async function httpProxy(port: number, status = 200) {
    const asked: { target: string | undefined; authorization: string | undefined }[] = [];
    const server = createServer().on("connect", (request, socket: Socket) => {
      asked.push({ target: request.url, authorization: request.headers["proxy-authorization"] });
      socket.on("error", () => {});
      if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const onward = tcp(port, "localhost").on("error", () => {});
      socket.pipe(onward).pipe(socket);
    });
    return { asked, port: await listen(server) };
  }

  test("https goes through a tunnel, with the proxy's password", async () => {
    const own = selfSigned("cluster.example");
    const server = await serve((_, response) => response.end("{}"), own);
    const proxy = await httpProxy(server.port);
    const tls = async () => ({ material: { ca: own.cert }, version: "1" });
    const { client } = connect(
      configOf("https://cluster.example:6443", { tls, proxyUrl: `http://me:secret@localhost:${proxy.port}` }),
    );
    for (let i = 0; i < 3; i++) expect(await client.request(pods.list())).toEqual({});
    const authorization = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    expect(proxy.asked).toEqual([{ target: "cluster.example:6443", authorization }]);
    expect(server.opened).toBe(1);
  });

  test("a server that is far away may pack lists, but not watches", async () => {
    const accepted: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      accepted.push(request.headers["accept-encoding"]);
      if (accepted.length > 1) response.end("\n");
      else response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"items":[]}'));
    });
    const proxy = await httpProxy(server.port);
    const { client } = connect(configOf("http://cluster.example", { proxyUrl: `http://localhost:${proxy.port}` }));
    expect(await client.request(pods.list())).toEqual({ items: [] });
    (await client.stream(pods.watch())).body.resume();
    expect(accepted).toEqual(["gzip", undefined]);
  });

  test("what fails names the proxy, but not its password", async () => {
    const refusing = await httpProxy(0, 407);
    const gone = { port: 1 };
    for (const [{ port }, message] of [
      [refusing, /407/],
      [gone, /connection refused/],
    ] as const) {
      const { client } = connect(
        configOf("https://cluster.example", { proxyUrl: `http://me:secret@localhost:${port}` }),
      );
      const request = client.request(pods.list());
      await expect(request).rejects.toThrow(message);
      await expect(request).rejects.toThrow(
        `cannot reach https://cluster.example through the proxy localhost:${port}: `,
      );
      await expect(request).rejects.not.toThrow(/secret/);
    }
  });

  test("SOCKS5", async () => {
    const own = selfSigned("cluster.example");
    const server = await serve((_, response) => response.end("{}"), own);
    let target = "";
    const proxy = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write(Uint8Array.of(5, 0));
        socket.once("data", (request) => {
          // RFC 1928: version, CONNECT, reserved, domain name, its length.
          const length = request[4] ?? 0;
          target = `${request.toString("utf8", 5, 5 + length)}:${request.readUInt16BE(5 + length)}`;
          socket.write(Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
          socket.pipe(tcp(server.port, "localhost").on("error", () => {})).pipe(socket);
        });
      });
    });
    const tls = async () => ({ material: { ca: own.cert }, version: "1" });
    const proxyUrl = `socks5://localhost:${await listen(proxy)}`;
    const { client } = connect(configOf("https://cluster.example:6443", { tls, proxyUrl }));
    for (let i = 0; i < 10; i++) expect(await client.request(pods.list())).toEqual({});
    expect(target).toBe("cluster.example:6443");
    // undici's SOCKS agent has a Pool of its own, which takes a second socket while the first one is being tidied.
    expect(server.opened).toBeLessThanOrEqual(2);
  });
});

describe("which proxy", () => {
  const via = (server: string, env: NodeJS.ProcessEnv) => proxyFor(new URL(server), undefined, env)?.href;

  test("the kubeconfig's comes first, then the environment's for the scheme", () => {
    const env = { HTTPS_PROXY: "http://env:1", HTTP_PROXY: "http://plain:1" };
    expect(proxyFor(new URL("https://a"), "socks5://own:1080", env)?.href).toBe("socks5://own:1080");
    expect(via("https://a", env)).toBe("http://env:1/");
    expect(via("http://a", env)).toBe("http://plain:1/");
    expect(via("https://a", { https_proxy: "proxy:3128" })).toBe("http://proxy:3128/");
    expect(via("https://a", {})).toBeUndefined();
    expect(via("https://a", { HTTPS_PROXY: "" })).toBeUndefined();
  });

  test.each([
    ["https://10.96.0.1", "10.0.0.0/8", true],
    ["https://11.0.0.1", "10.0.0.0/8", false],
    ["https://[fd00::1]:6443", "fd00::/8", true],
    ["https://10.0.0.1", "10.0.0.1", true],
    ["https://api.example.com", "example.com", true],
    ["https://api.example.com", ".example.com", true],
    ["https://api.example.com", "*.example.com", true],
    ["https://example.com", ".example.com", false],
    ["https://notexample.com", "example.com", false],
    ["https://api.example.com", "other, API.example.com:443", true],
    ["https://api.example.com:6443", "api.example.com:443", false],
    ["https://api.example.com", "*", true],
    ["https://api.example.com", "10.0.0.0/99,/,:,a/b", false],
    ["https://localhost:6443", "", true],
    ["https://127.0.0.1:6443", "", true],
    ["https://[::1]:6443", "", true],
  ])("%s with NO_PROXY=%s goes direct: %s", (server, noProxy, direct) => {
    expect(via(server, { HTTPS_PROXY: "http://proxy:1", NO_PROXY: noProxy }) === undefined).toBe(direct);
  });

  test.each(["ftp://me:secret@proxy", "me:secret@"])("%s is refused without quoting it", (value) => {
    const call = () => proxyFor(new URL("https://a"), value, {});
    expect(call).toThrow(ConfigError);
    expect(call).not.toThrow(/secret/);
  });
});
