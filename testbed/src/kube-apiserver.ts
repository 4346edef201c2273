import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { atExit, type Child, notAtExit, onFreePort } from "kubecast/embedded";
import { obtainBinaries } from "./binaries.ts";
import { startEtcd } from "./etcd.ts";
import { startServer } from "./server-process.ts";
import { startTokenReviewer } from "./token-review.ts";

export interface KubeApiserverOptions {
  /** Such as `{ ShardedListAndWatch: true }`. */
  featureGates?: Record<string, boolean>;
  /** More of kube-apiserver's own flags. */
  args?: string[];
}

/** A real kube-apiserver with an etcd of its own. No controllers, scheduler or kubelets run. */
export interface KubeApiserver {
  /** `https://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** The path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly adminToken: string;
  /** The certificate that signs the server's, in PEM. */
  readonly ca: string;
  readonly etcdUrl: string;
  /** Holds the logs of both servers. */
  readonly dir: string;
  /** A new user, who may do nothing until RBAC says so; `server` may name a proxy's URL instead. */
  user(name: string, groups?: string[], server?: string): Promise<User>;
  /** Makes a user's token worthless (401) within 10 s, for that long the server remembers one it has accepted. */
  revoke(token: string): void;
  /** A request, as administrator unless a token is given, that shares no code with the client under test. */
  request(method: string, path: string, body?: unknown, token?: string): Promise<{ status: number; body: unknown }>;
  /** Ends both servers, and removes everything. */
  stop(): Promise<void>;
  /** Ends the API server, in good order (SIGTERM) unless told otherwise; etcd stays. */
  stopApiserver(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, on the same port, with the same data. */
  startApiserver(): Promise<void>;
  restart(): Promise<void>;
  /** Makes etcd forget all but the newest revision, which it returns. What the API server has in memory stays. */
  compact(): Promise<string>;
}

export interface User {
  /** The path of the user's kubeconfig. */
  kubeconfig: string;
  token: string;
}

/** Starts both servers and waits until the API is ready, with its default namespace. */
export async function startKubeApiserver(options: KubeApiserverOptions = {}): Promise<KubeApiserver> {
  const binaries = await obtainBinaries();
  const dir = await mkdtemp(join(tmpdir(), "kubecast-apiserver-"));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  atExit(remove);
  const adminToken = randomBytes(16).toString("hex");
  const reviewer = await startTokenReviewer();
  await writeFile(join(dir, "tokens.csv"), `${adminToken},admin,admin,"system:masters"\n`, { mode: 0o600 });
  await writeFile(join(dir, "reviewer.json"), kubeconfigOf({ server: reviewer.url }, "reviewer", ""));
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keyFile = join(dir, "service-account.pem");
  await writeFile(keyFile, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  const etcd = await startEtcd(binaries.etcd, dir);
  const clear = async () => {
    await etcd.stop();
    await reviewer.stop();
    notAtExit(remove);
    remove();
  };

  const flags = [
    `--etcd-servers=${etcd.url}`,
    "--etcd-compaction-interval=0", // only `compact` does it
    "--bind-address=127.0.0.1",
    `--cert-dir=${join(dir, "certificates")}`,
    `--token-auth-file=${join(dir, "tokens.csv")}`,
    `--authentication-token-webhook-config-file=${join(dir, "reviewer.json")}`,
    "--authentication-token-webhook-version=v1",
    "--authentication-token-webhook-cache-ttl=0",
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${keyFile}`,
    `--service-account-signing-key-file=${keyFile}`,
    "--service-cluster-ip-range=10.0.0.0/24",
    "--disable-admission-plugins=ServiceAccount", // no controller makes the accounts that it asks for
    "--endpoint-reconciler-type=none",
    "--allow-privileged=true",
    ...Object.entries(options.featureGates ?? {}).map(([gate, on]) => `--feature-gates=${gate}=${on}`),
    ...(options.args ?? []),
  ];
  // The server signs its own certificate at its first start; the file holds the signer's too.
  const ca = () => readFileSync(join(dir, "certificates", "apiserver.crt"), "utf8");

  const launch = (port: number): Promise<Child> => {
    const ask = async (path: string) => {
      try {
        return (await call(port, ca(), adminToken, "GET", path)).status === 200;
      } catch {
        return false; // it does not listen, or has no certificate yet
      }
    };
    const ready = async () => (await ask("/readyz")) && (await ask("/api/v1/namespaces/default"));
    return startServer(
      binaries.kubeApiserver,
      [`--secure-port=${port}`, ...flags],
      join(dir, "kube-apiserver.log"),
      ready,
    );
  };

  let port = 0;
  let child: Child;
  try {
    child = await onFreePort((free) => {
      port = free;
      return launch(free);
    });
  } catch (error) {
    await clear();
    throw error;
  }
  const url = `https://127.0.0.1:${port}`;

  async function writeKubeconfig(name: string, token: string, server = url): Promise<string> {
    const path = join(dir, `${randomBytes(4).toString("hex")}.kubeconfig`);
    const cluster = { server, "certificate-authority-data": Buffer.from(ca()).toString("base64") };
    await writeFile(path, kubeconfigOf(cluster, name, token), { mode: 0o600 });
    return path;
  }

  async function stopApiserver(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await child.end(signal);
  }

  async function startApiserver(): Promise<void> {
    child = await launch(port);
  }

  return {
    url,
    port,
    kubeconfig: await writeKubeconfig("admin", adminToken),
    adminToken,
    ca: ca(),
    etcdUrl: etcd.url,
    dir,
    async user(name, groups = [], server = url) {
      const token = reviewer.issue({ name, groups });
      return { kubeconfig: await writeKubeconfig(name, token, server), token };
    },
    revoke: reviewer.revoke,
    request: (method, path, body, token = adminToken) => call(port, ca(), token, method, path, body),
    async stop() {
      await stopApiserver("SIGKILL");
      await clear();
    },
    stopApiserver,
    startApiserver,
    async restart() {
      await stopApiserver();
      await startApiserver();
    },
    compact: etcd.compact,
  };
}

/** A kubeconfig in JSON, which is YAML as well. */
function kubeconfigOf(cluster: Record<string, string>, user: string, token: string): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "testbed", cluster }],
    users: [{ name: user, user: token ? { token } : {} }],
    contexts: [{ name: "testbed", context: { cluster: "testbed", user } }],
    "current-context": "testbed",
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function call(
  port: number,
  ca: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { "content-type": contentType(method) }),
    };
    const outgoing = request({ host: "127.0.0.1", port, ca, method, path, headers, agent: false }, async (response) => {
      try {
        const answer = await text(response);
        const isJson = response.headers["content-type"]?.startsWith("application/json");
        resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(answer) : answer });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const contentType = (method: string) => (method === "PATCH" ? "application/merge-patch+json" : "application/json");
