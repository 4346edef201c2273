import { join } from "node:path";
import { type Child, onFreePort } from "kubecast/embedded";
import { startServer } from "./server-process.ts";

export interface Etcd {
  readonly url: string;
  /** Forgets every revision before the newest one, which it returns. */
  compact(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts an etcd with its data and log under `dir`. */
export async function startEtcd(path: string, dir: string): Promise<Etcd> {
  let url = "";
  const child: Child = await onFreePort((clientPort) =>
    onFreePort((peerPort) => {
      url = `http://127.0.0.1:${clientPort}`;
      const args = [
        ["--data-dir", join(dir, "etcd")],
        ["--listen-client-urls", url],
        ["--advertise-client-urls", url],
        ["--listen-peer-urls", `http://127.0.0.1:${peerPort}`],
        ["--log-level", "warn"],
        "--unsafe-no-fsync",
      ].flat();
      const ready = () =>
        fetch(`${url}/readyz`).then(
          (response) => response.ok,
          () => false,
        );
      return startServer(path, args, join(dir, "etcd.log"), ready);
    }),
  );

  /** etcd's gRPC, spoken as JSON through its gateway; 64-bit numbers are strings there. */
  async function call(method: string, request: object): Promise<{ header?: { revision?: string } }> {
    const response = await fetch(`${url}/v3/${method}`, { method: "POST", body: JSON.stringify(request) });
    const text = await response.text();
    if (!response.ok) throw new Error(`etcd: ${method}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  return {
    url,
    async compact() {
      const { header } = await call("maintenance/status", {});
      const revision = header?.revision;
      if (!revision) throw new Error("etcd: its status names no revision");
      await call("kv/compaction", { revision, physical: true });
      return revision;
    },
    stop: () => child.end("SIGKILL"),
  };
}
