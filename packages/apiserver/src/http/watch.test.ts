import { describe, expect, test, vi } from "vitest";
import { startApiServer } from "../server.ts";
import { ObjectStore } from "../store/object-store.ts";
import { type Api, configMaps, connect, pod, pods, startApi } from "./api.test.helper.ts";

const initialEventsEnd = { "k8s.io/initial-events-end": "true" };
const streaming = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

type Event = { type: string; object: { metadata: { name?: string; resourceVersion: string } } };

/** `ADDED web`: what a reader of a test wants to know of an event. */
function brief({ type, object }: Event): string {
  return object.metadata.name === undefined ? type : `${type} ${object.metadata.name}`;
}

async function createMap(api: Api, name: string, data: Record<string, string> = {}): Promise<string> {
  const { body } = await api.send("POST", configMaps, { metadata: { name }, data });
  return body.metadata.resourceVersion;
}

describe("a watch", () => {
  test("from a revision brings every later change, in order, with whole objects", async () => {
    const api = await startApi();
    const from = await createMap(api, "before");
    const { body: created } = await api.send("POST", pods, pod("web"));
    const watch = await api.watch(`${pods}?watch=1&resourceVersion=${from}`);
    expect(await watch.next()).toEqual({ type: "ADDED", object: created });
    const { body: patched } = await api.patch(`${pods}/web`, "merge", { metadata: { labels: { a: "b" } } });
    expect(await watch.next()).toEqual({ type: "MODIFIED", object: patched });
    const { body: deleted } = await api.send("DELETE", `${pods}/web`);
    expect(await watch.next()).toEqual({ type: "DELETED", object: deleted });
    expect(Number(deleted.metadata.resourceVersion)).toBeGreaterThan(Number(patched.metadata.resourceVersion));
  });

  test.each(["", "&resourceVersion=0"])("without a revision (%s) begins with the objects there are", async (more) => {
    const api = await startApi();
    await createMap(api, "b");
    await createMap(api, "a");
    const watch = await api.watch(`${configMaps}?watch=1${more}`);
    expect([brief(await watch.next()), brief(await watch.next())]).toEqual(["ADDED a", "ADDED b"]);
    await createMap(api, "c");
    expect(brief(await watch.next())).toBe("ADDED c");
  });

  test("of a namespace hears of no other", async () => {
    const api = await startApi();
    const watch = await api.watch(`${pods}?watch=1`);
    const everywhere = await api.watch("/api/v1/pods?watch=1");
    await api.send("POST", "/api/v1/namespaces/kube-system/pods", pod("other"));
    await api.send("POST", pods, pod("own"));
    expect(brief(await watch.next())).toBe("ADDED own");
    expect([brief(await everywhere.next()), brief(await everywhere.next())]).toEqual(["ADDED other", "ADDED own"]);
  });

  test("with a selector sees objects come and go", async () => {
    const api = await startApi();
    const watch = await api.watch(`${pods}?watch=1&labelSelector=app%3Dx`);
    const relabel = (app: string) => api.patch(`${pods}/web`, "merge", { metadata: { labels: { app } } });
    await api.send("POST", pods, pod("web", { labels: { app: "y" } }));
    await relabel("x");
    expect(brief(await watch.next())).toBe("ADDED web");
    await api.patch(`${pods}/web/status`, "merge", { status: { phase: "Running" } });
    expect(brief(await watch.next())).toBe("MODIFIED web");
    const { body: left } = await relabel("y");
    const gone = await watch.next();
    expect(gone).toMatchObject({ type: "DELETED", object: { metadata: { labels: { app: "x" } } } });
    expect(gone.object.metadata.resourceVersion).toBe(left.metadata.resourceVersion);
    await api.send("DELETE", `${pods}/web`);
    await api.send("POST", pods, pod("last", { labels: { app: "x" } }));
    expect(brief(await watch.next())).toBe("ADDED last");
  });

  test("by a field of the status, too", async () => {
    const api = await startApi();
    await api.send("POST", pods, pod("web"));
    const watch = await api.watch(`${pods}?watch=1&fieldSelector=status.phase%3DRunning`);
    await api.patch(`${pods}/web/status`, "merge", { status: { phase: "Running" } });
    expect(brief(await watch.next())).toBe("ADDED web");
  });

  test("from a compacted revision gets a 410 as its only event", async () => {
    const api = await startApi();
    const old = await createMap(api, "a");
    const current = await createMap(api, "b");
    api.server.store.compact();
    const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${old}`);
    expect(watch.status).toBe(200);
    const [event, ...more] = await watch.rest();
    expect(event).toMatchObject({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
    expect(more).toEqual([]);
    const going = await api.watch(`${configMaps}?watch=1&resourceVersion=${current}`);
    await createMap(api, "c");
    expect(brief(await going.next())).toBe("ADDED c");
  });

  test("from before the bounded history gets a 410", async () => {
    const api = await startApi({ store: new ObjectStore({ historyLimit: 3 }) });
    const first = await createMap(api, "a");
    for (const name of ["b", "c", "d"]) await createMap(api, name);
    const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${first}`);
    expect(brief(await watch.next())).toBe("ADDED b");
    await createMap(api, "e");
    const late = await api.watch(`${configMaps}?watch=1&resourceVersion=${first}`);
    expect(await late.rest()).toMatchObject([{ type: "ERROR", object: { code: 410 } }]);
  });

  test("from the future waits for it", async () => {
    const api = await startApi();
    const now = Number(await createMap(api, "a"));
    const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${now + 1}`);
    await createMap(api, "passed-over");
    await createMap(api, "seen");
    expect(brief(await watch.next())).toBe("ADDED seen");
  });

  test("ends at its timeout, with a bookmark if it asked for them", async () => {
    const api = await startApi();
    const revision = await createMap(api, "a");
    const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${revision}&timeoutSeconds=1`);
    const marked = await api.watch(
      `${configMaps}?watch=1&resourceVersion=${revision}&timeoutSeconds=1&allowWatchBookmarks=1`,
    );
    expect(await watch.rest()).toEqual([]);
    const bookmark = { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: revision } };
    expect(await marked.rest()).toEqual([{ type: "BOOKMARK", object: bookmark }]);
  });

  test("gets bookmarks of the store's revision, whatever resource moved it", async () => {
    const api = await startApi({ bookmarkInterval: 5 });
    const watch = await api.watch(`${pods}?watch=1&resourceVersion=1&allowWatchBookmarks=true`);
    const revision = await createMap(api, "a");
    let event = await watch.next();
    while (event.object.metadata.resourceVersion !== revision) event = await watch.next();
    expect(event).toEqual({
      type: "BOOKMARK",
      object: { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion: revision } },
    });
  });

  test.each([
    ["sendInitialEvents=true", 422],
    ["resourceVersionMatch=NotOlderThan", 422],
    ["sendInitialEvents=true&resourceVersionMatch=Exact", 422],
    ["resourceVersion=abc", 400],
    ["fieldSelector=spec.foo%3Dbar", 400],
  ])("refuses %s", async (parameters, code) => {
    const api = await startApi();
    const answer = await api.send("GET", `${pods}?watch=1&${parameters}`);
    expect(answer).toMatchObject({ status: code, body: { kind: "Status", code } });
  });
});

