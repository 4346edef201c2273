import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { ContainerFiles } from "./container-files.ts";

/** A command that runs in a simulated container. */
export interface Execution {
  /** The command and its arguments. */
  readonly argv: readonly string[];
  /** Ends at once where the client sends none. */
  readonly stdin: Readable;
  /** Held back by a client that does not read. */
  readonly stdout: Writable;
  /** Held back by a client that does not read. */
  readonly stderr: Writable;
  /** Whether the client asked for a terminal. */
  readonly tty: boolean;
  /** Those of the container. */
  readonly files: ContainerFiles;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Calls the listener with each size that the client tells of its terminal, the last one at once. */
  onResize(listener: (columns: number, rows: number) => void): void;
}

/** Resolves with the exit code, once all output is written. */
export type Command = (execution: Execution) => Promise<number>;

/** Waits while the client does not read. */
export async function print(stream: Writable, text: string | Uint8Array): Promise<void> {
  if (!stream.write(text) && !stream.destroyed) await once(stream, "drain");
}
