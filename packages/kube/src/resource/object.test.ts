import { describe, expectTypeOf, test } from "vitest";
import type { NetworkPolicy } from "../types/networking/v1.ts";
import type * as resource from "./index.ts";
import type { KubeObject, ObjectList, Status, WatchEvent } from "./object.ts";

// These assertions are the type checker's: they fail `tsc -p tsconfig.check.json`.

interface FooSpec {
  info: string;
}
interface FooStatus {
  isBad: boolean;
}
type Foo = resource.Object<FooSpec, FooStatus>;

describe("the types of objects", () => {
  test("an object is told by its spec and status", () => {
    expectTypeOf<Foo>().toExtend<KubeObject>();
    expectTypeOf<Foo["spec"]>().toEqualTypeOf<FooSpec>();
    expectTypeOf<Foo["status"]>().toEqualTypeOf<FooStatus | undefined>();
    expectTypeOf<{ metadata: { name: string }; spec: { info: string } }>().toExtend<Foo>();
  });

  test("without a status it has an unknown one; a kind that has none says so", () => {
    expectTypeOf<resource.Object<FooSpec>["status"]>().toEqualTypeOf<unknown>();
    expectTypeOf<NetworkPolicy>().not.toHaveProperty("status");
  });

  test("a list is iterated by its items", () => {
    expectTypeOf<ObjectList<Foo>["items"]>().toEqualTypeOf<Foo[]>();
    expectTypeOf<ObjectList<Foo>["metadata"]["continue"]>().toEqualTypeOf<string | undefined>();
  });

  test("the type of an event tells whether it has an object or a Status", () => {
    expectTypeOf<Exclude<WatchEvent<Foo>, { type: "ERROR" }>["object"]>().toEqualTypeOf<Foo>();
    expectTypeOf<Extract<WatchEvent<Foo>, { type: "ERROR" }>["object"]>().toEqualTypeOf<Status>();
  });

  test("a Status says what went wrong, and where", () => {
    expectTypeOf<Status["details"]>().toEqualTypeOf<resource.StatusDetails | undefined>();
    expectTypeOf<NonNullable<resource.StatusDetails["causes"]>>().toEqualTypeOf<resource.StatusCause[]>();
  });
});
