import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { folderWith } from "../config/folder.test.helper.ts";

const kube = fileURLToPath(new URL("../../", import.meta.url));

/** A user's project that has the built package installed: its folder. */
export async function project(files: Record<string, string>): Promise<string> {
  const folder = await folderWith({ "package.json": '{ "dependencies": { "@kubecast/kube": "*" } }', ...files });
  await mkdir(join(folder, "node_modules/@kubecast"), { recursive: true });
  await symlink(kube, join(folder, "node_modules/@kubecast/kube"));
  return folder;
}
