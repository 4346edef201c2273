/**
 * Scripts: what is to go wrong with a Pod or a Node, and when, in its annotation
 * `simulate.kubecast.dev/script`. No annotation means `healthy`.
 *
 * ```text
 * script   = behaviour { ";" option "=" value }
 * duration = one or more of <number><unit>, unit ms | s | m | h, such as 90s or 1m30s
 *
 * crash-loop; begin-after=20s; recover-after=2m
 * image-pull-failed; container=proxy
 * ```
 *
 * Durations are simulated time: at speed 10, `20s` takes two seconds.
 */
export const scriptAnnotation = "simulate.kubecast.dev/script";

/** What happens to a Pod. */
export type PodBehaviour =
  /** Starts, becomes ready, and stays so. */
  | "healthy"
  /** The container exits again and again, and waits in CrashLoopBackOff ever longer. */
  | "crash-loop"
  /** The container is killed for its memory; unless `recover-after` says more, once. */
  | "oom-killed"
  /** The container's image cannot be pulled. */
  | "image-pull-failed"
  /** A Secret or ConfigMap that the container needs is missing. */
  | "config-error"
  /** No node takes the Pod. */
  | "unschedulable"
  /** The readiness probe fails while the container runs on. */
  | "not-ready"
  /** The node puts the Pod out for want of memory. */
  | "evicted"
  /** All containers exit with 0; the restart policy says what comes then. */
  | "completed"
  /** The container exits with an error; the restart policy says what comes then. */
  | "failed";

export interface PodScript {
  readonly behaviour: PodBehaviour;
  /** How long all is well at first (ms), counted from the containers' start. */
  readonly beginAfter: number;
  /** How long the trouble lasts (ms); its end shows at the next attempt after that. `Infinity`: for ever. */
  readonly recoverAfter: number;
  /** How long all is well until the trouble comes again (ms); `Infinity`: it does not. */
  readonly repeatAfter: number;
  /** How long each further run of a crashing container lasts (ms). */
  readonly runFor: number;
  readonly exitCode: number;
  /** The container that has the trouble; the first one if absent. */
  readonly container?: string;
  /** What a config error misses, such as `secret/db-password`. */
  readonly missing: string;
}

/** What happens to a Node. */
export type NodeBehaviour =
  | "healthy"
  /** The kubelet falls silent: the node's conditions become Unknown, and its Pods freeze. */
  | "lost"
  /** The kubelet says that it is not ready. */
  | "not-ready";

export interface NodeScript {
  readonly behaviour: NodeBehaviour;
  readonly beginAfter: number;
  readonly recoverAfter: number;
  readonly repeatAfter: number;
}

/** Option values by name; what an option's default makes of it is the behaviour's. */
type Options = Partial<Record<keyof typeof readers, string>>;

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const podDefaults: Record<PodBehaviour, Options> = {
  healthy: {},
  "crash-loop": {
    "begin-after": "2s",
    "run-for": "2s",
    "recover-after": "never",
    "repeat-after": "never",
    "exit-code": "1",
    container: "",
  },
  "oom-killed": {
    "begin-after": "10s",
    "run-for": "10s",
    "recover-after": "0s",
    "repeat-after": "never",
    container: "",
  },
  "image-pull-failed": { "begin-after": "0s", "recover-after": "never", "repeat-after": "never", container: "" },
  "config-error": {
    "begin-after": "0s",
    "recover-after": "never",
    "repeat-after": "never",
    container: "",
    missing: "secret/app-config",
  },
  unschedulable: { "recover-after": "never" },
  "not-ready": { "begin-after": "5s", "recover-after": "never", "repeat-after": "never", container: "" },
  evicted: { "begin-after": "10s" },
  completed: { "begin-after": "10s" },
  failed: { "begin-after": "10s", "exit-code": "1", container: "" },
};

