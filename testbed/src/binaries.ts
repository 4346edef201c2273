import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "kubecast/embedded";

export const kubernetesVersion = "1.37.2";

export interface Binaries {
  etcd: string;
  kubeApiserver: string;
}

const [major, minor] = kubernetesVersion.split(".");
const stamp = "-X k8s.io/component-base/version.git";
const programs = {
  etcd: { module: "etcd", target: "go.etcd.io/etcd/server/v3", stamps: "", minutes: 1 },
  "kube-apiserver": {
    module: "kube-apiserver",
    target: "k8s.io/kubernetes/cmd/kube-apiserver",
    // Without these the server calls itself v0.0.0 and clients' version checks fail.
    stamps: `${stamp}Version=v${kubernetesVersion} ${stamp}Major=${major} ${stamp}Minor=${minor}`,
    minutes: 8,
  },
  kubectl: {
    module: "kube-apiserver",
    target: "k8s.io/kubernetes/cmd/kubectl",
    stamps: `${stamp}Version=v${kubernetesVersion} ${stamp}Major=${major} ${stamp}Minor=${minor}`,
    minutes: 3,
  },
};

/**
 * The etcd and kube-apiserver to test against: those in `KUBEBUILDER_ASSETS`
 * (as setup-envtest leaves them), else those in the cache, else built there
 * with Go from the modules pinned in testbed/go, once.
 *
 * @throws Error that says what to install, when they cannot be had.
 */
export async function obtainBinaries(): Promise<Binaries> {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets) {
    const given = { etcd: join(assets, "etcd"), kubeApiserver: join(assets, "kube-apiserver") };
    for (const path of Object.values(given))
      if (!existsSync(path)) throw new Error(`KUBEBUILDER_ASSETS: there is no ${path}`);
    return given;
  }
  return { etcd: await built("etcd"), kubeApiserver: await built("kube-apiserver") };
}

/**
 * The kubectl of the same release: the one in `KUBEBUILDER_ASSETS`, if there is
 * one, else the one in the cache, else built there, once.
 *
 * @throws Error that says what to install, when it cannot be had.
 */
export async function obtainKubectl(): Promise<string> {
  const given = join(process.env.KUBEBUILDER_ASSETS ?? "", "kubectl");
  return process.env.KUBEBUILDER_ASSETS && existsSync(given) ? given : built("kubectl");
}

async function built(name: keyof typeof programs): Promise<string> {
  const folder = join(cacheFolder(), "testbed", `v${kubernetesVersion}`);
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  if (existsSync(path)) return path;
  await holding(join(folder, `${name}.lock`), async () => {
    if (existsSync(path)) return; // another process built it while this one waited
    const fresh = `${path}.${process.pid}`;
    try {
      await build(name, fresh);
      await rename(fresh, path);
    } finally {
      await rm(fresh, { force: true });
    }
  });
  return path;
}

async function build(name: keyof typeof programs, output: string): Promise<void> {
  const { module, target, stamps, minutes } = programs[name];
  process.stderr.write(`building ${name} for Kubernetes ${kubernetesVersion} once, about ${minutes} min\n`);
  const go = spawn("go", ["build", "-ldflags", `-s -w ${stamps}`, "-o", output, target], {
    cwd: fileURLToPath(new URL(`../go/${module}`, import.meta.url)),
    env: { ...process.env, CGO_ENABLED: "0" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = (await once(go, "exit").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new Error(
      "cluster tests need an etcd and a kube-apiserver: install Go (1.26 or later) to build them, " +
        "or name a folder that holds both with KUBEBUILDER_ASSETS",
    );
  })) as [number | null];
  if (code !== 0) throw new Error(`building ${name} failed; Go's messages are above`);
}

/** Runs the task while holding a lock file, which names its holder so that a dead one's can be taken over. */
export async function holding(lock: string, task: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const file = await open(lock, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(await readFile(lock, "utf8").catch(() => ""));
    if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
    else {
      if (tries === 10) process.stderr.write(`waiting for process ${holder}, which holds ${lock}\n`);
      await sleep(200);
    }
  }
  try {
    await task();
  } finally {
    await rm(lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
