import { Readable, Writable } from "node:stream";
import type { Status } from "../../resource/object.ts";
import { type AttachParams, chosenStreams } from "../../resource/params.ts";
import { ApiError, ConnectionError } from "../errors.ts";
import type { ApiRequest, RequestOptions, Transport } from "../transport.ts";
import { Channels } from "./channels.ts";
import { openWebSocket } from "./websocket.ts";

/** v4 has no way to say that stdin has ended; Kubernetes has v5 since 1.30. */
const PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
/** The numbers of the channels (k8s.io/apimachinery, pkg/util/remotecommand). */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const RESIZE = 4;

/** How a process ended. */
export interface ProcessResult {
  /** 0 for success. */
  readonly exitCode: number;
  /** What the server said, with the exit code among `details.causes` where it is not 0. */
  readonly status: Status;
}

/**
 * A process in a container, and its streams. Each stream that was asked for must
 * be read (or be given to `resume()`): what is not read holds back the others and
 * the result. The other streams are ended from the start.
 */
export interface AttachedProcess {
  /** `end()` it so that the process sees the end of its input, and destroy it to write no more. */
  readonly stdin: Writable;
  /** Bytes as they come. */
  readonly stdout: Readable;
  /** Bytes as they come; with `tty` all output is `stdout`. */
  readonly stderr: Readable;
  /**
   * Resolves when the process has ended, whatever its exit code. Rejects with an ApiError where
   * the container runtime failed (no such command), with a ConnectionError where the connection
   * ended before the process, and with the signal's reason. May be left alone.
   */
  readonly result: Promise<ProcessResult>;
  /** Tells the process the size of its terminal, for `tty`. */
  resize(columns: number, rows: number): void;
  /** Drops the connection; the process may go on. */
  close(): void;
}

export async function openProcess(
  transport: Transport,
  request: ApiRequest,
  params: AttachParams,
  options: RequestOptions,
): Promise<AttachedProcess> {
  const socket = await openWebSocket(transport, request, PROTOCOLS, options);
  const channels = new Channels(socket);
  const chosen = chosenStreams(params);
  const outcome = new Outcome(request);
  channels.read(STATUS, outcome);
  const stdin = chosen.stdin ? channels.writable(STDIN, (done) => channels.end(STDIN, done)) : endedWritable();
  const stdout = chosen.stdout ? channels.readable(STDOUT) : Readable.from([]);
  const stderr = chosen.stderr ? channels.readable(STDERR) : Readable.from([]);
  channels.start((error) => {
    // What is written from now on reaches nobody.
    if (!stdin.writableFinished) stdin.destroy(error ?? new ConnectionError("the process has ended"));
  });
  return {
    stdin,
    stdout,
    stderr,
    result: outcome.result,
    resize: (columns, rows) =>
      channels.write(RESIZE, Buffer.from(JSON.stringify({ Width: columns, Height: rows })), () => {}),
    close: () => socket.destroy(new ConnectionError("the connection to the process was closed")),
  };
}

/** What comes on the status channel: one Status, be it in several messages. */
class Outcome {
  readonly result: Promise<ProcessResult>;
  readonly #request: ApiRequest;
  #resolve: (result: ProcessResult) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #text = Buffer.alloc(0);

  constructor(request: ApiRequest) {
    this.#request = request;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.result.catch(() => {});
  }

  push(data: Buffer): boolean {
    this.#text = Buffer.concat([this.#text, data]);
    const status = parseStatus(this.#text);
    if (status !== undefined) this.#settle(status);
    return true;
  }

  closed(error: Error | undefined): void {
    this.#reject(error ?? new ConnectionError("the connection ended before the process said how it ended"));
  }

  #settle(status: Status): void {
    const exitCode = exitCodeOf(status);
    if (exitCode !== undefined) {
      this.#resolve({ exitCode, status });
      return;
    }
    const { method, path } = this.#request;
    this.#reject(new ApiError(status, { code: status.code ?? 500, method, path: path.split("?", 1)[0] ?? "" }));
  }
}

function parseStatus(text: Buffer): Status | undefined {
  try {
    const value: unknown = JSON.parse(text.toString());
    // Without `kind`, which a kubelet leaves out.
    return typeof value === "object" && value !== null && "status" in value ? (value as Status) : undefined;
  } catch {
    return undefined; // the rest is yet to come
  }
}

/** Undefined where the process did not come to an end of its own. */
function exitCodeOf(status: Status): number | undefined {
  if (status.status === "Success") return 0;
  if (status.reason !== "NonZeroExitCode") return undefined;
  const code = Number(status.details?.causes?.find((cause) => cause.reason === "ExitCode")?.message);
  return Number.isInteger(code) ? code : undefined;
}

function endedWritable(): Writable {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() }).on("error", () => {});
  return stream.end();
}
