import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApiServer } from "@kubecast/apiserver";
import { testExamples } from "./examples.test.support.ts";

testExamples(async () => {
  const server = await startApiServer();
  const folder = await mkdtemp(join(tmpdir(), "kubecast-examples-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
  return {
    kubeconfig,
    write: (pod, container, text) => server.containers.log("default", pod, container).write(text),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
});
