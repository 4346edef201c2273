import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as apiserver from "@kubecast/apiserver";
import * as simulation from "@kubecast/apiserver/simulation";
import * as cel from "@kubecast/cel";
import * as kube from "@kubecast/kube";
import * as crd from "@kubecast/kube/crd";
import * as discovery from "@kubecast/kube/discovery";
import * as fields from "@kubecast/kube/fields";
import * as opentelemetry from "@kubecast/kube/opentelemetry";
import * as runtime from "@kubecast/kube/runtime";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { contextOf, given } from "./docstrings-context.ts";

// Every example of a docstring, a block of `ts`, is a program: it has to compile, to
// run against the in-memory API server, and to print what its comments say.

const root = fileURLToPath(new URL("..", import.meta.url));
/** What an example need not import: that is clear from where it stands. */
const modules: Record<string, object> = {
  "@kubecast/apiserver": apiserver,
  "@kubecast/apiserver/simulation": simulation,
  "@kubecast/cel": cel,
  "@kubecast/kube": kube,
  "@kubecast/kube/crd": crd,
  "@kubecast/kube/discovery": discovery,
  "@kubecast/kube/fields": fields,
  "@kubecast/kube/opentelemetry": opentelemetry,
  "@kubecast/kube/runtime": runtime,
};
const types = `
  import * as z from "zod";
  import type { ObjectList } from "@kubecast/kube";
  import type { Pod } from "@kubecast/kube/core/v1";
  import type { Context } from ${JSON.stringify(join(root, "scripts/docstrings-context.ts"))};`;

interface Example {
  /** Where it stands. */
  readonly path: string;
  /** Of the line above it, from 1. */
  readonly line: number;
  readonly code: string;
  /** The name of its module. */
  readonly file: string;
}

async function readSources(): Promise<{ path: string; text: string }[]> {
  const folders = ["packages/kube/src", "packages/cel/src", "packages/apiserver/src"];
  const found = folders.map(async (folder) => {
    const files = await readdir(join(root, folder), { recursive: true });
    return files.filter((file) => file.endsWith(".ts") && !file.includes(".test.")).map((file) => join(folder, file));
  });
  const paths = (await Promise.all(found)).flat().sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), "utf8") })));
}

function examplesOf(sources: readonly { path: string; text: string }[]): Example[] {
  const blocks = sources.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/^ *\* ```ts\n(.*?)^ *\* ```$/gms), ({ 1: block = "", index }) => {
      const line = text.slice(0, index).split("\n").length;
      return { path, line, code: block.replace(/^ *\* ?/gm, "") };
    }),
  );
  return blocks.map((block, index) => ({ ...block, file: `example-${index}.ts` }));
}

/** The module that runs the example, which begins in its second line. */
function moduleOf({ code }: Example): string {
  const own = Array.from(code.matchAll(/^import .*$/gm), ([line]) => line).join(" ");
  const imports = Object.entries(modules).map(([module, names]) => {
    const used = Object.keys(names).filter((name) => mentions(code, name) && !mentions(own, name));
    return `import { ${used.join(", ")} } from ${JSON.stringify(module)};`;
  });
  const head = [types, ...imports, own, "export async function run(context: Context): Promise<void> {"];
  const context = `const { ${given.join(", ")} } = context; {`;
  const program = code.replace(/^import .*$/gm, "").replace(/console\.log(\(.*\); \/\/ )/g, "told$1");
  return `${[...head, context].join(" ").replaceAll("\n", " ")}\n${program}}}\n`;
}

function mentions(code: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(code);
}

const sources = await readSources();
const examples = examplesOf(sources);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubecast-docstrings-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const example of examples) await writeFile(join(folder, example.file), moduleOf(example));
});
afterAll(() => rm(folder, { recursive: true }));

test("they compile", async () => {
  const config = {
    extends: join(root, "tsconfig.check.json"),
    compilerOptions: { incremental: false, tsBuildInfoFile: null, noUnusedLocals: false },
    include: ["*.ts", join(root, "packages/*/src/**/*.d.ts")],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const checked = await promisify(execFile)(process.execPath, [tsc, "-p", folder], { cwd: folder }).catch(
    (error) => error,
  );
  const errors = checked.stdout.replace(/example-(\d+)\.ts\((\d+),/g, (_: string, index: string, line: string) => {
    const { path, line: above } = examples[Number(index)]!;
    return `${path}(${above + Number(line) - 1},`;
  });
  expect(errors).toBe("");
  expect(checked).not.toBeInstanceOf(Error);
});

test("there are no others", () => {
  const others = sources.filter(({ text }) => {
    const outside = text.replace(/^ *\* ```\w+\n.*?^ *\* ```$/gms, "");
    return /^ *\* {5,}\S|@example/m.test(outside);
  });
  expect(others.map(({ path }) => path)).toEqual([]);
});

test.each(examples.map((each) => [`${each.path}:${each.line}`, each] as const))(
  "%s runs",
  async (_, { code, file }) => {
    const server = await apiserver.startApiServer();
    const kubeconfig = join(folder, `${file}.kubeconfig`);
    const { context, printed, end } = await contextOf(server);
    await writeFile(
      kubeconfig,
      server
        .kubeconfig()
        .replace("name: kubecast\n    context", "name: staging\n    context")
        .replace("current-context: kubecast", "current-context: staging"),
      { mode: 0o600 },
    );
    vi.stubEnv("KUBECONFIG", kubeconfig);
    try {
      const module = await import(join(folder, file));
      await module.run(context);
    } finally {
      vi.unstubAllEnvs();
      await end();
      await server.stop();
    }
    expect(printed).toEqual(Array.from(code.matchAll(/console\.log\(.*\); \/\/ (.*)/g), ([, comment]) => comment));
  },
);
