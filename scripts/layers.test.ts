import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { objection, violations } from "./layers.ts";

it.each([
  ["packages/kube", "src/watch/store.ts", "../resource/object.ts", undefined],
  ["packages/kube", "src/resource/object.ts", "../watch/store.ts", "resource may not import watch, a later layer"],
  ["packages/kube", "src/config/exec.ts", "../client/errors.ts", "config may not import client"],
  ["packages/kube", "src/index.ts", "./watch/index.ts", undefined],
  ["packages/kube", "src/watch/store.ts", "../index.ts", "watch may not import the package's own entry"],
  ["packages/kube", "src/other/new.ts", "../watch/store.ts", "packages/kube/src/other has no place in the layers"],
  ["packages/kube", "src/wire/json.ts", "node:fs/promises", "src/wire does no IO"],
  ["packages/kube", "src/client/client.ts", "undici", undefined],
  ["packages/kube", "src/watch/store.ts", "./fakes.test.support.ts", "is for tests only"],
  ["packages/kube", "src/watch/store.ts", "../../../cel/src/index.ts", "is outside the package's src"],
  ["packages/kube", "src/watch/store.ts", "@kubecast/cel", "packages/kube may not import @kubecast/cel"],
  ["packages/cel", "src/check.ts", "@kubecast/kube", "packages/cel may not import @kubecast/kube"],
  ["packages/apiserver", "src/server.ts", "@kubecast/kube", undefined],
  ["packages/apiserver", "src/server.ts", "kubecast/embedded", "packages/apiserver may not import kubecast/embedded"],
  ["examples", "pod_informer.ts", "@kubecast/kube", undefined],
  ["examples", "pod_informer.ts", "./support.ts", undefined],
  ["examples", "pod_informer.ts", "@kubecast/apiserver", "examples may not import @kubecast/apiserver"],
  ["examples", "pod_informer.ts", "../packages/kube/src/index.ts", "is outside the package's src"],
  ["packages/kubecast", "src/conditions/life.ts", "@redis/client", "src/conditions does no IO"],
  ["packages/kubecast", "src/redis/publisher.ts", "../conditions/condition.ts", undefined],
  ["packages/kubecast", "src/redis/publisher.ts", "../cli/main.ts", "redis may not import cli, a later layer"],
])("in %s, %s imports %s: %s", (home, file, specifier, why) => {
  if (why) expect(objection(home, file, specifier)).toContain(why);
  else expect(objection(home, file, specifier)).toBeUndefined();
});

it("finds every kind of import in a file, with its line", () => {
  const root = mkdtempSync(join(tmpdir(), "kubecast-layers-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write(
    "packages/kube/src/wire/bad.ts",
    [
      'import type { A } from "../watch/a.ts";',
      'export * from "../client/b.ts";',
      'export { type C } from "../config/c.ts";',
      'const d = await import("node:net");',
      'import "../resource/fine.ts"; // import "../watch/only-said.ts"',
    ].join("\n"),
  );
  write("packages/kube/src/wire/bad.test.ts", 'import "../watch/a.ts";');
  expect(violations(root)).toEqual([
    "packages/kube/src/wire/bad.ts:1: wire may not import watch, a later layer (../watch/a.ts)",
    "packages/kube/src/wire/bad.ts:2: wire may not import client, a later layer (../client/b.ts)",
    "packages/kube/src/wire/bad.ts:3: wire may not import config, a later layer (../config/c.ts)",
    "packages/kube/src/wire/bad.ts:4: src/wire does no IO, and may not import node:net",
  ]);
});
