import { expect, test } from "vitest";
import { pod, pods, startApi } from "./api.test.helper.ts";

const type = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" };
const as = (kind: string, rest = "") => ({ accept: `application/json;as=${kind};g=meta.k8s.io;v=v1${rest}` });

test("an object's metadata alone are what a client gets that asks for no more", async () => {
  const { send } = await startApi();
  const { body: created } = await send("POST", pods, pod("a", { labels: { app: "x" } }), as("PartialObjectMetadata"));
  expect(created).toEqual({ ...type, metadata: created.metadata });
  expect(created.metadata).toMatchObject({ name: "a", labels: { app: "x" } });
  expect((await send("GET", `${pods}/a`, undefined, as("PartialObjectMetadata"))).body).toEqual(created);
  const list = await send("GET", pods, undefined, as("PartialObjectMetadataList"));
  expect(list.body).toEqual({
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    metadata: list.body.metadata,
    items: [created],
  });
});

test("the first form that is known counts; the whole object where none is asked for", async () => {
  const { send } = await startApi();
  await send("POST", pods, pod("a"));
  const kindFor = async (accept: string) => (await send("GET", `${pods}/a`, undefined, { accept })).body.kind;
  const { accept } = as("PartialObjectMetadata");
  expect(await kindFor(`application/json;as=Table;g=meta.k8s.io;v=v1beta1,${accept},application/json`)).toBe(type.kind);
  expect(await kindFor(`application/json,${accept}`)).toBe("Pod");
  expect(await kindFor("*/*")).toBe("Pod");
  expect((await send("GET", `${pods}/a`, undefined, as("PartialObjectMetadataList"))).status).toBe(406);
});

test("a watch tells of metadata, from the list through the bookmarks to the end", async () => {
  const { server, send } = await startApi({ bookmarkInterval: 5 });
  const wanted = { authorization: `Bearer ${server.token}`, ...as("PartialObjectMetadata") };
  await send("POST", pods, pod("a", { labels: { app: "x" } }));
  const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=1";
  const response = await fetch(`${server.url}${pods}?${query}&labelSelector=app%3Dx`, { headers: wanted });
  await send(
    "PATCH",
    `${pods}/a`,
    { metadata: { labels: { app: "y" } } },
    { "content-type": "application/merge-patch+json" },
  );
  const seen: string[] = [];
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const { type: event, object } = JSON.parse(line);
      expect(object).toEqual({ ...type, metadata: object.metadata });
      if (event !== seen.at(-1)) seen.push(event);
    }
    if (seen.includes("DELETED") && seen.at(-1) === "BOOKMARK") break;
  }
  expect(seen).toEqual(["ADDED", "BOOKMARK", "DELETED", "BOOKMARK"]);
});
