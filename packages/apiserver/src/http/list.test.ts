import { describe, expect, test } from "vitest";
import { type Answer, type Api, configMaps, pod, pods, startApi } from "./api.test.helper.ts";

function names({ body }: Answer): string[] {
  return body.items.map((item: { metadata: { name: string } }) => item.metadata.name);
}

async function createMaps(api: Api, ...wanted: string[]): Promise<void> {
  for (const name of wanted) await api.send("POST", configMaps, { metadata: { name } });
}

/** Query as an object, so that what a test asks for is readable. */
function query(path: string, parameters: Record<string, string | number>): string {
  return `${path}?${new URLSearchParams(Object.entries(parameters).map(([key, value]) => [key, String(value)] as [string, string]))}`;
}

describe("a list", () => {
  test("has the objects in the order of their names, without kind and apiVersion", async () => {
    const api = await startApi();
    await createMaps(api, "b", "a", "a-b");
    const answer = await api.send("GET", configMaps);
    expect(answer.body).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
    expect(names(answer)).toEqual(["a", "a-b", "b"]);
    expect(answer.body.items[0].kind).toBeUndefined();
    expect(answer.body.metadata.resourceVersion).toBe(String(api.server.store.revision));
  });

  test("is of one namespace or of all", async () => {
    const api = await startApi();
    await api.send("POST", pods, pod("a"));
    await api.send("POST", "/api/v1/namespaces/kube-system/pods", pod("b"));
    expect(names(await api.send("GET", pods))).toEqual(["a"]);
    expect(names(await api.send("GET", "/api/v1/pods"))).toEqual(["a", "b"]);
    // The name of one namespace may be the beginning of another's.
    expect(names(await api.send("GET", "/api/v1/namespaces/kube/pods"))).toEqual([]);
  });

  test("is the same object in every version of its group", async () => {
    const api = await startApi();
    const v2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
    await api.send("POST", v2, { metadata: { name: "web" }, spec: { maxReplicas: 3 } });
    const v1 = await api.send("GET", `${v2.replace("v2", "v1")}/web`);
    expect(v1.body).toMatchObject({ apiVersion: "autoscaling/v1", metadata: { name: "web" } });
  });

  test.each([
    ["labelSelector", "app=x", ["a", "c"]],
    ["labelSelector", "app notin (x)", ["b", "d"]],
    ["fieldSelector", "metadata.name=b", ["b"]],
    ["fieldSelector", "spec.nodeName=node-1,status.phase!=Running", ["a"]],
    ["fieldSelector", "spec.schedulerName=default-scheduler,metadata.namespace!=default", []],
  ])("selects by %s %s", async (parameter, selector, expected) => {
    const api = await startApi();
    await api.send("POST", pods, pod("a", { labels: { app: "x" }, spec: { nodeName: "node-1" } }));
    await api.send("POST", pods, pod("b", { labels: { app: "y" } }));
    await api.send("POST", pods, pod("c", { labels: { app: "x" } }));
    await api.send("POST", pods, pod("d"));
    expect(names(await api.send("GET", query(pods, { [parameter]: selector })))).toEqual(expected);
  });

  test.each([
    [{ fieldSelector: "spec.foo=bar" }, 400, "field label not supported: spec.foo"],
    [{ fieldSelector: "spec.nodeName" }, 400, "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'"],
    [{ labelSelector: "a in (b" }, 400, "unable to parse requirement: found '', expected: ',' or ')'"],
    [{ labelSelector: "a=b c" }, 400, "found 'c', expected: ',' or 'end of string'"],
    [{ limit: "x" }, 400, 'limit: "x" is not an integer'],
    [{ resourceVersion: "999999" }, 504, "Timeout: Too large resource version: 999999, current: "],
    [{ resourceVersion: "abc" }, 400, "invalid resource version: "],
    [{ continue: "abc" }, 400, "invalid continue token: "],
    [{ sendInitialEvents: "true" }, 422, "sendInitialEvents is forbidden for list"],
    [{ resourceVersionMatch: "Exact" }, 422, "resourceVersionMatch is forbidden unless resourceVersion is provided"],
    [{ resourceVersionMatch: "Exact", resourceVersion: "0" }, 422, "is forbidden for resourceVersion"],
    [{ resourceVersionMatch: "New", resourceVersion: "1" }, 422, 'Unsupported value: "New"'],
  ])("refuses %j", async (parameters, code, message) => {
    const api = await startApi();
    const answer = await api.send("GET", query(pods, parameters as unknown as Record<string, string>));
    expect(answer.status).toBe(code);
    expect(answer.body.message).toContain(message);
  });

  test("from the future says when to try again", async () => {
    const api = await startApi();
    const answer = await api.send("GET", query(pods, { resourceVersion: 999_999 }));
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(answer.body.details.causes).toMatchObject([{ reason: "ResourceVersionTooLarge" }]);
  });
});

