import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "kubecast/embedded";

const versions = { bun: "1.4.5", deno: "2.9.6" };

/**
 * Another JavaScript runtime than Node, to run programs with: of the package of
 * that name, installed once with npm into the cache, 100 MB each.
 *
 * @returns the path of the program.
 * @throws Error with what npm said, when it cannot be had.
 */
export async function obtainRuntime(name: keyof typeof versions): Promise<string> {
  const root = join(cacheFolder(), "testbed");
  const folder = join(root, `${name}-${versions[name]}`);
  const program = join(folder, "node_modules", ".bin", name);
  if (existsSync(program)) return program;
  process.stderr.write(`installing ${name} ${versions[name]} once with npm into ${folder}\n`);
  await mkdir(root, { recursive: true });
  // Filled beside its place, and renamed into it: of several processes one wins, and no one sees half a folder.
  const fresh = await mkdtemp(join(root, `${name}-`));
  try {
    const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
    await promisify(execFile)("npm", ["install", ...quiet, "--prefix", fresh, `${name}@${versions[name]}`]);
    await rename(fresh, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return program;
}
