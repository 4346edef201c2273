import type * as exported from "@kubecast/kube/types/core/v1";
import { describe, expectTypeOf, test } from "vitest";
import type * as object from "../resource/object.ts";
import type { CustomResourceDefinition } from "./apiextensions/v1.ts";
import type { Deployment } from "./apps/v1.ts";
import type { HorizontalPodAutoscaler } from "./autoscaling/v2.ts";
import type { Lease } from "./coordination/v1.ts";
import type { Container, Pod, PodList, Probe, Secret, ServicePort } from "./core/v1.ts";
import type { ListMeta, ObjectMeta, OwnerReference, Status, Time } from "./meta/v1.ts";

// These assertions are the type checker's: they fail `tsc -p tsconfig.check.json`.

describe("generated types", () => {
  test("are there for users, a module for each group and version", () => {
    expectTypeOf<exported.Pod>().toEqualTypeOf<Pod>();
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
});
