import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { obtainKubectl } from "./binaries.ts";

/** A kubectl that has ended. */
export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** A kubectl that runs. */
export interface KubectlRun {
  /** Waits until stdout has what the pattern says; rejects when kubectl ends before that. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  write(input: string): void;
  /** Closes the input after this last text, and waits for the end. */
  end(input?: string | Uint8Array): Promise<KubectlResult>;
  /** Ends it as Ctrl-C does. */
  interrupt(): void;
}

/** kubectl with a kubeconfig and a cache of its own. */
export interface Kubectl {
  /** Runs it to its end. */
  (...args: string[]): Promise<KubectlResult>;
  start(...args: string[]): KubectlRun;
  /** For the files that commands read and write; `stop` removes it. */
  readonly dir: string;
  /** Kills what still runs, and removes the files. */
  stop(): Promise<void>;
}

/** @param kubeconfig its text. */
export async function startKubectl(kubeconfig: string): Promise<Kubectl> {
  const path = await obtainKubectl();
  const dir = await mkdtemp(join(tmpdir(), "kubecast-kubectl-"));
  const config = join(dir, "kubeconfig");
  await writeFile(config, kubeconfig, { mode: 0o600 });
  const running = new Set<() => void>();

  function start(...args: string[]): KubectlRun {
    // What the user who runs the tests has set must not matter.
    const env = { PATH: process.env.PATH, HOME: dir, KUBECONFIG: config };
    const child = spawn(path, args, { cwd: dir, env });
    const kill = () => void child.kill("SIGKILL");
    running.add(kill);
    // It may be gone before it has read all.
    child.stdin.on("error", () => {});
    let output = "";
    let ended = false;
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      output += chunk;
    });
    const errors = text(child.stderr);
    const closed = once(child, "close").then(([code]) => {
      ended = true;
      running.delete(kill);
      return code as number | null;
    });
    return {
      async shows(pattern) {
        for (;;) {
          const found = pattern.exec(output);
          if (found !== null) return found;
          if (ended) throw new Error(`kubectl ${args.join(" ")} ended without ${pattern}: ${output}${await errors}`);
          await Promise.race([once(child.stdout, "data"), closed]);
        }
      },
      write: (input) => void child.stdin.write(input),
      async end(input = "") {
        child.stdin.end(input);
        const code = await closed;
        return { stdout: output, stderr: await errors, code };
      },
      interrupt: () => void child.kill("SIGINT"),
    };
  }

  return Object.assign((...args: string[]) => start(...args).end(), {
    start,
    dir,
    async stop() {
      for (const kill of running) kill();
      await rm(dir, { recursive: true, force: true });
    },
  });
}
