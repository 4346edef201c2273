import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = fileURLToPath(new URL("./resp-cli.mjs", import.meta.url));

/** Runs one command in a process of its own; the reply in RESP2's terms, HGETALL's as an object. */
export async function redisCommand(url: string, ...command: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, url, ...command], { maxBuffer: 2 ** 30 });
  return JSON.parse(stdout);
}

export interface Subscriber {
  /** What came so far, oldest first. */
  readonly messages: { channel: string; message: string }[];
  stop(): Promise<void>;
}

/** Subscribes in a process of its own; settles when the server has confirmed every channel. */
export async function redisSubscribe(
  url: string,
  command: "SUBSCRIBE" | "PSUBSCRIBE" | "SSUBSCRIBE",
  ...channels: string[]
): Promise<Subscriber> {
  const child = spawn(process.execPath, [program, url, command, ...channels], { stdio: ["ignore", "pipe", "pipe"] });
  const gone = once(child, "exit");
  const messages: Subscriber["messages"] = [];
  createInterface(child.stdout).on("line", (line) => messages.push(JSON.parse(line)));
  let said = "";
  for await (const line of createInterface(child.stderr)) {
    said = line;
    break;
  }
  if (!said.startsWith("subscribed")) throw new Error(said || `${command} failed`);
  return {
    messages,
    async stop() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
