import { existsSync, readdirSync } from "node:fs";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Api } from "../api/api.ts";
import { configOf, connect, listen, serve } from "../client/loopback.test.helper.ts";
import { selfSigned } from "../config/self-signed.test.helper.ts";
import { RawApi } from "../resource/raw-api.ts";

const pods = RawApi.v1Pod().within("shop");
const own = selfSigned("localhost");
const trusting = { tls: async () => ({ material: { ca: own.cert }, version: "1" }) };

/** How many files and sockets this process has open, the servers' own included; 0 where the system does not tell. */
const openFiles = () => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0);

/** Bytes in use once all that is of no use has been let go. */
function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

describe("sockets", () => {
  // kubernetes-client/javascript#2893, #494: each request makes an agent of its own, whose sockets are left behind.
  test("ten thousand requests over TLS take ten sockets, and leave none behind", async () => {
    const server = await serve((request, response) => {
      response.statusCode = request.url?.includes("missing") ? 404 : 200;
      response.end("{}");
    }, own);
    const { client } = connect(configOf(server.url, trusting));
    const before = openFiles();
    let most = 0;
    let left = 10_000;
    const worker = async () => {
      while (left-- > 0) {
        const request = left % 10 === 0 ? pods.get("missing") : pods.list();
        await client.request(request).catch((error) => expect(error).toMatchObject({ code: 404 }));
        if (left % 100 === 0) most = Math.max(most, openFiles());
      }
    };
    await Promise.all(Array.from({ length: 10 }, worker));
    expect(server.paths).toHaveLength(10_000);
    expect(server.opened).toBe(10);
    // Both ends of each are in this process, which may read a file of its own meanwhile.
    expect(most - before).toBeLessThanOrEqual(24);
    await client.close();
    await vi.waitFor(() => expect(openFiles()).toBeLessThanOrEqual(before));
    expect(server.open.size).toBe(0);
  });

  // kubernetes-fluent-client#424, #364, #406, #418: watches over HTTP/2 leak memory.
  test("a thousand watches that end, are cut or are left leave no socket and no memory behind", async () => {
    let count = 0;
    const server = await serve((_, response) => {
      response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n');
      const end = count++ % 3;
      if (end === 0) response.end();
      if (end === 1) setImmediate(() => response.destroy());
    });
    const { client } = connect(configOf(server.url));
    const watch = async () => {
      for await (const event of client.requestEvents(pods.watch())) {
        expect(event.type).toBe("ADDED");
        if (count % 3 === 0) return;
      }
    };
    const watches = async (times: number) => {
      for (let time = 0; time < times; time++) await watch().catch(() => {});
    };
    await watches(300);
    const before = heapUsed();
    await watches(1_000);
    server.paths.length = 0;
    await vi.waitFor(() => expect((heapUsed() - before) / 1_000).toBeLessThan(1_000));
    await client.close();
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test("HTTP/1.1 is spoken, a connection for each watch, also where a server would speak HTTP/2", async () => {
    const spoken: string[] = [];
    const server: Http2SecureServer = createSecureServer({ ...own, allowHTTP1: true }, (request, response) => {
      spoken.push(request.httpVersion);
      if (request.url.includes("watch")) response.write("\n");
      else response.end("{}");
    });
    let opened = 0;
    server.on("secureConnection", () => opened++);
    const port = await listen(server);
    const { client } = connect(configOf(`https://localhost:${port}`, trusting));
    await Promise.all([client.stream(pods.watch()), client.stream(pods.watch())]);
    expect(await client.request(pods.list())).toEqual({});
    expect(spoken).toEqual(["1.1", "1.1", "1.1"]);
    expect(opened).toBe(3);
  });
});

describe("time", () => {
  // kubernetes-client/javascript pull request 2430: there is no way to give a call a signal or a time limit.
  const calls: [string, (api: Api<object & { metadata: object }>, options: object) => unknown][] = [
    ["get", (api, options) => api.get("a", options)],
    ["create", (api, options) => api.create({ metadata: {} }, {}, options)],
    ["replace", (api, options) => api.replace("a", { metadata: {} }, {}, options)],
    ["patch", (api, options) => api.patch("a", {}, {}, options)],
    ["delete", (api, options) => api.delete("a", {}, options)],
    ["list", (api, options) => api.list({}, options)],
    ["listAll", (api, options) => api.listAll({}, options).next()],
    ["deleteCollection", (api, options) => api.deleteCollection({}, {}, options)],
    ["watch", (api, options) => api.watch({}, options).next()],
    ["getStatus", (api, options) => api.getStatus("a", options)],
    ["replaceStatus", (api, options) => api.replaceStatus("a", { metadata: {} }, {}, options)],
    ["patchStatus", (api, options) => api.patchStatus("a", {}, {}, options)],
    ["getScale", (api, options) => api.getScale("a", options)],
    ["replaceScale", (api, options) => api.replaceScale("a", { metadata: {} }, {}, options)],
    ["patchScale", (api, options) => api.patchScale("a", {}, {}, options)],
    ["log", (api, options) => api.log("a", {}, options)],
    ["logStream", (api, options) => api.logStream("a", {}, options)],
    ["logLines", (api, options) => api.logLines("a", {}, options).next()],
    ["exec", (api, options) => api.exec("a", ["true"], options)],
    ["attach", (api, options) => api.attach("a", options)],
    ["portForward", (api, options) => api.portForward("a", [80], options)],
  ];

  test.each(calls)(
    "%s obeys a signal and a timeout while the server is mute, and leaves no socket",
    async (_, call) => {
      const server = await serve(() => {});
      server.open.clear();
      const { client } = connect(configOf(server.url));
      const api = new Api<{ metadata: object }>(client, pods);
      const stop = new AbortController();
      const aborted = expect(call(api, { signal: stop.signal })).rejects.toThrow("enough");
      await vi.waitFor(() => expect(server.paths.length + server.opened).toBeGreaterThan(0), { interval: 2 });
      stop.abort(new Error("enough"));
      await aborted;
      await expect(call(api, { timeout: 10 })).rejects.toThrow("gave no answer within 10 ms");
      await vi.waitFor(() => expect(server.open.size).toBe(0), { interval: 2 });
    },
  );

  test("without a word of the user's, no call waits for ever", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await serve(() => {});
    const { client } = connect(configOf(server.url));
    const late = expect(client.request(pods.list())).rejects.toThrow("gave no answer within 30000 ms");
    await vi.advanceTimersByTimeAsync(30_000);
    await late;
  });
});
