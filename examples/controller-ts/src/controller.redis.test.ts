import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApiServer } from "@kubecast/apiserver";
import { testController } from "./controller.test.support.ts";

testController(async () => {
  const server = await startApiServer();
  const folder = await mkdtemp(join(tmpdir(), "controller-ts-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
  return {
    kubeconfig,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
});