describe("a streaming list", () => {
  test("ends with a marked bookmark and goes on as a watch", async () => {
    const api = await startApi();
    await createMap(api, "a");
    const revision = await createMap(api, "b");
    const watch = await api.watch(`${configMaps}?${streaming}`);
    expect([brief(await watch.next()), brief(await watch.next())]).toEqual(["ADDED a", "ADDED b"]);
    expect(await watch.next()).toEqual({
      type: "BOOKMARK",
      object: {
        kind: "ConfigMap",
        apiVersion: "v1",
        metadata: { resourceVersion: revision, annotations: initialEventsEnd },
      },
    });
    await createMap(api, "c");
    expect(brief(await watch.next())).toBe("ADDED c");
  });

  test("of nothing has the bookmark all the same", async () => {
    const api = await startApi();
    const watch = await api.watch(`${pods}?${streaming}`);
    expect((await watch.next()).object.metadata.annotations).toEqual(initialEventsEnd);
  });

  test("switched off begins with the next change", async () => {
    const api = await startApi();
    await createMap(api, "old");
    const watch = await api.watch(`${configMaps}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`);
    await createMap(api, "new");
    expect(brief(await watch.next())).toBe("ADDED new");
  });

  test("larger than any buffer arrives whole, with what changed meanwhile behind it", async () => {
    const api = await startApi();
    const data = { text: "x".repeat(100_000) };
    for (let i = 100; i < 300; i++) await createMap(api, `map-${i}`, data);
    const watch = await api.watch(`${configMaps}?${streaming}`);
    await createMap(api, "late");
    const seen: string[] = [];
    while (seen.at(-1) !== "ADDED late") seen.push(brief(await watch.next()));
    const objects = Array.from({ length: 200 }, (_, i) => `ADDED map-${100 + i}`);
    expect(seen).toEqual([...objects, "BOOKMARK", "ADDED late"]);
  });
});

