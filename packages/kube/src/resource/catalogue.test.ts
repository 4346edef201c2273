import { describe, expect, test } from "vitest";
import { builtins, findResource, suggest } from "./catalogue.ts";
import { apiVersion, resourceName } from "./resource.ts";

describe("builtins", () => {
  test("name each group, version and plural once", () => {
    const names = builtins().map((entry) => `${apiVersion(entry)}/${entry.plural}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(["v1/pods", "apps/v1/deployments", "batch/v1/cronjobs"]));
  });

  test("say what may be done with a resource and its subresources", () => {
    const deployments = findResource("deployments");
    expect(deployments).toMatchObject({ singular: "deployment", shortNames: ["deploy"], categories: ["all"] });
    expect(deployments?.verbs).toEqual(
      expect.arrayContaining(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]),
    );
    expect(deployments?.subresources).toEqual([
      { name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: ["get", "patch", "update"] },
      { name: "status", group: "apps", version: "v1", kind: "Deployment", verbs: ["get", "patch", "update"] },
    ]);
    expect(findResource("namespaces")?.verbs).not.toContain("deletecollection");
  });

  test("know which resources live in a namespace", () => {
    expect(findResource("pods")?.namespaced).toBe(true);
    expect(findResource("nodes")?.namespaced).toBe(false);
    expect(findResource("customresourcedefinitions")?.namespaced).toBe(false);
  });
});

describe("findResource", () => {
  test.each([
    ["pods", "v1/pods"],
    ["pod", "v1/pods"],
    ["Pod", "v1/pods"],
    ["po", "v1/pods"],
    ["pods.v1", "v1/pods"],
    ["deploy", "apps/v1/deployments"],
    ["deployments.apps", "apps/v1/deployments"],
    ["Deployment.apps", "apps/v1/deployments"],
    ["deployments.v1.apps", "apps/v1/deployments"],
    ["ingresses.v1.networking.k8s.io", "networking.k8s.io/v1/ingresses"],
    ["crd", "apiextensions.k8s.io/v1/customresourcedefinitions"],
  ])("%s is %s", (name, expected) => {
    const found = findResource(name);
    expect(found && `${apiVersion(found)}/${found.plural}`).toBe(expected);
  });

  test("takes the preferred group and version, unless told otherwise", () => {
    expect(findResource("hpa")?.version).toBe("v2");
    expect(findResource("hpa.v1.autoscaling")?.version).toBe("v1");
    expect(findResource("events")?.group).toBe("");
    expect(findResource("events.events.k8s.io")?.group).toBe("events.k8s.io");
  });

  test.each(["", "pod s", "foos.v1.clux.dev", "deployments.extensions", "pods.v2", "constructor", ".apps"])(
    "does not know %j",
    (name) => expect(findResource(name)).toBeUndefined(),
  );

  test("finds every built-in by its full name", () => {
    for (const entry of builtins()) {
      const full =
        entry.group === "" ? `${entry.plural}.${entry.version}` : `${entry.plural}.${entry.version}.${entry.group}`;
      expect(findResource(full)).toBe(entry);
    }
  });
});

describe("suggest", () => {
  test.each([
    ["podz", "pods"],
    ["Deployents", "deployments.apps"],
    ["statefulset", "statefulsets.apps"],
    ["deployments.extensions", "deployments.apps"],
  ])("%s: %s comes first", (name, first) => expect(suggest(name)[0]).toBe(first));

  test("gives names that findResource accepts, at most three, and none for what is far from all", () => {
    const names = suggest("events");
    expect(names.length).toBeLessThanOrEqual(3);
    for (const name of names) expect(resourceName(findResource(name)!)).toBe(name);
    expect(suggest("foos.v1.clux.dev")).toEqual([]);
  });
});
