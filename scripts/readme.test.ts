import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "node:util";
import * as apiserver from "@kubecast/apiserver";
import * as simulation from "@kubecast/apiserver/simulation";
import * as cel from "@kubecast/cel";
import * as kube from "@kubecast/kube";
import * as coordination from "@kubecast/kube/coordination/v1";
import * as crd from "@kubecast/kube/crd";
import * as discovery from "@kubecast/kube/discovery";
import * as runtime from "@kubecast/kube/runtime";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as zod from "zod";

const modules: Record<string, object> = {
  "@kubecast/apiserver": apiserver,
  "@kubecast/apiserver/simulation": simulation,
  "@kubecast/cel": cel,
  "@kubecast/kube": kube,
  "@kubecast/kube/coordination/v1": coordination,
  "@kubecast/kube/crd": crd,
  "@kubecast/kube/discovery": discovery,
  "@kubecast/kube/runtime": runtime,
  zod,
};
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;

let server: apiserver.ApiServer;
let folder: string;

/** The cluster that `Client.default()` finds. */
beforeEach(async () => {
  server = await apiserver.startApiServer();
  folder = await mkdtemp(join(tmpdir(), "kubecast-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
  vi.stubEnv("KUBECONFIG", kubeconfig);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** Runs the JavaScript of a README as one program: what it prints, and what it says that it prints. */
async function run(readme: string): Promise<{ printed: string[]; said: string[] }> {
  const text = await readFile(new URL(`../packages/${readme}`, import.meta.url), "utf8");
  const blocks = Array.from(text.matchAll(/^```js\n(.*?)^```/gms), ([, block = ""]) => block);
  const program = blocks
    .join("\n")
    .replace(/^import (\{.*?\}) from (".*?");/gms, (_, names: string, module: string) => {
      return `const ${names} = modules[${module}];`;
    });
  const said = Array.from(program.matchAll(/console\.log\(.*\); \/\/ (.*)/g), ([, comment = ""]) => comment);
  const printed: string[] = [];
  const output = { log: (...values: unknown[]) => printed.push(format(...values)), error: expect.fail };
  await new AsyncFunction("modules", "console", program)(modules, output);
  return { printed, said };
}

test.each(["cel/README.md", "kube/README.md", "apiserver/README.md", "../docs/from-kube-0.21.md"])(
  "what %s shows is what it prints",
  async (readme) => {
    const { printed, said } = await run(readme);
    expect(said).not.toHaveLength(0);
    expect(printed).toEqual(said);
  },
);
