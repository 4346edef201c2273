import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { Api } from "../api/api.ts";
import { configOf, connect, serve } from "../client/loopback.test.helper.ts";
import { findResource } from "../resource/catalogue.ts";
import type { KubeObject } from "../resource/object.ts";
import { microTime } from "../runtime/micro-time.ts";
import type { JSONSchemaProps } from "../types/apiextensions/v1.ts";
import type { Lease } from "../types/coordination/v1.ts";
import type { ServicePort } from "../types/core/v1.ts";
import { Reflector } from "../watch/reflector.ts";
import { startCluster } from "./cluster.test.helper.ts";

// kubernetes-client/javascript#666, #466, #425: IntOrString is typed as an object.
test("a field that is a number or a string is typed as a number or a string", () => {
  expectTypeOf<NonNullable<ServicePort["targetPort"]>>().toEqualTypeOf<number | string>();
  const ports: ServicePort[] = [
    { port: 80, targetPort: 8080 },
    { port: 81, targetPort: "http" },
  ];
  expect(JSON.parse(JSON.stringify(ports))).toEqual(ports);
});

// kubernetes-client/javascript#2483, #2962: serialisers by class drop the fields that they do not know.
test("a schema may say x-kubernetes-int-or-string and x-kubernetes-preserve-unknown-fields", () => {
  expectTypeOf<JSONSchemaProps["x-kubernetes-int-or-string"]>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf<JSONSchemaProps["x-kubernetes-preserve-unknown-fields"]>().toEqualTypeOf<boolean | undefined>();
});

describe("what is read and written back", () => {
  const text = fc.json({ maxDepth: 5, noUnicodeString: false }).map((json) => JSON.stringify(JSON.parse(json)));
  const path = "/api/v1/namespaces/shop/pods/a";

  test("any JSON survives get, list and watch to replace, byte by byte", async () => {
    let stored = "";
    let written = "";
    const server = await serve(async (request, response) => {
      if (request.method === "PUT") {
        written = "";
        for await (const chunk of request) written += chunk;
        response.end("{}");
      } else if (request.url === path) response.end(stored);
      else if (request.url?.includes("watch")) response.end(`{"type":"ADDED","object":${stored}}\n`);
      else response.end(`{"metadata":{"resourceVersion":"1"},"items":[${stored}]}`);
    });
    const pods = Api.of<KubeObject>(connect(configOf(server.url)).client, Api.v1Pod({} as never).raw.resource).within(
      "shop",
    );
    const read: ((api: Api<KubeObject>) => Promise<KubeObject | undefined>)[] = [
      (api) => api.get("a"),
      async (api) => (await api.list()).items[0],
      async (api) => {
        const { value: event } = await api.watch().next();
        return event?.type === "ADDED" ? event.object : undefined;
      },
    ];
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(...read), async (unknown, get) => {
        stored = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","resourceVersion":"1","later":${unknown}},"spec":${unknown},"x-new":${unknown}}`;
        const object = await get(pods);
        if (object === undefined) throw new Error("there is no object");
        await pods.replace("a", object);
        expect(written).toBe(stored);
      }),
      { numRuns: 300 },
    );
  });

  // kubernetes-client/javascript#2018, #2125: some times are Dates and some are strings, and a list has others than a get.
  test("an object is the same whether it comes by get, list, watch or reflector, and so are its times", async () => {
    const { maps, others } = await startCluster();
    await others.create({ metadata: { name: "sky" }, data: { colour: "blue" } });
    const got = await maps.get("sky");
    expect(got.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const [listed] = (await maps.list()).items;
    expect({ apiVersion: "v1", kind: "ConfigMap", ...listed }).toEqual(got);
    for await (const event of maps.watch()) {
      expect(event.object).toEqual(got);
      break;
    }
    for (const streamingLists of [true, false]) {
      const reflector = await Reflector.new(maps, { streamingLists }).init();
      expect(reflector.get("sky")).toEqual(got);
    }
    const { creationTimestamp } = (await maps.replace("sky", structuredClone(got))).metadata;
    expect(creationTimestamp).toBe(got.metadata.creationTimestamp);
  });
});

describe("MicroTime", () => {
  // kubernetes-client/javascript#828: Leases and Events with the three digits of JavaScript's Date are refused.
  test("times of Leases are strings with the six digits that the API demands, from the clock to the server and back", async () => {
    const { client } = await startCluster();
    const leases = Api.customResource<Lease>(client, "leases")
      .group("coordination.k8s.io")
      .version("v1")
      .within("default");
    const renewTime = microTime(Date.parse("2026-11-22T12:00:00Z") + 0.25);
    expect(renewTime).toBe("2026-11-22T12:00:00.000250Z");
    await leases.create({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "a" },
      spec: { renewTime },
    });
    const lease = await leases.get("a");
    expect(lease.spec?.renewTime).toBe(renewTime);
    expect((await leases.replace("a", lease)).spec?.renewTime).toBe(renewTime);
  });

  test("any time has six digits and loses less than a microsecond", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 4e12, noNaN: true }), (time) => {
        const text = microTime(time);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        const back = Date.parse(`${text.slice(0, 23)}Z`) + Number(text.slice(23, 26)) / 1000;
        expect(Math.abs(back - time)).toBeLessThan(0.001_1);
      }),
    );
  });
});

// kubernetes-fluent-client: the plural of a kind that it does not know is its name in lower case with an "s".
test("plurals are known, not guessed", () => {
  const plurals = ["Ingress", "NetworkPolicy", "Endpoints", "StorageClass", "PriorityClass", "CSIStorageCapacity"].map(
    (kind) => findResource(kind)?.plural,
  );
  expect(plurals).toEqual([
    "ingresses",
    "networkpolicies",
    "endpoints",
    "storageclasses",
    "priorityclasses",
    "csistoragecapacities",
  ]);
  expect(findResource("Foo")).toBeUndefined();
});