describe("what goes wrong", () => {
  test("a client that does not read is cut off once the history has left it behind", async () => {
    const api = await startApi({ store: new ObjectStore({ historyLimit: 5 }) });
    const { socket, closed } = await openAndNeverRead(api, `${configMaps}?watch=1`);
    await createMap(api, "big", { text: "x".repeat(900_000) });
    let writes = 0;
    // Until the kernel's buffers are full and six more events have come.
    while (!closed() && writes < 200) {
      await api.patch(`${configMaps}/big`, "merge", { data: { count: String(++writes) } });
    }
    expect(writes).toBeLessThan(200);
    socket.destroy();
  });

  test("connections are cut, and new ones are taken", async () => {
    const api = await startApi();
    const watch = await api.watch(`${pods}?watch=1`);
    const ended = expect(watch.next()).rejects.toThrow();
    api.server.cutConnections();
    await ended;
    expect((await api.send("GET", pods)).status).toBe(200);
  });

  test("a write in the very moment that connections break harms nobody", async () => {
    const api = await startApi();
    const watch = await api.watch(`${configMaps}?watch=1`);
    const ended = expect(watch.rest()).rejects.toThrow();
    const collection = api.server.store.collection({ group: "", plural: "configmaps" });
    api.server.cutConnections();
    for (let i = 0; i < 3; i++) collection.put("default/a", { metadata: { name: "a", namespace: "default" } });
    await ended;
    collection.put("default/b", { metadata: { name: "b", namespace: "default" } });
    expect((await api.send("GET", configMaps)).body.items).toHaveLength(2);
  });

  test("watches are cut in the middle of an event, until that is over", async () => {
    const api = await startApi();
    await createMap(api, "a");
    api.server.cutWatchesAfterBytes(50);
    const cut = await api.watch(`${configMaps}?watch=1`);
    await expect(cut.next()).rejects.toThrow();
    api.server.cutWatchesAfterBytes(undefined);
    const whole = await api.watch(`${configMaps}?watch=1`);
    expect(brief(await whole.next())).toBe("ADDED a");
  });

  test("a server that stops and starts again on its store and port goes on where it was", async () => {
    const first = await startApiServer();
    const api = connect(first);
    const revision = await createMap(api, "a");
    const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${revision}`);
    const ended = expect(watch.next()).rejects.toThrow();
    await first.stop();
    await ended;
    await expect(api.send("GET", pods)).rejects.toThrow();
    const { store, port, token } = first;
    const second = await startApi({ store, port, token });
    expect((await second.send("GET", `${configMaps}/a`)).body.metadata.resourceVersion).toBe(revision);
    await createMap(second, "b");
    const resumed = await second.watch(`${configMaps}?watch=1&resourceVersion=${revision}`);
    expect(brief(await resumed.next())).toBe("ADDED b");
  });

  test("a port that is taken rejects", async () => {
    const api = await startApi();
    await expect(startApiServer({ port: api.server.port })).rejects.toThrow(/EADDRINUSE/);
  });

  test("a watcher that leaves is forgotten", async () => {
    const api = await startApi();
    const collection = api.server.store.collection({ group: "", plural: "configmaps" });
    const watch = await api.watch(`${configMaps}?watch=1`);
    expect(collection.watchers).toBe(1);
    watch.cancel();
    await vi.waitFor(() => expect(collection.watchers).toBe(0));
  });
});

async function openAndNeverRead(api: Api, path: string) {
  const { connect: open } = await import("node:net");
  const socket = open(api.server.port, "127.0.0.1");
  let closed = false;
  socket.pause();
  socket.on("close", () => {
    closed = true;
  });
  socket.on("error", () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.server.token}\r\n\r\n`);
  const collection = api.server.store.collection({ group: "", plural: "configmaps" });
  await vi.waitFor(() => expect(collection.watchers).toBe(1));
  return { socket, closed: () => closed || collection.watchers === 0 };
}
