import type { ApiRequest, Transport } from "@kubecast/kube";
import { type Controller, Recorder } from "@kubecast/kube/runtime";
import { beforeEach, expect, test } from "vitest";
import type { Document } from "./document.ts";
import { AGAIN, IllegalDocumentError, reconciler } from "./reconcile.ts";

/** Takes every request, and answers with what it was sent. */
class Server implements Transport {
  readonly requests: ApiRequest[] = [];
  async request<T>(request: ApiRequest): Promise<T> {
    this.requests.push(request);
    return { metadata: { name: "x" } } as T;
  }
  requestText = () => Promise.reject(new Error("not asked for"));
  stream = () => Promise.reject(new Error("not asked for"));
}

let server: Server;
beforeEach(() => {
  server = new Server();
});

function reconcile(object: Document | undefined) {
  const recorder = new Recorder({ client: server, controller: "doc-controller" });
  const store = {} as Controller<Document>["store"];
  const { name = "", namespace = "" } = object?.metadata ?? {};
  return reconciler(server, recorder)({ name, namespace }, { object, store, signal: new AbortController().signal });
}

function document(name: string, hide: boolean, metadata: Document["metadata"] = {}): Document {
  return {
    apiVersion: "kube.rs/v1",
    kind: "Document",
    metadata: { name, namespace: "default", uid: "1", finalizers: ["documents.kube.rs"], ...metadata },
    spec: { title: "A", hide, content: "B" },
  };
}

const sent = () =>
  server.requests.map(({ method, path, body }) => [method, path, body === undefined ? undefined : parse(body)]);
const parse = (body: unknown) => (typeof body === "string" ? JSON.parse(body) : body);
const own = "/apis/kube.rs/v1/namespaces/default/documents/a";
const applied = (hidden: boolean) => [
  "PATCH",
  `${own}/status?fieldManager=cntrlr&force=true`,
  { apiVersion: "kube.rs/v1", kind: "Document", metadata: { name: "a" }, status: { hidden } },
];
const event = (reason: string, action: string, note: string) => [
  "POST",
  "/apis/events.k8s.io/v1/namespaces/default/events",
  expect.objectContaining({ reason, action, note, reportingController: "doc-controller" }),
];

test("a new Document gets the finalizer, and nothing else before it has it", async () => {
  expect(await reconcile(document("a", true, { finalizers: [] }))).toBeUndefined();
  expect(sent()).toEqual([
    ["PATCH", own, expect.arrayContaining([expect.objectContaining({ value: ["documents.kube.rs"] })])],
  ]);
});

test("the status is applied, and looked at again in five minutes", async () => {
  expect(await reconcile(document("a", false))).toEqual(AGAIN);
  expect(sent()).toEqual([applied(false)]);
  expect(AGAIN).toEqual({ requeueAfter: 300_000 });
});

test("one that is to be hidden is told of before, and once it is hidden no more", async () => {
  await reconcile(document("a", true));
  expect(sent()).toEqual([event("HideRequested", "Hiding", "Hiding `a`"), applied(true)]);
  server.requests.length = 0;
  await reconcile({ ...document("a", true), status: { hidden: true } });
  expect(sent()).toEqual([applied(true)]);
});

test("one that is called illegal fails, and its status stays", async () => {
  await expect(reconcile(document("illegal", false))).rejects.toThrow(IllegalDocumentError);
  expect(sent()).toEqual([]);
});

test("one that is being deleted is told of, and let go", async () => {
  expect(await reconcile(document("a", true, { deletionTimestamp: "2026-01-01T00:00:00Z" }))).toBeUndefined();
  expect(sent()).toEqual([
    event("DeleteRequested", "Deleting", "Delete `a`"),
    ["PATCH", own, expect.arrayContaining([expect.objectContaining({ op: "remove" })])],
  ]);
});

test("nothing is done about one that is gone, or that others hold back", async () => {
  await reconcile(undefined);
  await reconcile(document("a", true, { finalizers: ["other/x"], deletionTimestamp: "2026-01-01T00:00:00Z" }));
  expect(sent()).toEqual([]);
});
