import { expect, test } from "vitest";
import { pods } from "./fakes.test.helper.ts";
import { WatchRequests } from "./requests.ts";
import { watchingFrom } from "./state.ts";

const deployments = { group: "apps", version: "v1", kind: "Deployment", plural: "deployments", namespaced: true };
const nodes = { group: "", version: "v1", kind: "Node", plural: "nodes", namespaced: false };
const listing = { phase: "listing", streamingLists: true, page: 0, continue: "", whole: false } as const;

test("a page asks for the newest state, limited, and goes on by the token", () => {
  const requests = new WatchRequests({ resource: pods });
  expect(requests.list(listing, 500).path).toBe("/api/v1/pods?limit=500");
  expect(requests.list({ ...listing, page: 1, continue: "a/b" }, 500).path).toBe(
    "/api/v1/pods?limit=500&continue=a%2Fb",
  );
});

test("a whole list has no limit", () => {
  expect(new WatchRequests({ resource: pods }).list({ ...listing, whole: true }, 500).path).toBe("/api/v1/pods");
});

test("a streaming list asks for initial events and bookmarks, from no resourceVersion", () => {
  const { path } = new WatchRequests({ resource: pods, namespace: "shop" }).watch(
    { phase: "streaming-list", streamingLists: true, heard: false },
    300,
  );
  expect(path.split("?")[0]).toBe("/api/v1/namespaces/shop/pods");
  expect(Object.fromEntries(new URLSearchParams(path.split("?")[1]))).toEqual({
    watch: "true",
    sendInitialEvents: "true",
    resourceVersionMatch: "NotOlderThan",
    allowWatchBookmarks: "true",
    timeoutSeconds: "300",
  });
});

test("a watch goes on from the resourceVersion, with bookmarks and the selectors", () => {
  const requests = new WatchRequests({
    resource: deployments,
    labelSelector: "app in (a,b)",
    fieldSelector: "metadata.name=x",
  });
  const { path } = requests.watch(watchingFrom("17", true), 15);
  expect(path.split("?")[0]).toBe("/apis/apps/v1/deployments");
  expect(Object.fromEntries(new URLSearchParams(path.split("?")[1]))).toEqual({
    watch: "true",
    labelSelector: "app in (a,b)",
    fieldSelector: "metadata.name=x",
    resourceVersion: "17",
    allowWatchBookmarks: "true",
    timeoutSeconds: "15",
  });
});

test("metadata alone is asked for in every request", () => {
  const requests = new WatchRequests({ resource: pods, metadataOnly: true });
  const as = (kind: string) => ({ accept: `application/json;as=${kind};g=meta.k8s.io;v=v1` });
  expect(requests.list(listing, 500).headers).toEqual(as("PartialObjectMetadataList"));
  expect(requests.watch(watchingFrom("17", true), 15).headers).toEqual(as("PartialObjectMetadata"));
  expect(new WatchRequests({ resource: pods }).list(listing, 500).headers).toBeUndefined();
});

test("a namespace for a resource that has none is refused", () => {
  expect(() => new WatchRequests({ resource: nodes, namespace: "shop" })).toThrow(/nodes are cluster-wide/);
});
