import { expect, test } from "vitest";
import { Api } from "../api/api.ts";
import type { KubeObject } from "../resource/object.ts";
import { apiError, FakeTransport, pod, settled } from "../watch/fakes.test.helper.ts";
import { finalizer } from "./finalizer.ts";

const ours = "example.com/ours";

function object(finalizers?: string[], deleting = false): KubeObject {
  const { metadata, ...rest } = pod("a", "1");
  if (finalizers !== undefined) metadata.finalizers = finalizers;
  if (deleting) metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  return { ...rest, metadata };
}

/** Runs it, answers the patch if there is one, and tells in order what was done. */
async function run(of: KubeObject, answer: Error | undefined = undefined, cleanup: Error | undefined = undefined) {
  const server = new FakeTransport();
  const steps: unknown[] = [];
  const api = Api.v1Pod(server) as Api<KubeObject>;
  const running = finalizer(api, ours, of, {
    apply: async () => steps.push("apply"),
    cleanup: async () => {
      if (cleanup !== undefined) throw cleanup;
      return steps.push("cleanup");
    },
  });
  running.catch(() => {});
  await settled();
  if (server.waiting > 0) {
    const call = await server.call();
    steps.push(call.path, call.body);
    if (answer === undefined) call.answer(of);
    else call.fail(answer);
  }
  return { steps, running };
}

const uid = { op: "test", path: "/metadata/uid", value: "uid-of-a" };
const path = "/api/v1/namespaces/shop/pods/a";

test("adds itself before anything is applied", async () => {
  const { steps, running } = await run(object());
  const first = { op: "test", path: "/metadata/finalizers", value: null };
  expect(steps).toEqual([path, [uid, first, { op: "add", path: "/metadata/finalizers", value: [ours] }]]);
  expect(await running).toBeUndefined();
});

test("adds itself to those of others as it knows them", async () => {
  const { steps } = await run(object(["b/x", "c/y"]));
  expect(steps[1]).toEqual([
    uid,
    { op: "test", path: "/metadata/finalizers", value: ["b/x", "c/y"] },
    { op: "add", path: "/metadata/finalizers", value: ["b/x", "c/y", ours] },
  ]);
});

test("applies what has it, and lets alone what is going without it", async () => {
  const { steps, running } = await run(object(["b/x", ours]));
  expect(steps).toEqual(["apply"]);
  expect(await running).toBe(1);
  expect((await run(object(["b/x"], true))).steps).toEqual([]);
});

test("cleans up, and then removes itself and nobody else", async () => {
  const { steps, running } = await run(object(["b/x", ours], true));
  const own = "/metadata/finalizers/1";
  expect(steps).toEqual(["cleanup", path, [uid, { op: "test", path: own, value: ours }, { op: "remove", path: own }]]);
  expect(await running).toBe(1);
});

test("stays when the cleanup fails, and says so when a patch does", async () => {
  const failed = await run(object([ours], true), undefined, new Error("not yet"));
  expect(failed.steps).toEqual([]);
  await expect(failed.running).rejects.toThrow("not yet");
  const stale = await run(object([ours], true), apiError(422, "Invalid"));
  await expect(stale.running).rejects.toMatchObject({ isInvalid: true });
  const gone = await run(object([ours], true), apiError(404, "NotFound"));
  expect(await gone.running).toBe(1);
});
