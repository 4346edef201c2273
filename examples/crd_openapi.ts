// Defines a resource of its own and uses it by a typed Api, its status and scale too.
import assert from "node:assert/strict";
import { Api, isStatus } from "@kubecast/kube";
import { defineFoos, type Foo, foo } from "./foo.ts";
import { example } from "./support.ts";

await example(async ({ client, namespace, signal }) => {
  await defineFoos(client, signal);
  const definition = await Api.v1CustomResourceDefinition(client).get("foos.clux.dev");
  console.log(`defined ${definition.spec.names.kind} in ${definition.spec.group}`);
  const foos = Api.customResource<Foo>(client, "foos").group("clux.dev").version("v1").within(namespace);

  const baz = await foos.create(foo("baz", { name: "baz", info: "old baz" }));
  const replaced = await foos.replace("baz", { ...baz, spec: { ...baz.spec, info: "new baz" } });
  assert.equal(replaced.spec.info, "new baz");
  console.log(`replaced by ${replaced.spec.info}`);
  assert(isStatus(await foos.delete("baz")));

  const qux = await foos.create(foo("qux", { name: "qux", info: "a qux", replicas: 1 }));
  // The status has an endpoint of its own; others leave it as it is.
  const judged = await foos.replaceStatus("qux", { ...qux, status: { isBad: true, replicas: 1 } });
  assert.equal(judged.status?.isBad, true);
  const patched = await foos.patchStatus("qux", { status: { isBad: false } });
  console.log(`isBad ${judged.status?.isBad}, then ${patched.status?.isBad}`);
  assert.equal((await foos.getStatus("qux")).status?.isBad, false);

  const scale = await foos.getScale("qux");
  assert.equal(scale.status?.replicas, 1);
  const scaled = await foos.patchScale("qux", { spec: { replicas: 2 } });
  console.log(`scaled from ${scale.spec?.replicas} to ${scaled.spec?.replicas}`);
  const kept = await foos.patch("qux", { spec: { info: "patched qux" } });
  assert.deepEqual(kept.spec, { name: "qux", info: "patched qux", replicas: 2 });

  const { items } = await foos.list();
  console.log(`left: ${items.map(({ metadata }) => metadata.name).join(", ")}`);
  await foos.deleteCollection();
  assert.equal((await foos.list()).items.length, 0);
  console.log("deleted all");
});
