import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** `npm run soak`, to its end. */
async function soak(...flags: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = fileURLToPath(new URL("./soak.ts", import.meta.url));
  const node = ["--conditions=@kubecast/source", "--expose-gc", "--import", "tsx"];
  const child = spawn(process.execPath, [...node, program, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (piece: string) => {
      text[stream] += piece;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, ...text };
}

// Ten seconds where the machine has nothing else to do.
test("a Reflector, a Controller and watchers become what the server is, whatever breaks meanwhile", {
  timeout: 180_000,
}, async () => {
  const { code, stdout, stderr } = await soak("--events", "20000", "--every", "1000", "--checkpoints", "5", "--json");
  expect(stderr).not.toContain("FAILED");
  expect(code).toBe(0);
  const { consumers, faults, checkpoints } = JSON.parse(stdout);
  expect(consumers.map(({ name }: { name: string }) => name)).toEqual(["Reflector", "Controller", "watcher"]);
  for (const { received, lists, restarts, errors } of consumers) {
    expect(received).toBeGreaterThanOrEqual(20_000);
    expect(Math.min(lists, restarts, errors)).toBeGreaterThan(2);
  }
  expect(checkpoints.length).toBeGreaterThanOrEqual(5);
  expect(Object.keys(faults).length).toBeGreaterThan(8);
});

test("a flag that makes no sense is one line that names it", async () => {
  const { code, stderr } = await soak("--events", "many");
  expect(code).toBe(2);
  expect(stderr).toBe("soak: --events must be a whole number of at least 1, not many\n");
});
