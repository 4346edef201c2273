import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Api } from "../api/api.ts";
import { configOf, connect, serve } from "../client/loopback.test.helper.ts";
import { Patch } from "../resource/patch.ts";
import type { ConfigMap } from "../types/core/v1.ts";
import { startCluster } from "./cluster.test.helper.ts";

describe("patches", () => {
  // kubernetes-client/javascript#862, #995, #1398, #705, #1734, #356, #450: 415 Unsupported Media Type,
  // unless the user sets a header by hand.
  test.each<[string, Patch | object]>([
    ["a plain object", { data: { colour: "blue" } }],
    ["Patch.merge", Patch.merge<ConfigMap>({ data: { colour: "blue" } })],
    ["Patch.strategic", Patch.strategic({ data: { colour: "blue" } })],
    ["Patch.json", Patch.json([{ op: "replace", path: "/data/colour", value: "blue" }])],
    ["Patch.apply", Patch.apply<ConfigMap>({ data: { colour: "blue" } })],
  ])("%s is taken by a server that refuses what has the wrong content type", async (_, patch) => {
    const { maps } = await startCluster();
    await maps.create({ metadata: { name: "sky" }, data: { colour: "grey", size: "large" } });
    const mine = patch instanceof Patch && patch.strategy === "Apply" ? { force: true } : {};
    expect((await maps.patch("sky", patch, { fieldManager: "me", ...mine })).data).toEqual({
      colour: "blue",
      size: "large",
    });
  });

  test("a patch is sent as what it is, without a word about headers", async () => {
    const sent: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      sent.push(request.headers["content-type"]);
      response.end("{}");
    });
    const maps = Api.v1ConfigMap(connect(configOf(server.url)).client).within("default");
    const patches = [{}, Patch.merge({}), Patch.strategic({}), Patch.json([]), Patch.apply({})];
    for (const patch of patches) await maps.patch("sky", patch, { fieldManager: "me" });
    expect(sent).toEqual([
      "application/merge-patch+json",
      "application/merge-patch+json",
      "application/strategic-merge-patch+json",
      "application/json-patch+json",
      "application/apply-patch+yaml",
    ]);
  });
});

describe("errors", () => {
  // kubernetes-client/javascript#892, #1498, #297: the message is a dump of body and headers, and the body is text.
  test("an error says in one line what went wrong, and carries the Status as an object", async () => {
    const { maps } = await startCluster();
    const error = await maps.get("sky").catch((error) => error);
    expect(error.message).toBe('configmaps "sky" not found (GET /api/v1/namespaces/default/configmaps/sky)');
    expect(error).toMatchObject({ name: "ApiError", code: 404, reason: "NotFound", isNotFound: true });
    expect(error.status).toMatchObject({ kind: "Status", details: { name: "sky", kind: "configmaps" } });
  });

  test("what an error prints holds no token, no header and nothing of what was sent", async () => {
    const server = await serve((_, response) => {
      response.writeHead(403, { "content-type": "application/json", "set-cookie": "session=c2VjcmV0" });
      response.end(
        JSON.stringify({ kind: "Status", status: "Failure", message: "no", reason: "Forbidden", code: 403 }),
      );
    });
    const headers = async () => ({ authorization: "Bearer c2VjcmV0" });
    const { client } = connect(configOf(server.url, { headers }));
    const secret = { metadata: { name: "db" }, data: { password: "c2VjcmV0" } };
    const refused = await Api.v1Secret(client)
      .within("default")
      .create(secret)
      .catch((error) => error);
    expect(refused).toMatchObject({ isForbidden: true });
    const unreachable = await Api.v1Secret(connect(configOf("http://localhost:1", { headers })).client)
      .within("default")
      .create(secret)
      .catch((error) => error);
    expect(unreachable.name).toBe("ConnectionError");
    for (const error of [refused, unreachable]) {
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("c2VjcmV0");
      expect(JSON.stringify(error)).not.toContain("c2VjcmV0");
    }
  });
});

describe("a server that has too much to do", () => {
  // hiero-ledger/solo pull request 5036: a 429 is an "Unknown API Status Code!", and every user writes a retry.
  test("a change that is refused with 429 is made as soon as the server says, and once", async () => {
    let refused = 0;
    const server = await serve((_, response) => {
      if (refused++ < 3) response.writeHead(429, { "Retry-After": "2" }).end();
      else response.writeHead(201).end(JSON.stringify({ metadata: { name: "sky" } }));
    });
    const { client, waits } = connect(configOf(server.url));
    const maps = Api.v1ConfigMap(client).within("default");
    expect((await maps.create({ metadata: { name: "sky" } })).metadata.name).toBe("sky");
    expect(waits).toEqual([2000, 2000, 2000]);
    expect(server.paths).toHaveLength(4);
  });
});
