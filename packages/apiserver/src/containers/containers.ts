import { connect } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { builtinCommands, CommandNotFound, shell } from "./commands.ts";
import { ContainerFiles } from "./container-files.ts";
import { ContainerLog } from "./container-log.ts";
import type { Command, Execution } from "./execution.ts";

/** What answers on a port of a Pod. */
export type PortHandler = (connection: Duplex) => void;

/**
 * The containers of the Pods, as far as `kubectl logs`, `exec`, `attach` and
 * `port-forward` see them: each container of each Pod there is, whatever the
 * Pod's phase. They run `echo`, `cat`, `ls`, `test`, `tar`, `true`, `false` and a
 * little `sh -c`, and answer on port 7, which gives back what it gets (RFC 862).
 *
 * ```ts
 * server.containers.log("default", "blog", "main").write("listening\n");
 * server.containers.files("default", "blog", "main").write("/etc/motd", "welcome\n");
 * server.containers.command("date", async ({ stdout }) => {
 *   stdout.write("today\n");
 *   return 0;
 * });
 * server.containers.port(8080, 41233); // what listens on this computer answers there
 * ```
 */
export class Containers {
  readonly #clock: () => number;
  readonly #logs = new Map<string, ContainerLog>();
  readonly #files = new Map<string, { instance: unknown; pod: string | undefined; files: ContainerFiles }>();
  readonly #commands = new Map<string, Command>(Object.entries(builtinCommands));
  readonly #ports = new Map<number, PortHandler>([[7, (connection) => pipeline(connection, connection, () => {})]]);

  /** @param clock milliseconds since 1970, for the lines of the logs. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** To write to, end or restart a container's log; it stays as long as the server. */
  log(namespace: string, pod: string, container: string): ContainerLog {
    const key = `${namespace}/${pod}/${container}`;
    let log = this.#logs.get(key);
    if (log === undefined) {
      log = new ContainerLog(this.#clock);
      this.#logs.set(key, log);
    }
    return log;
  }

  /**
   * The files of a container as it runs now: a new one has none.
   * @param uid of the Pod, where it is known.
   */
  files(namespace: string, pod: string, container: string, uid?: string): ContainerFiles {
    const key = `${namespace}/${pod}/${container}`;
    // Each run of a container has lines of its own.
    const instance = this.log(namespace, pod, container).lines;
    let known = this.#files.get(key);
    if (known?.instance !== instance || (uid !== undefined && known.pod !== undefined && known.pod !== uid)) {
      known = { instance, pod: uid, files: new ContainerFiles(this.#clock) };
      this.#files.set(key, known);
    }
    known.pod ??= uid;
    return known.files;
  }

  /** Gives all containers a program. */
  command(name: string, command: Command): void {
    this.#commands.set(name, command);
  }

  /** What answers on a port of all Pods: a function, or a port of this computer to go on to. */
  port(port: number, handler: PortHandler | number): void {
    this.#ports.set(port, typeof handler === "number" ? onwardTo(handler) : handler);
  }

  /** What answers on a port of every Pod; undefined where nothing does. */
  portHandler(port: number): PortHandler | undefined {
    return this.#ports.get(port);
  }

  /** @throws {CommandNotFound} no container has that program. */
  async run(execution: Execution): Promise<number> {
    const [name = ""] = execution.argv;
    if (name === "sh" || name === "/bin/sh") return shell(execution, (inner) => this.run(inner));
    const command = this.#commands.get(name);
    if (command === undefined) throw new CommandNotFound(name);
    return command(execution);
  }
}

function onwardTo(port: number): PortHandler {
  return (connection) => {
    const onward = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    pipeline(connection, onward, connection, () => {});
  };
}
