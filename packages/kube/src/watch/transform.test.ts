import { describe, expect, expectTypeOf, test } from "vitest";
import { Api } from "../api/api.ts";
import type { KubeObject } from "../resource/object.ts";
import { RawApi } from "../resource/raw-api.ts";
import type { Pod } from "../types/core/v1.ts";
import { DecodeError } from "../wire/errors.ts";
import {
  added,
  bookmark,
  clock,
  deleted,
  fakesForEachTest,
  initialEventsEnd,
  list,
  modified,
  pod,
  pods,
  server,
  settled,
  stop,
} from "./fakes.test.helper.ts";
import { Informer } from "./informer.ts";
import type { WatchItem } from "./item.ts";
import { Reflector } from "./reflector.ts";
import { checkedTransform, dropManagedFields } from "./transform.ts";
import { watcher } from "./watcher.ts";

const whole = (name: string, version: string, phase = "Running") => ({
  ...pod(name, version),
  spec: { nodeName: `node of ${name}`, containers: [] },
  status: { phase, podIP: "10.0.0.1" },
});
const slim = ({ apiVersion, kind, metadata, spec }: Pod) => ({
  apiVersion: String(apiVersion),
  kind: String(kind),
  metadata,
  node: spec?.nodeName ?? "none",
});
const slimmed = (name: string, version: string) => ({ ...pod(name, version), node: `node of ${name}` });

describe("a transform", () => {
  const given = (): KubeObject => pod("a", "1", "uid-1");

  test("may return the object, changed or not, or another of the same identity", () => {
    const labelled = checkedTransform((object: KubeObject) => {
      object.metadata.labels = { app: "a" };
      return object;
    });
    expect(labelled(given())).toEqual({ ...given(), metadata: { ...given().metadata, labels: { app: "a" } } });
    const bare = checkedTransform(({ metadata }: KubeObject) => ({ metadata: { ...metadata } }));
    expect(bare(given())).toEqual({ metadata: given().metadata });
  });

  test.each(["name", "namespace", "uid", "resourceVersion"] as const)("may not change the %s", (field) => {
    const error = new DecodeError(`the transform must leave metadata.${field} of Pod shop/a as it is`);
    const copied = checkedTransform(({ metadata }: KubeObject) => ({ metadata: { ...metadata, [field]: "other" } }));
    expect(() => copied(given())).toThrow(error);
    const inPlace = checkedTransform((object: KubeObject) => {
      delete object.metadata[field];
      return object;
    });
    expect(() => inPlace(given())).toThrow(error);
  });

  test("may not return nothing", () => {
    expect(() => checkedTransform(() => undefined as never)(given())).toThrow("metadata.name of Pod shop/a");
  });

  test("that throws is an error that names the object and keeps to itself what was said", () => {
    const cause = new RangeError("hunter2");
    const failing = checkedTransform(() => {
      throw cause;
    });
    const error = new DecodeError("the transform has thrown for Pod shop/a: RangeError, see this error's cause", {
      cause,
    });
    expect(() => failing(given())).toThrow(error);
  });
});

test("dropManagedFields leaves out who set which field, and nothing else", () => {
  const object: KubeObject = pod("a", "1");
  const managed = { ...object, metadata: { managedFields: [{ manager: "kubectl" }], ...object.metadata } };
  const { metadata } = dropManagedFields(managed);
  expect(metadata).toStrictEqual(object.metadata);
  expect(dropManagedFields(pod("a", "1"))).toEqual(object);
});

