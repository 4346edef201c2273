import type { TLSSocket } from "node:tls";
import { describe, expect, test, vi } from "vitest";
import type { TlsMaterial } from "../config/cluster-config.ts";
import { ConfigError } from "../config/errors.ts";
import { selfSigned } from "../config/self-signed.test.helper.ts";
import { RawApi } from "../resource/raw-api.ts";
import { ConnectionError } from "./errors.ts";
import { configOf, connect, serve } from "./loopback.test.helper.ts";

const pods = RawApi.v1Pod();
const tls = (material: TlsMaterial) => async () => ({ material, version: "1" });

test("the authority of the config is trusted", async () => {
  const own = selfSigned("localhost");
  const server = await serve((_, response) => response.end("{}"), own);
  const { client } = connect(configOf(server.url, { tls: tls({ ca: own.cert }) }));
  for (let i = 0; i < 10; i++) expect(await client.request(pods.list())).toEqual({});
  expect(server.opened).toBe(1);
});

test("the name to verify may be another than the server's", async () => {
  const own = selfSigned("kubernetes");
  const server = await serve((_, response) => response.end("{}"), own);
  const { client } = connect(configOf(server.url, { tls: tls({ ca: own.cert, servername: "kubernetes" }) }));
  expect(await client.request(pods.list())).toEqual({});
});

test("verification can be switched off", async () => {
  const server = await serve((_, response) => response.end("{}"), selfSigned("other"));
  const { client } = connect(configOf(server.url, { tls: tls({ rejectUnauthorized: false }) }));
  expect(await client.request(pods.list())).toEqual({});
});

describe("what is refused is said at once, in one sentence", () => {
  test.each([
    [
      "localhost",
      false,
      /its certificate is not signed by an authority that is trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    ],
    ["other", true, /its certificate is for another name; .* tls-server-name/],
  ])("a certificate for %s, trusted: %s", async (name, trusted, message) => {
    const own = selfSigned(name);
    const server = await serve((_, response) => response.end("{}"), own);
    const { client, waits } = connect(configOf(server.url, { tls: tls(trusted ? { ca: own.cert } : {}) }));
    const request = client.request(pods.list());
    await expect(request).rejects.toThrow(message);
    await expect(request).rejects.toBeInstanceOf(ConnectionError);
    expect(waits).toEqual([]);
  });

  test("a server without TLS", async () => {
    const server = await serve((_, response) => response.end("{}"));
    const { client } = connect(configOf(server.url.replace("http:", "https:")));
    await expect(client.request(pods.list())).rejects.toThrow(/does not speak TLS/);
  });

  test("a certificate that is none", async () => {
    const { client } = connect(configOf("https://localhost:1", { tls: tls({ cert: "nonsense", key: "private" }) }));
    const request = client.request(pods.list());
    await expect(request).rejects.toBeInstanceOf(ConfigError);
    await expect(request).rejects.not.toThrow(/nonsense|private/);
  });
});

test("a new client certificate takes new connections, and the old ones end with what runs on them", async () => {
  const own = selfSigned("localhost");
  const seen: string[] = [];
  const server = await serve(
    (request, response) => {
      seen.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
      if (request.url?.includes("watch")) response.write("\n");
      else response.end("{}");
    },
    { ...own, requestCert: true, rejectUnauthorized: false },
  );
  const certificates = { one: selfSigned("one"), two: selfSigned("two") };
  let version: keyof typeof certificates = "one";
  const { client } = connect(
    configOf(server.url, { tls: async () => ({ version, material: { ca: own.cert, ...certificates[version] } }) }),
  );
  const { body } = await client.stream(pods.watch());
  await client.request(pods.list());
  expect(server.open.size).toBe(2);

  version = "two";
  await client.request(pods.list());
  expect(seen).toEqual(["one", "one", "two"]);
  await vi.waitFor(() => expect(server.open.size).toBe(2));
  expect(body.destroyed).toBe(false);

  body.destroy();
  await vi.waitFor(() => expect(server.open.size).toBe(1));
  await client.request(pods.list());
  expect(server.opened).toBe(3);
});
