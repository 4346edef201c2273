import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { holding, obtainBinaries } from "./binaries.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubecast-test-"));
  vi.stubEnv("KUBEBUILDER_ASSETS", undefined);
  vi.stubEnv("KUBECAST_CACHE", folder);
  vi.stubEnv("PATH", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe("obtainBinaries", () => {
  it("takes those that KUBEBUILDER_ASSETS names, and says which is missing", async () => {
    vi.stubEnv("KUBEBUILDER_ASSETS", folder);
    await writeFile(join(folder, "etcd"), "");
    await expect(obtainBinaries()).rejects.toThrow(`KUBEBUILDER_ASSETS: there is no ${folder}/kube-apiserver`);
    await writeFile(join(folder, "kube-apiserver"), "");
    expect(await obtainBinaries()).toEqual({
      etcd: join(folder, "etcd"),
      kubeApiserver: join(folder, "kube-apiserver"),
    });
  });

  it("says what to install where there is no Go", async () => {
    await expect(obtainBinaries()).rejects.toThrow("install Go (1.26 or later)");
  });
});

describe("holding a lock", () => {
  it("lets one task in at a time", async () => {
    const lock = join(folder, "lock");
    let inside = 0;
    const most: number[] = [];
    const task = async () => {
      most.push(++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all([holding(lock, task), holding(lock, task)]);
    expect(most).toEqual([1, 1]);
    expect(existsSync(lock)).toBe(false);
  });

  it("is given back when the task fails, and taken over from the dead", async () => {
    const lock = join(folder, "lock");
    await expect(holding(lock, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    await writeFile(lock, String(dead));
    let done = false;
    await holding(lock, async () => {
      done = true;
    });
    expect(done).toBe(true);
  });
});
