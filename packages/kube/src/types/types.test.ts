import { readdirSync } from "node:fs";
import { Api, type Scale, type ScaleSpec, type ScaleStatus, type Transport } from "@kubecast/kube";
import { Lease as ExportedLease } from "@kubecast/kube/coordination/v1";
import { type Container as ExportedContainer, Pod as ExportedPod } from "@kubecast/kube/core/v1";
import { describe, expect, expectTypeOf, test } from "vitest";
import { builtins } from "../resource/catalogue.ts";
import type * as object from "../resource/object.ts";
import { apiVersion, type Resource, type ResourceOf } from "../resource/resource.ts";
import type { CustomResourceDefinition } from "./apiextensions/v1.ts";
import type { Deployment } from "./apps/v1.ts";
import type { HorizontalPodAutoscaler } from "./autoscaling/v2.ts";
import type { Lease } from "./coordination/v1.ts";
import type { Container, Pod, PodList, Probe, Secret, ServicePort } from "./core/v1.ts";
import type { ListMeta, ObjectMeta, OwnerReference, Status, Time } from "./meta/v1.ts";

// Assertions about types are the type checker's: they fail `tsc -p tsconfig.check.json`.

describe("generated types", () => {
  test("are there for users, a module for each group and version", () => {
    expectTypeOf<ExportedPod>().toEqualTypeOf<Pod>();
    expectTypeOf<ExportedContainer>().toEqualTypeOf<Container>();
  });

  test("fit the hand-written shapes that every layer uses", () => {
    expectTypeOf<ObjectMeta>().toExtend<object.ObjectMeta>();
    expectTypeOf<OwnerReference>().toExtend<object.OwnerReference>();
    expectTypeOf<ListMeta>().toExtend<object.ListMeta>();
    expectTypeOf<Status>().toExtend<object.Status>();
    expectTypeOf<Pod>().toExtend<object.KubeObject>();
    expectTypeOf<Deployment>().toExtend<object.KubeObject>();
    expectTypeOf<CustomResourceDefinition>().toExtend<object.KubeObject>();
    expectTypeOf<PodList>().toExtend<object.ObjectList<Pod>>();
  });

  test("name the kind and its version", () => {
    expectTypeOf<Deployment["kind"]>().toEqualTypeOf<"Deployment" | undefined>();
    expectTypeOf<Deployment["apiVersion"]>().toEqualTypeOf<"apps/v1" | undefined>();
    expectTypeOf<HorizontalPodAutoscaler["apiVersion"]>().toEqualTypeOf<"autoscaling/v2" | undefined>();
  });

  test("ask for what the API always sends, and leave the rest optional", () => {
    expectTypeOf<{ name: string }>().toExtend<Container>();
    expectTypeOf<{ image: string }>().not.toExtend<Container>();
    expectTypeOf<{ metadata: { name: string } }>().toExtend<Pod>();
    expectTypeOf<PodList["items"]>().toEqualTypeOf<Pod[]>();
  });

  test("give the special values as JSON carries them", () => {
    expectTypeOf<NonNullable<ServicePort["targetPort"]>>().toEqualTypeOf<number | string>();
    expectTypeOf<NonNullable<Lease["spec"]>["renewTime"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Secret["data"]>().toEqualTypeOf<Record<string, string> | undefined>();
    expectTypeOf<Time>().toEqualTypeOf<string>();
  });

  test("flatten what Go embeds", () => {
    expectTypeOf<Probe>().toHaveProperty("httpGet");
    expectTypeOf<Probe>().toHaveProperty("periodSeconds");
  });

  test("a scale has replicas wanted and replicas there", () => {
    expectTypeOf<NonNullable<Scale["spec"]>>().toEqualTypeOf<ScaleSpec>();
    expectTypeOf<ScaleStatus["selector"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<ScaleStatus["replicas"]>().toEqualTypeOf<number>();
  });
});

describe("kinds", () => {
  test("are values, too, which know their type", () => {
    expect(ExportedLease).toMatchObject({ kind: "Lease", plural: "leases" });
    expect(ExportedPod).toEqual({ group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true });
    expectTypeOf(ExportedPod).toEqualTypeOf<ResourceOf<Pod>>();
    expectTypeOf(ExportedPod).not.toExtend<ResourceOf<Lease>>();
    expectTypeOf(Api.of<Lease>).parameter(1).toEqualTypeOf(ExportedLease);
    const api = Api.of({} as Transport, ExportedPod);
    expectTypeOf(api).toEqualTypeOf<Api<Pod>>();
    expect(api.raw.within("shop").get("blog").path).toBe("/api/v1/namespaces/shop/pods/blog");
  });

  test("are those of the catalogue, all of them, each in the module of its group and version", async () => {
    const values: [string, Resource][] = [];
    for (const file of readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })) {
      const [, module, version] = /^(\w+)\/(v\w+)\.ts$/.exec(file) ?? [];
      if (module === undefined) continue;
      for (const [name, value] of Object.entries<Resource>(await import(`./${module}/${version}.ts`))) {
        expect(name).toBe(value.kind);
        expect(version).toBe(value.version);
        expect(value.group.replace(/^$/, "core").replace(/^internal.apiserver/, "apiserverinternal")).toMatch(
          new RegExp(`^${module}\\b`),
        );
        values.push([`${apiVersion(value)}/${name}`, value]);
      }
    }
    const catalogue = builtins().map(({ group, version, kind, plural, namespaced }): [string, Resource] => [
      `${apiVersion({ group, version })}/${kind}`,
      { group, version, kind, plural, namespaced },
    ]);
    expect(values).toHaveLength(catalogue.length);
    expect(Object.fromEntries(values)).toEqual(Object.fromEntries(catalogue));
  });
});
