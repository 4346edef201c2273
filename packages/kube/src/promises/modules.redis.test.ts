import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startApiServer } from "@kubecast/apiserver";
import { beforeAll, expect, test } from "vitest";
import { project } from "./project.test.helper.ts";

// What is tested here is the built package, as users get it.

const run = promisify(execFile);

let KUBECONFIG: string;
beforeAll(async () => {
  const api = await startApiServer();
  const folder = await mkdtemp(join(tmpdir(), "kube-modules-"));
  KUBECONFIG = join(folder, "kubeconfig");
  await writeFile(KUBECONFIG, api.kubeconfig());
  return async () => {
    await api.stop();
    await rm(folder, { recursive: true });
  };
});

// kubernetes-client/javascript#2219, #2014, #2240, #2600, #2142: an ES module that CommonJS programs cannot load.
test("a CommonJS program loads it by require", async () => {
  const folder = await project({
    "main.cjs": `
      const { Api, Client, Informer } = require("@kubecast/kube");
      const { Namespace } = require("@kubecast/kube/core/v1");
      const { Controller } = require("@kubecast/kube/runtime");
      async function main() {
        const client = await Client.default();
        const { items } = await Api.of(client, Namespace).list();
        console.log(items.map(({ metadata }) => metadata.name).includes("default"));
        for await (const event of Informer.new(Api.v1Namespace(client))) {
          console.log(event.type, typeof Controller.new);
          break;
        }
        await client.close();
      }
      main();`,
  });
  const { stdout, stderr } = await run(process.execPath, ["main.cjs"], {
    cwd: folder,
    env: { ...process.env, KUBECONFIG },
  });
  expect(stdout).toBe("true\nADDED function\n");
  expect(stderr.replace(/^\(.*ExperimentalWarning: CommonJS module .*\n.*\n/, "")).toBe("");
});

test.each(["main.mts", "main.cts"])("TypeScript knows its types without skipping any check, in %s", async (main) => {
  const folder = await project({
    [main]: `
      import { Api, Client, Reflector, type Transport } from "@kubecast/kube";
      import { Pod } from "@kubecast/kube/core/v1";
      import { Controller } from "@kubecast/kube/runtime";
      export async function phases(client: Transport): Promise<(string | undefined)[]> {
        const pods: Api<Pod> = Api.of(client, Pod).within("default");
        // @ts-expect-error: there is no such field
        await Reflector.new(pods, { fields: ["status.phases"] }).init();
        const reflector = await Reflector.new(pods, { fields: ["status.phase"] }).init();
        return reflector.state().map(({ status }) => status?.phase);
      }
      export const parts = [Client.default, Controller.new];`,
  });
  const modules = fileURLToPath(new URL("../../../../node_modules/", import.meta.url));
  const args = ["--noEmit", "--strict", "--skipLibCheck", "false", "--module", "nodenext", "--target", "es2023"];
  args.push("--types", "node", "--typeRoots", join(modules, "@types"), main);
  expect(await run(join(modules, ".bin/tsc"), args, { cwd: folder }).catch(({ stdout }) => ({ stdout }))).toMatchObject(
    {
      stdout: "",
    },
  );
});

test("a program that does not close its client ends when it has nothing more to do", async () => {
  const folder = await project({
    "main.mjs": `
      import { Api, Client, Reflector } from "@kubecast/kube";
      const namespaces = Api.v1Namespace(await Client.default());
      const reflector = await Reflector.new(namespaces).init();
      for await (const event of namespaces.watch()) if (event.type === "ADDED") break;
      console.log(reflector.state().length > 0);`,
  });
  const begin = performance.now();
  const { stdout } = await run(process.execPath, ["main.mjs"], { cwd: folder, env: { ...process.env, KUBECONFIG } });
  expect(stdout).toBe("true\n");
  // A connection is kept for 30 s, but not the process for it.
  expect(performance.now() - begin).toBeLessThan(25_000);
});

// kubernetes-client/javascript#242; vivid-planet/dextinity pull request 5938: 62 MB on disk, some 85 MB of memory.
test("importing it takes little memory, as what is not used is not loaded", async () => {
  const folder = await project({
    "main.mjs": `
      const before = process.memoryUsage().rss;
      await import("@kubecast/kube");
      await import("@kubecast/kube/apps/v1");
      console.log((process.memoryUsage().rss - before) / 1e6);`,
  });
  const { stdout } = await run(process.execPath, ["main.mjs"], { cwd: folder });
  expect(Number(stdout)).toBeGreaterThan(1);
  expect(Number(stdout)).toBeLessThan(40);
});
