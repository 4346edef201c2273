import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { startApiServer } from "@kubecast/apiserver";
import { flags, whole } from "./flags.ts";
import { type Installed, installOwn, installPeer } from "./peers.ts";
import { median, quantile, table } from "./statistics.ts";

// What importing a client costs: time and resident memory, each in a process of its own,
// and its size on disk. See docs/performance.md.

const rounds = flags("bench:import", () => {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });
  return whole("rounds", values.rounds, 1);
});
const run = promisify(execFile);

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`@kubernetes/client-node 2 needs Node 22.19 or later, and this is ${process.version}\n`);
  process.exit(1);
}

interface Program {
  readonly name: string;
  /** Where its imports are looked up. */
  readonly folder: string;
  /** What is measured. */
  readonly does: string;
}

interface Cost {
  readonly milliseconds: number;
  /** Milliseconds of all threads. */
  readonly cpu: number;
  /** Resident, of the whole process. */
  readonly bytes: number;
}

const ours = await installOwn("@kubecast/kube");
const node = await installPeer("@kubernetes/client-node", "2.0.1");
const fluent = await installPeer("kubernetes-fluent-client", "3.11.6");

const bare: Program = { name: "nothing", folder: ours.folder, does: "" };
const imports = (installed: Installed, ...modules: string[]): Program => ({
  name: modules.map((module) => `\`${module}\``).join(", "),
  folder: installed.folder,
  does: modules.map((module) => `await import("${module}");`).join("\n"),
});
const programs: Program[] = [
  bare,
  imports(ours, "@kubecast/kube/core/v1"),
  imports(ours, "@kubecast/kube"),
  imports(ours, "@kubecast/kube", "@kubecast/kube/core/v1"),
  imports(ours, "@kubecast/kube", "@kubecast/kube/runtime"),
  imports(node, "@kubernetes/client-node"),
  imports(fluent, "kubernetes-fluent-client"),
  {
    name: "`@kubecast/kube`, Pods listed",
    folder: ours.folder,
    does: `
      const { Api, Client } = await import("@kubecast/kube");
      const client = await Client.default();
      await Api.v1Pod(client).list();`,
  },
  {
    name: "`@kubernetes/client-node`, Pods listed",
    folder: node.folder,
    does: `
      const { CoreV1Api, KubeConfig } = await import("@kubernetes/client-node");
      const config = new KubeConfig();
      config.loadFromDefault();
      await config.makeApiClient(CoreV1Api).listPodForAllNamespaces();`,
  },
];

const server = await startApiServer({ tls: true });
const temporary = await mkdtemp(join(tmpdir(), "kubecast-bench-"));
const kubeconfig = join(temporary, "kubeconfig");
await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });

const costs = new Map<Program, Cost[]>(programs.map((program) => [program, []]));
for (let round = -1; round < rounds; round++) {
  for (let turn = 0; turn < programs.length; turn++) {
    const program = programs[(turn + round + programs.length) % programs.length] ?? bare;
    const cost = await measure(program);
    if (round >= 0) costs.get(program)?.push(cost); // the first has the files read from disk
  }
}
await server.stop();
await rm(temporary, { recursive: true });

const base = median(costs.get(bare)?.map(({ bytes }) => bytes) ?? []);
const rows = [["what is imported", "ms p50", "ms p90", "CPU ms p50", "MB p50", "MB p90"]];
for (const [{ name }, measured] of costs) {
  const milliseconds = measured.map((cost) => cost.milliseconds);
  const cpu = measured.map((cost) => cost.cpu);
  const megabytes = measured.map(({ bytes }) => (bytes - base) / 1e6);
  const [ms90, mb90] = [quantile(milliseconds, 0.9), quantile(megabytes, 0.9)];
  const figures = [median(milliseconds), ms90, median(cpu), median(megabytes), mb90];
  rows.push([name, ...figures.map((figure) => Math.max(0, figure).toFixed(1))]);
}
const disk = [["installed", "packages", "files", "MB"]];
for (const { name, packages, files, bytes } of [ours, node, fluent]) {
  disk.push([`\`${name}\``, String(packages), String(files), (bytes / 1e6).toFixed(1)]);
}
process.stdout.write(
  `Node ${process.version}, ${rounds} rounds; a Node that imports nothing has ${(base / 1e6).toFixed(1)} MB.\n\n` +
    `${table(rows)}\n\n${table(disk)}\n`,
);

/** Runs it in a new process of this Node. */
async function measure({ folder, does }: Program): Promise<Cost> {
  const program = join(folder, "measured.mjs");
  await writeFile(
    program,
    `const begun = performance.now();
    const before = process.cpuUsage();
    ${does}
    const milliseconds = performance.now() - begun;
    const { user, system } = process.cpuUsage(before);
    const bytes = process.memoryUsage.rss();
    process.stdout.write(JSON.stringify({ milliseconds, cpu: (user + system) / 1000, bytes }));
    process.exit();`,
  );
  const env = { ...process.env, NODE_OPTIONS: "", KUBECONFIG: kubeconfig };
  const { stdout } = await run(process.execPath, [program], { env });
  return JSON.parse(stdout);
}
