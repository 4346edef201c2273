import { expect, test } from "vitest";
import { versionOf, versionsOf } from "./versions.ts";

const digest = `sha256:${"0f".repeat(32)}`;

test.each([
  ["nginx:1.29", "1.29"],
  ["clux/version:0.2.0-rc.1", "0.2.0-rc.1"],
  ["nginx", "latest"],
  ["registry.example.com:5000/team/shop:v3", "v3"],
  ["registry.example.com:5000/team/shop", "latest"],
  ["localhost:5000/shop", "latest"],
  [`nginx@${digest}`, digest],
  [`registry.example.com:5000/shop@${digest}`, digest],
  [`registry.example.com:5000/shop:v3@${digest}`, "v3"],
])("the version of %s", (image, version) => {
  expect(versionOf(image)).toBe(version);
});

test("a version for each container; none where there are none", () => {
  const metadata = { name: "shop", namespace: "web" };
  const containers = [{ name: "main", image: "shop:2" }, { name: "proxy" }];
  expect(versionsOf({ metadata, spec: { template: { spec: { containers } } } })).toEqual([
    { container: "main", name: "shop", namespace: "web", version: "2" },
    { container: "proxy", name: "shop", namespace: "web", version: "latest" },
  ]);
  expect(versionsOf({ metadata })).toEqual([]);
});