const nodeDefaults: Record<NodeBehaviour, Options> = {
  healthy: {},
  lost: { "begin-after": "30s", "recover-after": "never", "repeat-after": "never" },
  "not-ready": { "begin-after": "30s", "recover-after": "never", "repeat-after": "never" },
};

const readers = {
  "begin-after": readDuration,
  "recover-after": readDurationOrNever,
  "repeat-after": readPause,
  "run-for": readDuration,
  "exit-code": readExitCode,
  container: (text: string) => text,
  missing: readMissing,
};

export const healthyPod: PodScript = parsePodScript("healthy");
export const healthyNode: NodeScript = parseNodeScript("healthy");

/** Throws an Error that names what is wrong with the script. */
export function parsePodScript(text: string): PodScript {
  const { behaviour, options } = parse(text, podDefaults);
  const beginAfter = readDuration(options["begin-after"] ?? "0s");
  const container = options.container ?? "";
  return {
    behaviour,
    beginAfter,
    recoverAfter: readDurationOrNever(options["recover-after"] ?? "never"),
    repeatAfter: readDurationOrNever(options["repeat-after"] ?? "never"),
    // A program that ends by itself takes as long each time.
    runFor: options["run-for"] === undefined ? beginAfter : readDuration(options["run-for"]),
    exitCode: behaviour === "oom-killed" ? 137 : readExitCode(options["exit-code"] ?? "0"),
    missing: options.missing ?? "",
    ...(container === "" ? {} : { container }),
  };
}

/** Throws an Error that names what is wrong with the script. */
export function parseNodeScript(text: string): NodeScript {
  const { behaviour, options } = parse(text, nodeDefaults);
  return {
    behaviour,
    beginAfter: readDuration(options["begin-after"] ?? "0s"),
    recoverAfter: readDurationOrNever(options["recover-after"] ?? "never"),
    repeatAfter: readDurationOrNever(options["repeat-after"] ?? "never"),
  };
}

function parse<B extends string>(text: string, table: Record<B, Options>): { behaviour: B; options: Options } {
  const [name = "", ...parts] = text.split(";").map((part) => part.trim());
  if (!isKey(table, name)) {
    throw new Error(`no behaviour is called "${name}" (there are ${Object.keys(table).join(", ")})`);
  }
  const defaults = table[name];
  const options: Options = { ...defaults };
  for (const part of parts.filter((part) => part !== "")) {
    const [option = "", value] = part.split("=", 2).map((side) => side.trim());
    if (!isKey(readers, option) || !isKey(defaults, option)) {
      const known = Object.keys(defaults).join(", ") || "no options";
      throw new Error(`${name} has no option "${option}" (it takes ${known})`);
    }
    if (value === undefined || value === "") throw new Error(`${option} has no value`);
    try {
      readers[option](value);
    } catch (error) {
      throw new Error(`${option}: ${error instanceof Error ? error.message : String(error)}`);
    }
    options[option] = value;
  }
  return { behaviour: name, options };
}

function isKey<K extends string>(table: Partial<Record<K, unknown>>, name: string): name is K {
  return Object.hasOwn(table, name);
}

function readDuration(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    throw new Error(`"${text}" is not a duration such as 500ms, 20s or 1m30s`);
  }
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) sum += Number(amount) * (units[unit ?? ""] ?? 0);
  return sum;
}

function readDurationOrNever(text: string): number {
  return text === "never" ? Number.POSITIVE_INFINITY : readDuration(text);
}

/** A trouble without a pause would keep the simulation from all else. */
function readPause(text: string): number {
  const pause = readDurationOrNever(text);
  if (pause < 1000) throw new Error(`"${text}" is less than 1s`);
  return pause;
}

function readExitCode(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 255) throw new Error(`"${text}" is not a number from 0 to 255`);
  return Number(text);
}

function readMissing(text: string): string {
  if (!/^(secret|configmap)\/[a-z0-9.-]+$/.test(text)) {
    throw new Error(`"${text}" is not secret/<name> or configmap/<name>`);
  }
  return text;
}
