import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
/** The environment less what a developer's own may say. */
const { KUBECONFIG, REDIS_URL, KUBECAST_CLUSTER, ...environment } = process.env;

/** kubecast as its users run it: a process of its own, built. */
export class Program {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<[number | null, NodeJS.Signals | null]>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(process.execPath, [main, ...args], { env: { ...environment, ...env } });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#ended = once(this.#child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
    started.add(this);
    void this.#ended.then(() => started.delete(this));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What came on stdout so far, in lines. */
  get lines(): string[] {
    return this.stdout.split("\n").slice(0, -1);
  }

  /** Reads no more, as `head` when it has enough. */
  closeStdout(): void {
    this.#child.stdout.destroy();
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits for a line on stderr, after `from` characters of it. */
  async said(pattern: RegExp | string, from = 0): Promise<void> {
    await vi.waitFor(
      () => {
        const text = this.stderr.slice(from);
        if (typeof pattern === "string" ? text.includes(pattern) : pattern.test(text)) return;
        throw new Error(`kubecast has not said ${pattern}, but:\n${text}${this.running ? "" : "\n(and it has ended)"}`);
      },
      { timeout: 60_000, interval: 20 },
    );
  }

  /** The exit code. */
  async ended(): Promise<number | null> {
    const [code] = await this.#ended;
    return code;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<number | null> {
    this.signal(signal);
    return this.ended();
  }
}

const started = new Set<Program>();

/** Ends what a test, failed or not, has left running. */
export async function killPrograms(): Promise<void> {
  await Promise.all([...started].map((program) => program.kill()));
}
