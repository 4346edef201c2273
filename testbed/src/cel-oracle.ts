import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "kubecast/embedded";
import { holding } from "./binaries.ts";

/** An expression, and what it is evaluated on. */
export interface CelQuestion {
  readonly expression: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Of variables that are not dynamic: `timestamp`, or `object` for the one that `kind` or `schema` describes. */
  readonly types?: Readonly<Record<string, "timestamp" | "object">>;
  /** With `kind`: a built-in one, such as `apps/v1` and `Deployment`. */
  readonly apiVersion?: string;
  readonly kind?: string;
  /** Instead of `kind`, an OpenAPI v3 schema of a whole object. */
  readonly schema?: unknown;
}

/** A value that names its type: `["int", "5"]`, `["list", [["string", "a"]]]`. */
export type CelWritten = readonly [type: string, value?: unknown];

export interface CelAnswer {
  /** What the checker says of it. */
  readonly type?: string;
  readonly value?: CelWritten;
  /** In Kubernetes' units. */
  readonly cost: number;
  /** `plan`: a constant part of the expression has no value, whether it is reached or not. */
  readonly error?: "compile" | "plan" | "evaluate";
  readonly message?: string;
}

export interface CelOracle extends AsyncDisposable {
  ask(question: CelQuestion): Promise<CelAnswer>;
}

const source = fileURLToPath(new URL("../../packages/cel/oracle", import.meta.url));

/**
 * Kubernetes' own CEL with its libraries, built from its Go modules once.
 *
 * @returns why there is none, where Go is not installed.
 */
export async function startCelOracle(): Promise<CelOracle | string> {
  const program = await obtainCelOracle();
  if (program === undefined)
    return "the comparison with Kubernetes' own CEL needs Go (1.26 or later): it is not installed";
  const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  return {
    ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      // Answers come in the order of the questions.
      const answer = last.then(async () => {
        const { value, done } = await lines.next();
        if (done) throw new Error(`Kubernetes' CEL ended at ${question.expression}`);
        return JSON.parse(value) as CelAnswer;
      });
      last = answer.catch(() => undefined);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** Its program, built if need be; undefined where Go is not installed. */
export async function obtainCelOracle(): Promise<string | undefined> {
  const folder = join(cacheFolder(), "cel-oracle");
  const program = join(folder, await digest());
  if (existsSync(program)) return program;
  await mkdir(folder, { recursive: true });
  let isThere = true;
  await holding(`${program}.lock`, async () => {
    if (existsSync(program)) return;
    process.stderr.write("building Kubernetes' CEL once, up to 5 min\n");
    const fresh = `${program}.${process.pid}`;
    const go = spawn("go", ["build", "-ldflags", "-s -w", "-o", fresh, "."], {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: "0" },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const [code] = (await once(go, "exit").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      isThere = false;
      return [undefined];
    })) as [number | null | undefined];
    if (!isThere) return;
    if (code !== 0) throw new Error("building Kubernetes' CEL failed; Go's messages are above");
    await rename(fresh, program);
  });
  return isThere ? program : undefined;
}

/** Of the program's source, so that a change builds another. */
async function digest(): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(source)).sort()) hash.update(await readFile(join(source, name)));
  return hash.digest("hex").slice(0, 16);
}
