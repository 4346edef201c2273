import { request } from "node:http";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { humanDuration } from "../table/columns.ts";
import { type Api, pod, pods, startApi } from "./api.test.helper.ts";

const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

describe("what kubectl prints", () => {
  test("a list is a Table: its columns, and a row for each object with its metadata", async () => {
    const api = await startApi();
    for (const name of ["a", "b"]) await api.send("POST", pods, pod(name));
    const { body } = await api.send("GET", `${pods}?limit=1`, undefined, { accept });
    expect(body).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1", metadata: { remainingItemCount: 1 } });
    const shown = body.columnDefinitions.filter(({ priority }: { priority: number }) => priority === 0);
    expect(shown.map(({ name }: { name: string }) => name)).toEqual(["Name", "Ready", "Status", "Restarts", "Age"]);
    expect(body.rows).toHaveLength(1);
    expect(body.rows[0].cells.slice(0, 4)).toEqual(["a", "0/1", "Pending", "0"]);
    expect(body.rows[0].object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "a" } });
  });

  test("a watch tells Tables of one row, to each watcher what it wants of it", async () => {
    const api = await startApi();
    const [metadata, objects, whole] = await Promise.all([
      watch(api, `${pods}?watch=1`, accept),
      watch(api, `${pods}?watch=1&includeObject=Object`, accept),
      watch(api, `${pods}?watch=1`, "application/json"),
    ]);
    await api.send("POST", pods, pod("a"));
    const events = await Promise.all([metadata(), objects(), whole()]);
    expect(events.map(({ type, object }) => [type, object.kind, object.rows?.[0].object.kind])).toEqual([
      ["ADDED", "Table", "PartialObjectMetadata"],
      ["ADDED", "Table", "Pod"],
      ["ADDED", "Pod", undefined],
    ]);
    expect(events[1].object.rows[0].cells[0]).toBe("a");
    await api.patch(`${pods}/a/status`, "merge", { status: { phase: "Running" } });
    const { object } = await metadata();
    expect([object.columnDefinitions[2].name, object.rows[0].cells[2]]).toEqual(["Status", "Running"]);
    expect(object.metadata.resourceVersion).toBe(object.rows[0].object.metadata.resourceVersion);
  });
});

test.each([
  [-5, "<invalid>"],
  [-1, "0s"],
  [119, "119s"],
  [120, "2m"],
  [599, "9m59s"],
  [3600, "60m"],
  [10_800, "3h"],
  [11_000, "3h3m"],
  [100_000, "27h"],
  [172_800, "2d"],
  [180_000, "2d2h"],
  [86_400 * 400, "400d"],
  [86_400 * 365 * 2, "2y"],
  [86_400 * 800, "2y70d"],
  [86_400 * 365 * 9, "9y"],
])("%d seconds are %s", (seconds, text) => {
  expect(humanDuration(seconds * 1000)).toBe(text);
});

/** The next event of a watch. */
// biome-ignore lint/suspicious/noExplicitAny: tests read whatever the API answers.
async function watch({ server }: Api, path: string, accepted: string): Promise<() => Promise<any>> {
  const headers = { authorization: `Bearer ${server.token}`, accept: accepted };
  const sent = request(server.url + path, { headers }).end();
  onTestFinished(() => void sent.destroy());
  sent.on("error", () => {});
  const response = await new Promise<NodeJS.ReadableStream>((resolve) => sent.once("response", resolve));
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  return async () => JSON.parse((await lines.next()).value);
}
