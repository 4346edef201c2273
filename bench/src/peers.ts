import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "kubecast/embedded";

// Packages to measure, each installed with npm in a folder of its own, as a user would.
// They are no dependencies of the workspace, which would grow by what it is measured against.

const run = promisify(execFile);

export interface Installed {
  readonly name: string;
  readonly folder: string;
  /** With all that it depends on. */
  readonly packages: number;
  readonly files: number;
  readonly bytes: number;
}

/** A release from the registry, installed once. */
export async function installPeer(name: string, version: string): Promise<Installed> {
  const folder = join(cacheFolder(), "peers", `${name.replace("/", "+")}@${version}`);
  if (!existsSync(join(folder, "node_modules", name))) await install(folder, `${name}@${version}`);
  return describe(name, folder);
}

/** A package of the workspace, packed as it would be published; the last build of it. */
export async function installOwn(name: string): Promise<Installed> {
  const folder = join(cacheFolder(), "peers", `${name.replace("/", "+")}@workspace`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run("npm", ["pack", "--workspace", name, "--pack-destination", folder], { cwd: workspace });
  const [archive = ""] = (await readdir(folder)).filter((file) => file.endsWith(".tgz"));
  await install(folder, join(folder, archive));
  return describe(name, folder);
}

const workspace = new URL("../../", import.meta.url);

async function install(folder: string, spec: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  await run("npm", ["install", "--no-audit", "--no-fund", spec], { cwd: folder });
}

async function describe(name: string, folder: string): Promise<Installed> {
  const modules = join(folder, "node_modules");
  const lock = JSON.parse(await readFile(join(modules, ".package-lock.json"), "utf8"));
  const entries = await readdir(modules, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== ".package-lock.json");
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { name, folder, packages: Object.keys(lock.packages).length, files: files.length, bytes };
}
