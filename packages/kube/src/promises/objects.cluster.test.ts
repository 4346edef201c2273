import { expect, test } from "vitest";
import { Api } from "../api/api.ts";
import { isCrdEstablished } from "../api/conditions.ts";
import { client, kubeApiserverForAllTests } from "../client/kube-apiserver.test.helper.ts";
import type { KubeObject } from "../resource/object.ts";
import { microTime } from "../runtime/micro-time.ts";
import { CustomResourceDefinition } from "../types/apiextensions/v1.ts";
import { Lease } from "../types/coordination/v1.ts";
import { Event } from "../types/events/v1.ts";

kubeApiserverForAllTests();

// kubernetes-client/javascript#828: times with the three digits of JavaScript's Date are refused.
test("six digits of a Lease's and an Event's time go to a real API server and come back", async () => {
  const time = microTime(Date.parse("2026-11-22T12:00:00Z") + 0.25);
  expect(time).toBe("2026-11-22T12:00:00.000250Z");
  const leases = Api.of(client, Lease).within("default");
  await leases.create({ metadata: { name: "a" }, spec: { holderIdentity: "me", renewTime: time } });
  const lease = await leases.get("a");
  expect(lease.spec?.renewTime).toBe(time);
  expect((await leases.replace("a", lease)).spec).toEqual(lease.spec);
  const short = { ...lease, spec: { renewTime: "2026-11-22T12:00:00.000Z" } };
  await expect(leases.replace("a", short)).rejects.toMatchObject({ code: 400 });

  const events = Api.of(client, Event).within("default");
  const event = await events.create({
    metadata: { name: "a" },
    eventTime: time,
    type: "Normal",
    reason: "Told",
    action: "Telling",
    reportingController: "example.com/teller",
    reportingInstance: "teller-0",
    regarding: { kind: "Namespace", name: "default", namespace: "default" },
  });
  expect(event.eventTime).toBe(time);
  expect((await events.replace("a", event)).eventTime).toBe(time);
});

// kubernetes-client/javascript#2483, #2962: fields that a class does not know are dropped on the way.
test("what a schema says of int-or-string and unknown fields, and the fields themselves, survive a real API server", async () => {
  const schema = {
    type: "object",
    properties: {
      spec: {
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        properties: { port: { "x-kubernetes-int-or-string": true } },
      },
    },
  };
  const crds = Api.of(client, CustomResourceDefinition);
  await crds.create({
    metadata: { name: "foos.clux.dev" },
    spec: {
      group: "clux.dev",
      scope: "Namespaced",
      names: { kind: "Foo", plural: "foos" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
  const crd = await crds.wait("foos.clux.dev", isCrdEstablished);
  if (crd === undefined) throw new Error("there is no definition");
  const replaced = await crds.replace("foos.clux.dev", crd);
  expect(replaced.spec.versions[0]?.schema?.openAPIV3Schema).toEqual(schema);

  const foos = Api.customResource<KubeObject & { spec: object }>(client, "foos", { kind: "Foo" })
    .group("clux.dev")
    .version("v1")
    .within("default");
  for (const port of [80, "http"]) {
    const spec = { port, unknown: { deep: [1, "two", null, { three: 3.5 }] } };
    const name = `foo-${port}`;
    await foos.create({ apiVersion: "clux.dev/v1", kind: "Foo", metadata: { name }, spec });
    expect((await foos.replace(name, await foos.get(name))).spec).toEqual(spec);
  }
});
