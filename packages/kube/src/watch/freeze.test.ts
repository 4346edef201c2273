import { afterEach, expect, test, vi } from "vitest";
import { Api } from "../api/api.ts";
import type { KubeObject } from "../resource/object.ts";
import type { Pod } from "../types/core/v1.ts";
import { added, fakesForEachTest, initialEventsEnd, modified, pod, server, stop } from "./fakes.test.helper.ts";
import { freezesCaches } from "./freeze.ts";
import { Informer } from "./informer.ts";
import { Reflector } from "./reflector.ts";
import { Store } from "./store.ts";

fakesForEachTest();
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const whole = (version: string) => ({
  ...pod("a", version),
  spec: { nodeName: "n1", containers: [{ name: "main", args: ["-v"] }] },
});

/** A reflector that has a Pod, and what it tells of that Pod's next state. */
async function reflected(settings: { frozen?: boolean; transform?: (pod: Pod) => Pod } = {}) {
  const reflector = Reflector.new(Api.v1Pod(server), settings);
  void reflector.run(stop.signal);
  const changes = reflector.subscribe({ signal: stop.signal });
  const stream = (await server.call()).open().send(added(whole("1")), initialEventsEnd("3"));
  await changes.next();
  return { reflector, changes, stream };
}

const mutations: [string, (pod: Pod) => void, RegExp][] = [
  [
    "a field that it sets",
    ({ spec }) => {
      if (spec) spec.nodeName = "n2";
    },
    /read only property 'nodeName'/,
  ],
  [
    "a field that it adds",
    ({ metadata }) => {
      metadata.labels = {};
    },
    /add property labels/,
  ],
  ["a field that it deletes", ({ spec }) => delete spec?.nodeName, /delete property 'nodeName'/],
  ["an element that it adds", ({ spec }) => spec?.containers[0]?.args?.push("-x"), /not extensible/],
];

test.each(mutations)(
  "code that changes a frozen object gets a TypeError at that line, for %s",
  async (_, mutate, message) => {
    const { reflector, changes, stream } = await reflected({ frozen: true });
    const [listed] = reflector.state() as [Pod];
    expect(() => mutate(listed)).toThrow(message);
    stream.send(modified(whole("4")));
    const [change] = (await changes.next()).value as { object: Pod }[] as [{ object: Pod }];
    expect(() => mutate(change.object)).toThrow(TypeError);
    const copy = structuredClone(change.object);
    mutate(copy);
    expect(copy).not.toEqual(change.object);
    expect(reflector.state()).toEqual([whole("4")]);
  },
);

test("what a transform makes is frozen after it, but for bytes, which cannot be", async () => {
  const { reflector } = await reflected({
    frozen: true,
    transform: (pod) => Object.assign(pod, { bytes: Buffer.from("bytes"), at: { once: true } }),
  });
  const [object] = reflector.state() as [Pod & { bytes: Buffer; at: { once: boolean } }];
  expect(String(object.bytes)).toBe("bytes");
  expect(() => {
    object.at.once = false;
  }).toThrow(TypeError);
});

test("the events of an informer are frozen as well", async () => {
  const event = Informer.new(Api.v1Pod(server), { frozen: true }).events(stop.signal).next();
  (await server.call()).open().send(added(whole("1")), initialEventsEnd("3"));
  expect(Object.isFrozen((await event).value?.object.metadata)).toBe(true);
});

test("nothing is frozen unless one asks, and the environment may ask for all, with a word on what will happen", async () => {
  vi.stubEnv("KUBE_CACHE_MUTATION_DETECTOR", undefined);
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  expect(Object.isFrozen((await reflected()).reflector.state()[0])).toBe(false);
  vi.stubEnv("KUBE_CACHE_MUTATION_DETECTOR", "false");
  expect(freezesCaches()).toBe(false);
  expect(warn).not.toHaveBeenCalled();
  vi.stubEnv("KUBE_CACHE_MUTATION_DETECTOR", "true");
  expect(Object.isFrozen((await reflected()).reflector.state()[0])).toBe(true);
  expect(Object.isFrozen((await reflected({ frozen: false })).reflector.state()[0])).toBe(false);
  expect(freezesCaches()).toBe(true);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("structuredClone(object)"), expect.anything());
});

test("a store of one's own is not the environment's matter", () => {
  vi.stubEnv("KUBE_CACHE_MUTATION_DETECTOR", "true");
  const store = new Store<KubeObject>();
  store.applyItem({ type: "apply", object: pod("a", "1") });
  expect(Object.isFrozen(store.get("a", "shop"))).toBe(false);
});
