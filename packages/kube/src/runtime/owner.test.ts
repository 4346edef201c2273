import { expect, test } from "vitest";
import { ownerReference } from "./owner.ts";

const metadata = { name: "db", namespace: "shop", uid: "1-2" };

test("names what and which the owner is, as the one that manages the object unless one says otherwise", () => {
  const service = { apiVersion: "v1", kind: "Service", metadata };
  const names = { apiVersion: "v1", kind: "Service", name: "db", uid: "1-2" };
  expect(ownerReference(service)).toEqual({ ...names, controller: true });
  expect(ownerReference(service, { controller: false })).toEqual({ ...names, controller: false });
});

test("an owner that does not say it is refused, and how to come by one told", () => {
  expect(() => ownerReference({ metadata })).toThrow("take it from get or a watch");
  expect(() => ownerReference({ apiVersion: "v1", kind: "Service", metadata: { name: "db" } })).toThrow("metadata.uid");
  const part = { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata", metadata };
  expect(() => ownerReference(part)).toThrow("take the whole object");
});
