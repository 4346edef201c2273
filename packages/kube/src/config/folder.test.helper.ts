import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder for one test, with these files in it; gone when the test is. */
export async function folderWith(files: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kube-config-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** A kubeconfig with one context, cluster and user, all named `test`. */
export function kubeconfigText(entries: { cluster?: object; user?: object; context?: object }): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server: "https://api.example:6443", ...entries.cluster } }],
    users: [{ name: "test", user: entries.user ?? {} }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test", ...entries.context } }],
  });
}

/** A clock that stands still until it is moved. */
export function clock(start = Date.parse("2026-01-01T00:00:00Z")) {
  let time = start;
  return {
    now: () => time,
    advance: (seconds: number) => {
      time += seconds * 1000;
    },
  };
}
