import { describe, expect, test } from "vitest";
import { startApi } from "./api.test.helper.ts";

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

describe("discovery", () => {
  test("of the core group", async () => {
    const api = await startApi();
    expect((await api.send("GET", "/api")).body).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    const { body } = await api.send("GET", "/api/v1");
    expect(body).toMatchObject({ kind: "APIResourceList", groupVersion: "v1" });
    expect(body.resources).toContainEqual({
      name: "pods",
      singularName: "pod",
      namespaced: true,
      kind: "Pod",
      verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
      shortNames: ["po"],
      categories: ["all"],
    });
    expect(body.resources).toContainEqual(
      expect.objectContaining({ name: "pods/status", kind: "Pod", verbs: ["get", "patch", "update"] }),
    );
  });

  test("of the groups names the preferred version", async () => {
    const api = await startApi();
    const { body } = await api.send("GET", "/apis");
    expect(body.kind).toBe("APIGroupList");
    const autoscaling = body.groups.find((group: { name: string }) => group.name === "autoscaling");
    expect(autoscaling.preferredVersion).toEqual({ groupVersion: "autoscaling/v2", version: "v2" });
    expect((await api.send("GET", "/apis/autoscaling")).body).toMatchObject({ kind: "APIGroup", ...autoscaling });
    expect((await api.send("GET", "/apis/nope")).status).toBe(404);
  });

  test("in one document for those who ask for it", async () => {
    const api = await startApi();
    const accept = `${aggregated},application/json`;
    const core = await api.send("GET", "/api", undefined, { accept });
    expect(core.headers.get("content-type")).toBe(aggregated);
    expect(core.body).toMatchObject({ kind: "APIGroupDiscoveryList", items: [{ versions: [{ version: "v1" }] }] });
    const { body } = await api.send("GET", "/apis", undefined, { accept });
    const apps = body.items.find((item: { metadata: { name: string } }) => item.metadata.name === "apps");
    expect(apps.versions[0].resources).toContainEqual(
      expect.objectContaining({
        resource: "deployments",
        responseKind: { group: "apps", version: "v1", kind: "Deployment" },
        scope: "Namespaced",
        subresources: [
          {
            subresource: "scale",
            responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
            verbs: ["get", "patch", "update"],
          },
          expect.objectContaining({ subresource: "status" }),
        ],
      }),
    );
  });

  test("lists nothing that the server does not serve", async () => {
    const api = await startApi();
    const { body: groups } = await api.send("GET", "/apis");
    const versions: string[] = groups.groups.flatMap((group: { versions: { groupVersion: string }[] }) =>
      group.versions.map(({ groupVersion }) => `/apis/${groupVersion}`),
    );
    for (const path of ["/api/v1", ...versions]) {
      const { body } = await api.send("GET", path);
      for (const { name, verbs } of body.resources as { name: string; verbs: string[] }[]) {
        if (!verbs.includes("list")) continue;
        expect(await api.send("GET", `${path}/${name}?limit=1`), `${path}/${name}`).toMatchObject({ status: 200 });
      }
    }
  });

  test("tells kubectl that the server takes fieldValidation", async () => {
    const api = await startApi();
    const { body: index } = await api.send("GET", "/openapi/v3");
    const { body } = await api.send("GET", index.paths["apis/apps/v1"].serverRelativeURL);
    const operation = body.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"].patch;
    expect(operation.parameters).toContainEqual(expect.objectContaining({ name: "fieldValidation", in: "query" }));
    expect((await api.send("GET", "/openapi/v3/apis/nope/v1")).status).toBe(404);
  });
});