describe("a list at a revision", () => {
  test("shows that state exactly, or a newer one, as asked", async () => {
    const api = await startApi();
    await createMaps(api, "a", "b");
    const { revision } = api.server.store;
    await api.send("DELETE", `${configMaps}/a`);
    await api.patch(`${configMaps}/b`, "merge", { data: { new: "1" } });
    await createMaps(api, "c");
    const exact = await api.send(
      "GET",
      query(configMaps, { resourceVersion: revision, resourceVersionMatch: "Exact" }),
    );
    expect(names(exact)).toEqual(["a", "b"]);
    expect(exact.body.items[1].data).toBeUndefined();
    expect(exact.body.metadata.resourceVersion).toBe(String(revision));
    const limited = await api.send("GET", query(configMaps, { resourceVersion: revision, limit: 10 }));
    expect(names(limited)).toEqual(["a", "b"]);
    for (const resourceVersion of [0, revision]) {
      expect(names(await api.send("GET", query(configMaps, { resourceVersion })))).toEqual(["b", "c"]);
    }
  });

  test("is gone after compaction", async () => {
    const api = await startApi();
    await createMaps(api, "a");
    const { revision } = api.server.store;
    await createMaps(api, "b");
    api.server.store.compact();
    const answer = await api.send(
      "GET",
      query(configMaps, { resourceVersion: revision, resourceVersionMatch: "Exact" }),
    );
    expect(answer).toMatchObject({ status: 410, body: { reason: "Expired", code: 410 } });
  });
});

describe("pages", () => {
  test("together are the list as it was at the first", async () => {
    const api = await startApi();
    await createMaps(api, "a", "b", "c", "d", "e");
    const first = await api.send("GET", query(configMaps, { limit: 2 }));
    expect(names(first)).toEqual(["a", "b"]);
    expect(first.body.metadata.remainingItemCount).toBe(3);
    await api.send("DELETE", `${configMaps}/c`);
    await createMaps(api, "bb");
    const second = await api.send("GET", query(configMaps, { limit: 2, continue: first.body.metadata.continue }));
    expect(names(second)).toEqual(["c", "d"]);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    const third = await api.send("GET", query(configMaps, { limit: 2, continue: second.body.metadata.continue }));
    expect(names(third)).toEqual(["e"]);
    expect(third.body.metadata.continue).toBeUndefined();
  });

  test("count what is left in their namespace, and nothing where a selector is given", async () => {
    const api = await startApi();
    await createMaps(api, "a", "b", "c");
    await api.send("POST", "/api/v1/namespaces/kube-system/configmaps", { metadata: { name: "z" } });
    expect((await api.send("GET", query(configMaps, { limit: 1 }))).body.metadata.remainingItemCount).toBe(2);
    const selected = await api.send("GET", query(configMaps, { limit: 1, labelSelector: "!x" }));
    expect(selected.body.metadata).not.toHaveProperty("remainingItemCount");
    expect(selected.body.metadata.continue).toEqual(expect.any(String));
  });

  test("expire with compaction, with a token for the rest as it is now", async () => {
    const api = await startApi();
    await createMaps(api, "a", "b", "c");
    const first = await api.send("GET", query(configMaps, { limit: 1 }));
    await api.send("DELETE", `${configMaps}/b`);
    api.server.store.compact();
    const gone = await api.send("GET", query(configMaps, { limit: 1, continue: first.body.metadata.continue }));
    expect(gone).toMatchObject({ status: 410, body: { reason: "Expired" } });
    const rest = await api.send("GET", query(configMaps, { limit: 5, continue: gone.body.metadata.continue }));
    expect(names(rest)).toEqual(["c"]);
  });

  test("take no other revision than their own", async () => {
    const api = await startApi();
    await createMaps(api, "a", "b");
    const first = await api.send("GET", query(configMaps, { limit: 1 }));
    const token = first.body.metadata.continue;
    expect((await api.send("GET", query(configMaps, { continue: token, resourceVersion: 3 }))).status).toBe(400);
  });
});