describe("of a watch", () => {
  fakesForEachTest();
  const settings = (streamingLists: boolean) => ({ clock, random: () => 0, streamingLists });

  test("takes in what it makes of objects, however they come", async () => {
    const reflector = Reflector.new(Api.v1Pod(server), { ...settings(false), transform: slim });
    expectTypeOf(reflector.state()[0]?.node).toEqualTypeOf<string | undefined>();
    const running = reflector.run(stop.signal);
    (await server.call()).answer(list("10", [whole("a", "5"), whole("b", "6")]));
    const changes = reflector.subscribe({ signal: stop.signal });
    await changes.next();
    const stream = (await server.call()).open();
    stream.send(modified(whole("a", "11")), bookmark("12"), deleted(whole("b", "13")));
    expect((await changes.next()).value).toEqual([
      { type: "modified", object: slimmed("a", "11"), old: slimmed("a", "5") },
      { type: "deleted", object: slimmed("b", "13"), old: slimmed("b", "6") },
    ]);
    expect(reflector.indexBy("node", ({ node }) => node).indexValues("node")).toEqual(["node of a"]);
    stop.abort();
    await running;
  });

  test("is given what the fields leave of the object, and typed so", async () => {
    const reflector = Reflector.new(Api.v1Pod(server), {
      ...settings(true),
      fields: ["status.phase"],
      transform: (partial) => {
        expectTypeOf(partial.status).toEqualTypeOf<{ phase?: string } | undefined>();
        expect(partial.status).toEqual({ phase: "Running" });
        // @ts-expect-error what is not among the fields is not there.
        expect(partial.spec).toBeUndefined();
        return { ...partial, up: partial.status?.phase === "Running" };
      },
    });
    const running = reflector.run(stop.signal);
    (await server.call()).open().send(added(whole("a", "1")), initialEventsEnd("3"));
    await reflector.ready();
    expect(reflector.state()).toEqual([{ ...pod("a", "1"), status: { phase: "Running" }, up: true }]);
    stop.abort();
    await running;
  });

  test("works for informers, custom resources and the watcher", async () => {
    const informer = Informer.new(Api.v1Pod(server), { ...settings(true), transform: slim });
    const event = informer.events(stop.signal).next();
    (await server.call()).open().send(added(whole("a", "1")), initialEventsEnd("3"));
    expect((await event).value).toEqual({ type: "ADDED", object: slimmed("a", "1") });

    const foos = RawApi.customResource("foos").group("clux.dev").within("shop");
    const reflector = Reflector.raw<Pod>(server, foos, { ...settings(false), transform: dropManagedFields });
    const init = reflector.init();
    const managed = { ...pod("a", "1"), metadata: { ...pod("a", "1").metadata, managedFields: [{}] } };
    (await server.call()).answer(list("10", [managed]));
    expect((await init).state()).toEqual([pod("a", "1")]);

    const items: WatchItem<KubeObject>[] = [];
    const options = { transport: server, resource: pods, ...settings(false), transform: slim, signal: stop.signal };
    const watching = (async () => {
      for await (const batch of watcher<KubeObject>(options)) items.push(...batch);
    })();
    (await server.call()).answer(list("10", [whole("a", "5")]));
    await settled();
    expect(items).toContainEqual({ type: "init-apply", object: slimmed("a", "5") });
    stop.abort();
    await watching;
  });

  test("one that fails is told and tried again, what came before it counts, and the state stays until it succeeds", async () => {
    let broken = "Failed";
    const errors: string[] = [];
    const reflector = Reflector.new(Api.v1Pod(server), {
      ...settings(false),
      transform: (object) => {
        if (object.status?.phase === broken) throw new Error("no such phase");
        return object;
      },
    });
    const running = reflector.run(stop.signal, (batch) => {
      if (batch.type === "error") errors.push(`${batch.error.message} (${batch.retryIn} ms)`);
    });
    (await server.call()).answer(list("10", [whole("a", "5")]));
    const stream = (await server.call()).open();
    stream.send(modified(whole("a", "11")), modified(whole("a", "12", "Failed")), added(whole("b", "13")));
    await settled();
    expect(reflector.state()).toEqual([whole("a", "11")]);
    expect(stream.body.destroyed).toBe(true);
    await clock.advance(800);
    const again = await server.call();
    expect(again.query).toMatchObject({ resourceVersion: "11" });
    again.open().send(modified(whole("a", "12", "Failed")));
    await clock.advance(1600);
    (await server.call()).open().send(modified(whole("a", "12", "Failed")));
    await clock.advance(3200);
    (await server.call()).answer(list("20", [whole("b", "13"), whole("a", "12", "Failed")]));
    await settled();
    const said = "the transform has thrown for Pod shop/a: Error, see this error's cause";
    expect(errors).toEqual([`${said} (800 ms)`, `${said} (1600 ms)`, `${said} (3200 ms)`, `${said} (6400 ms)`]);
    expect(reflector.state()).toEqual([whole("a", "11")]);
    broken = "none";
    await clock.advance(6400);
    (await server.call()).answer(list("20", [whole("b", "13"), whole("a", "12", "Failed")]));
    await settled();
    expect(reflector.state()).toEqual([whole("b", "13"), whole("a", "12", "Failed")]);
    stop.abort();
    await running;
  });
});
