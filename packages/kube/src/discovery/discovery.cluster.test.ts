import { expect, test, vi } from "vitest";
import { Api } from "../api/api.ts";
import { isCrdEstablished } from "../api/conditions.ts";
import { client, kubeApiserverForAllTests } from "../client/kube-apiserver.test.helper.ts";
import type { Transport } from "../client/transport.ts";
import { builtins } from "../resource/catalogue.ts";
import type { ResourceDescription } from "../resource/description.ts";
import { apiVersion } from "../resource/resource.ts";
import { CustomResourceDefinition } from "../types/apiextensions/v1.ts";
import { APIService } from "../types/apiregistration/v1.ts";
import { Discovery } from "./discovery.ts";

kubeApiserverForAllTests({
  args: ["--runtime-config=api/all=true"],
  featureGates: { AllAlpha: true, AllBeta: true },
});

/** With the number of its requests; `accept` in place of the one that asks for all in one document. */
function counting(accept?: string) {
  const asked: string[] = [];
  const transport: Transport = {
    request: (request, options) => {
      asked.push(request.path);
      const headers = { ...request.headers, ...(accept !== undefined && { accept }) };
      return client.request({ ...request, headers }, options);
    },
    requestText: (...all) => client.requestText(...all),
    stream: (...all) => client.stream(...all),
  };
  return { discovery: new Discovery(transport), asked };
}

/** In an order of their own, since a server has another one. */
function sorted(resources: readonly ResourceDescription[]): ResourceDescription[] {
  const key = (resource: ResourceDescription) => `${apiVersion(resource)}/${resource.plural}`;
  return resources
    .map((resource) => ({
      ...resource,
      verbs: resource.verbs.toSorted(),
      subresources: resource.subresources
        .map((subresource) => ({ ...subresource, verbs: subresource.verbs.toSorted() }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }))
    .toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function define(plural: string, kind: string): Promise<void> {
  const definitions = Api.of(client, CustomResourceDefinition);
  const schema = { openAPIV3Schema: { type: "object" } };
  const versions = [{ name: "v1", served: true, storage: true, schema, subresources: { status: {} } }];
  await definitions.create({
    metadata: { name: `${plural}.clux.dev` },
    spec: { group: "clux.dev", scope: "Namespaced", names: { plural, kind, shortNames: ["fo"] }, versions },
  });
  await definitions.wait(`${plural}.clux.dev`, isCrdEstablished, { timeout: 20_000 });
}

test("all built-in resources are found, by two requests, and as the catalogue has them", async () => {
  const { discovery, asked } = counting();
  expect(sorted(await discovery.resources())).toEqual(sorted(builtins()));
  expect(await discovery.unavailable()).toEqual([]);
  expect(asked).toHaveLength(2);
});

test("the same is found group by group, as old servers have it", async () => {
  const { discovery, asked } = counting("application/json");
  expect(sorted(await discovery.resources())).toEqual(sorted(builtins()));
  expect(asked.length).toBeGreaterThan(30);
});

test("the names that kubectl takes are of the same resources", async () => {
  const { discovery } = counting();
  for (const name of ["po", "deploy", "hpa", "events", "events.events.k8s.io", "cj", "crd", "Lease", "netpol"]) {
    const preferred = builtins().find(({ group, plural, shortNames, kind }) =>
      [plural, `${plural}.${group}`, kind, ...shortNames].includes(name),
    );
    expect(await discovery.resource(name)).toMatchObject({ plural: preferred?.plural, group: preferred?.group });
  }
  expect((await discovery.resource("hpa")).version).toBe("v2");
});

test("a custom resource that came later is found, used, and gone after its definition", async () => {
  const discovery = new Discovery(client);
  await discovery.resources();
  await define("foos", "Foo");
  // Discovery may be some moments behind the definition.
  const foos = await vi.waitFor(() => {
    discovery.invalidate();
    return discovery.api("fo");
  }, 20_000);
  expect(foos.raw.resource).toMatchObject({ group: "clux.dev", kind: "Foo", subresources: [{ name: "status" }] });

  const foo = { apiVersion: "clux.dev/v1", kind: "Foo", metadata: { name: "baz" } };
  const created = await (await discovery.apiOf(foo)).create(foo);
  expect(created.metadata.namespace).toBe("default");
  expect((await foos.list()).items).toMatchObject([{ kind: "Foo", metadata: { name: "baz" } }]);

  await Api.of(client, CustomResourceDefinition).delete("foos.clux.dev");
  await vi.waitFor(async () => {
    discovery.invalidate();
    await expect(discovery.resourceOf(foo)).rejects.toThrow("the server has no kind Foo in clux.dev/v1");
  }, 20_000);
});

test("a miss asks again by itself", async () => {
  let time = 0;
  const discovery = new Discovery(client, { now: () => time });
  await discovery.resources();
  await define("bars", "Bar");
  await vi.waitFor(async () => {
    time += 10_000;
    expect(await discovery.resource("bars.clux.dev")).toMatchObject({ kind: "Bar" });
  }, 20_000);
});

test("a group whose server does not answer is told, and hides no other", async () => {
  const services = Api.of(client, APIService);
  await services.create({
    metadata: { name: "v1.down.example.com" },
    spec: {
      group: "down.example.com",
      version: "v1",
      service: { namespace: "default", name: "none" },
      insecureSkipTLSVerify: true,
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  });
  for (const { discovery } of [counting(), counting("application/json")]) {
    await vi.waitFor(async () => {
      discovery.invalidate();
      expect(await discovery.unavailable()).toEqual(["down.example.com/v1"]);
    }, 30_000);
    expect(await discovery.resource("pods")).toMatchObject({ kind: "Pod" });
    await expect(discovery.resource("downs.down.example.com")).rejects.toThrow("no answer from down.example.com/v1");
  }
});
