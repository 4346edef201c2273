import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client, configFromText } from "@kubecast/kube";
import { expect, onTestFinished, test } from "vitest";

function run(...flags: string[]): ChildProcess {
  const cli = fileURLToPath(new URL("cli.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@kubecast/source", "--import", "tsx", cli, ...flags]);
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const ended = once(child, "exit").then(([code]) => `exit ${code}`);
  return Promise.race([once(lines, "line").then(([line]) => line), ended]);
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "kubecast-"));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

test.each([["SIGTERM"], ["SIGINT", "--no-tls"]] as const)(
  "serves what its kubeconfig names until %s",
  async (signal, ...flags) => {
    const file = join(await folder(), "kubeconfig");
    await writeFile(file, "old", { mode: 0o644 });
    const child = run("--kubeconfig", file, ...flags);
    const url = await firstLine(child);
    expect(url).toMatch(flags.length === 0 ? /^https:\/\/127\.0\.0\.1:\d+$/ : /^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const client = new Client(await configFromText(await readFile(file, "utf8")));
    onTestFinished(() => client.close());
    const namespaces = await client.request({ method: "GET", path: "/api/v1/namespaces/default" });
    expect(namespaces).toMatchObject({ kind: "Namespace", status: { phase: "Active" } });
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([0, null]);
  },
  20_000,
);

test("runs simulated nodes if told to", { timeout: 20_000 }, async () => {
  const file = join(await folder(), "kubeconfig");
  const child = run("--kubeconfig", file, "--simulate");
  expect(await firstLine(child)).toMatch(/^https:/);
  const client = new Client(await configFromText(await readFile(file, "utf8")));
  onTestFinished(() => client.close());
  const nodes = await client.request<{ items: unknown[] }>({ method: "GET", path: "/api/v1/nodes" });
  expect(nodes.items.length).toBeGreaterThan(0);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test.each([
  [["--port", "70000"], /--port <number>.* It must be a number from 0 to 65535/],
  [["--speed", "0"], /--speed <factor>.* It must be a number greater than 0/],
  [["--kubeconfig", "/nowhere/at/all"], /^kubecast-apiserver: ENOENT.*\/nowhere\/at\/all/],
  [["--what"], /unknown option '--what'/],
])("says in a sentence what is wrong with %j", { timeout: 20_000 }, async (flags, message) => {
  const child = run(...flags);
  const [error, [code]] = await Promise.all([text(child.stderr!), once(child, "exit")]);
  expect(code).toBe(1);
  expect(error).toMatch(message);
  expect(error.trim().split("\n")).toHaveLength(1);
});
