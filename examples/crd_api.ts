// Defines a resource of its own and uses it, request by request: RawApi builds them, the client sends them.
import { isStatus, type ObjectList } from "@kubecast/kube";
import { defineFoos, type Foo, foo, foos } from "./foo.ts";
import { example } from "./support.ts";

await example(async ({ client, namespace, signal }) => {
  await defineFoos(client, signal);
  console.log("defined foos.clux.dev");
  const api = foos.within(namespace);

  const baz = await client.request<Foo>(api.create(foo("baz", { name: "baz", info: "old baz" })));
  console.log(`created ${baz.metadata.name}`);
  const seen = await client.request<Foo>(api.get("baz"));
  console.log(`got ${seen.spec.info}`);
  // The object that was read carries the resourceVersion, by which the API notices changes in between.
  const wanted: Foo = { ...seen, spec: { name: "baz", info: "new baz" } };
  const replaced = await client.request<Foo>(api.replace("baz", wanted));
  console.log(`replaced by ${replaced.spec.info}`);

  await client.request<Foo>(api.create(foo("qux", { name: "qux", info: "a qux", replicas: 0 })));
  const qux = await client.request<Foo>(api.get("qux"));
  const judged: Foo = { ...qux, status: { isBad: true, replicas: 0 } };
  const bad = await client.request<Foo>(api.replaceStatus("qux", judged));
  console.log(`replaced the status: isBad ${bad.status?.isBad}`);
  const good = await client.request<Foo>(api.patchStatus("qux", { status: { isBad: false } }));
  console.log(`patched the status: isBad ${good.status?.isBad}`);
  const status = await client.request<Foo>(api.getStatus("qux"));
  console.log(`got the status: isBad ${status.status?.isBad}`);
  const patched = await client.request<Foo>(api.patch("qux", { spec: { info: "patched qux" } }));
  console.log(`patched to ${patched.spec.info}`);

  const answer = await client.requestStatus<Foo>(api.delete("baz"));
  console.log(isStatus(answer) ? "deleted baz" : "baz is being deleted");
  const { items } = await client.request<ObjectList<Foo>>(api.list());
  console.log(`left: ${items.map(({ metadata }) => metadata.name).join(", ")}`);
  await client.request(api.deleteCollection());
  const { items: none } = await client.request<ObjectList<Foo>>(api.list());
  console.log(`left after deleteCollection: ${none.length}`);
});
