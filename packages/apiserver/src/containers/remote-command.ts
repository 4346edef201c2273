import { once } from "node:events";
import { Readable, Writable } from "node:stream";
import type { WebSocket } from "ws";
import { flag } from "../http/query.ts";
import { ServerChannels } from "./channels.ts";
import { CommandNotFound } from "./commands.ts";
import type { ContainerLog } from "./container-log.ts";
import { type Execution, print } from "./execution.ts";

export const remoteCommandProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/** The numbers of the channels (k8s.io/apimachinery, pkg/util/remotecommand). */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const RESIZE = 4;

/** Runs what `exec` and `attach` ask for, tells how it ended, and closes. */
export async function serveRemoteCommand(
  socket: WebSocket,
  query: URLSearchParams,
  run: (execution: Omit<Execution, "files">) => Promise<number>,
): Promise<void> {
  const channels = new ServerChannels(socket);
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  const tty = flag(query, "tty");
  const stdout = flag(query, "stdout") ? channels.writable(STDOUT) : nowhere();
  const stderr = flag(query, "stderr") && !tty ? channels.writable(STDERR) : tty ? stdout : nowhere();
  const execution: Omit<Execution, "files"> = {
    argv: query.getAll("command"),
    stdin: flag(query, "stdin") ? channels.readable(STDIN) : Readable.from([]),
    stdout,
    stderr,
    tty,
    signal: gone.signal,
    onResize: sizes(channels),
  };
  // As a kubelet does, to say that the process has begun.
  channels.send(STDOUT, Buffer.alloc(0), () => {});
  const status = await outcome(run(execution));
  if (gone.signal.aborted) return;
  await Promise.all([...new Set([stdout, stderr])].map(finish));
  channels.send(STATUS, Buffer.from(JSON.stringify({ metadata: {}, ...status })), () => socket.close(1000));
}

async function finish(stream: Writable): Promise<void> {
  stream.end();
  if (!stream.writableFinished && !stream.destroyed) await once(stream, "close");
}

/**
 * The main process of a container: shows what the container writes from now on, and writes what
 * it reads. Ends with the container, or with its input if there was any.
 */
export async function runMainProcess(
  { stdin, stdout, signal }: Pick<Execution, "stdin" | "stdout" | "signal">,
  log: ContainerLog,
): Promise<number> {
  const lines = log.lines;
  let at = lines.length;
  /** How much of the line at `at` is shown; where the last has no end, it may grow. */
  let within = 0;
  const last = lines.at(-1);
  if (last !== undefined && !last.text.endsWith("\n")) [at, within] = [at - 1, last.text.length];
  const news = () => {
    let text = "";
    for (let line = lines[at]; line !== undefined; line = lines[at]) {
      text += line.text.slice(within);
      within = line.text.length;
      if (!line.text.endsWith("\n")) break;
      [at, within] = [at + 1, 0];
    }
    return text;
  };
  let fed = false;
  let over = false;
  let wake: () => void = () => {};
  const stop = log.onChange(() => wake());
  stdin.on("data", (chunk: Buffer) => {
    fed = true;
    log.write(chunk.toString());
  });
  const end = () => {
    over = true;
    wake();
  };
  stdin.on("end", () => {
    if (fed) end();
  });
  signal.addEventListener("abort", end);
  while (true) {
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    // Before it looks, so that no end is missed while it writes.
    const ended = over || log.ended || log.lines !== lines;
    await print(stdout, news());
    if (ended) break;
    await changed;
  }
  stop();
  return 0;
}

async function outcome(running: Promise<number>): Promise<object> {
  try {
    const code = await running;
    if (code === 0) return { status: "Success" };
    return {
      status: "Failure",
      reason: "NonZeroExitCode",
      message: `command terminated with non-zero exit code: exit status ${code}`,
      details: { causes: [{ reason: "ExitCode", message: String(code) }] },
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const prefix = error instanceof CommandNotFound ? "failed to exec in container: OCI runtime exec failed: " : "";
    const message = `Internal error occurred: error executing command in container: ${prefix}${why}`;
    return { status: "Failure", reason: "InternalError", message, details: { causes: [{ message: why }] }, code: 500 };
  }
}

function sizes(channels: ServerChannels): Execution["onResize"] {
  const listeners: ((columns: number, rows: number) => void)[] = [];
  let last: { Width: number; Height: number } | undefined;
  channels.read(RESIZE, (data) => {
    if (data === undefined) return true;
    last = JSON.parse(data.toString()) as { Width: number; Height: number };
    for (const listener of listeners) listener(last.Width, last.Height);
    return true;
  });
  return (listener) => {
    listeners.push(listener);
    if (last !== undefined) listener(last.Width, last.Height);
  };
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
