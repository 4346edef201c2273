import fc from "fast-check";
import { expect, test } from "vitest";
import { RawApi } from "./raw-api.ts";
import { requestInfo } from "./request-info.ts";

const pods = RawApi.v1Pod();
const shop = pods.within("shop");
const foos = RawApi.customResource("foos").group("clux.dev").version("v1").within("shop");

test.each([
  [pods.list({ labelSelector: "a=b" }), "list", "", "v1", "pods", undefined, undefined, undefined],
  [shop.watch(), "watch", "", "v1", "pods", undefined, "shop", undefined],
  [shop.get("blog"), "get", "", "v1", "pods", undefined, "shop", "blog"],
  [shop.log("blog"), "get", "", "v1", "pods", "log", "shop", "blog"],
  [shop.create({}), "create", "", "v1", "pods", undefined, "shop", undefined],
  [foos.replaceStatus("baz", {}), "update", "clux.dev", "v1", "foos", "status", "shop", "baz"],
  [foos.patchScale("baz", {}), "patch", "clux.dev", "v1", "foos", "scale", "shop", "baz"],
  [foos.delete("baz"), "delete", "clux.dev", "v1", "foos", undefined, "shop", "baz"],
  [foos.deleteCollection(), "deletecollection", "clux.dev", "v1", "foos", undefined, "shop", undefined],
  [RawApi.v1Namespace().list(), "list", "", "v1", "namespaces", undefined, undefined, undefined],
  [RawApi.v1Namespace().get("shop"), "get", "", "v1", "namespaces", undefined, "shop", "shop"],
  [RawApi.v1Namespace().getStatus("shop"), "get", "", "v1", "namespaces", "status", "shop", "shop"],
])("%j", (request, verb, group, version, resource, subresource, namespace, name) => {
  const path = request.path.split("?", 1)[0];
  expect(requestInfo(request)).toEqual({ verb, path, group, version, resource, subresource, namespace, name });
});

test("what is no resource has its path and its method", () => {
  for (const path of ["/version", "/api/v1", "/apis/apps/v1", "/openapi/v3?hash=1", "/"]) {
    const info = requestInfo({ method: "GET", path });
    expect(info).toMatchObject({ verb: "get", path: path.split("?")[0], group: undefined, resource: undefined });
  }
});

test("a name is told as it is, not as it is written in the URL; what cannot be read stays", () => {
  const path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode";
  expect(requestInfo({ method: "GET", path }).name).toBe("system:node");
  expect(requestInfo({ method: "GET", path: "/api/v1/nodes/%zz" }).name).toBe("%zz");
});

test("nothing of any query is in it", () => {
  fc.assert(
    fc.property(fc.webPath(), fc.stringMatching(/^[a-z]{1,9}$/), (path, parameter) => {
      const info = requestInfo({ method: "GET", path: `${path}?${parameter}=s3cr3t&s3cr3t=${parameter}?s3cr3t` });
      expect(JSON.stringify(info)).not.toContain("s3cr3t");
    }),
  );
});
