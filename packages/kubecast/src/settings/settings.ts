import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { parseDuration } from "./duration.ts";
import { mistakesOf } from "./schema.ts";
import { formatMistake, type Mistake, YamlFile } from "./yaml-file.ts";

/** Settings that cannot be used; the message says where and why. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Everything that `kubecast run` can be told. */
export interface Settings {
  /** Name of the cluster in keys, channels and messages; found from the kubeconfig when undefined. */
  readonly cluster: string | undefined;
  readonly kubernetes: { readonly kubeconfig: string | undefined; readonly context: string | undefined };
  readonly redis: {
    readonly url: string;
    readonly log: { readonly maxLength: number } | { readonly maxAge: number };
    readonly outbox: number;
  };
  readonly rules: { readonly builtin: boolean; readonly disable: readonly string[]; readonly files: readonly string[] };
  readonly server: { readonly host: string; readonly port: number };
  readonly logging: { readonly level: LogLevel; readonly format: LogFormat };
}

export const logLevels = ["error", "warn", "info", "debug", "trace"] as const;
export const logFormats = ["auto", "text", "json"] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFormat = (typeof logFormats)[number];

/** What command-line flags say; undefined where they say nothing. */
export interface Flags {
  readonly config?: string;
  readonly cluster?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly redis?: string;
  readonly rules?: readonly string[];
  readonly builtinRules?: boolean;
  readonly host?: string;
  readonly port?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
}

const duration = z.string().transform((text, context) => {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  context.addIssue({ code: "custom", message: `"${text}" is not a duration; write it like 12h or 7d` });
  return z.NEVER;
});

const clusterName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a cluster's name has letters, digits, dots, - and _ only");
const port = z.coerce.number().int().min(0).max(65_535);

const fileSchema = z.strictObject({
  cluster: clusterName.optional(),
  kubernetes: z.strictObject({ kubeconfig: z.string().optional(), context: z.string().optional() }).default({}),
  redis: z
    .strictObject({
      url: z.string().optional(),
      log: z
        .union([
          z.strictObject({ maxLength: z.number().int().positive() }),
          z.strictObject({ maxAge: duration }),
        ])
        .default({ maxLength: 100_000 }),
      outbox: z.number().int().positive().default(100_000),
    })
    .prefault({}),
  rules: z
    .strictObject({
      builtin: z.boolean().default(true),
      disable: z.array(z.string()).default([]),
      files: z.array(z.string()).default([]),
    })
    .prefault({}),
  server: z.strictObject({ host: z.string().default("0.0.0.0"), port: port.default(9090) }).prefault({}),
  logging: z
    .strictObject({ level: z.enum(logLevels).default("info"), format: z.enum(logFormats).default("auto") })
    .prefault({}),
});

type FileSettings = z.output<typeof fileSchema>;

/**
 * Settings from, in rising order of weight: defaults, the config file, the
 * environment (KUBECAST_CLUSTER, REDIS_URL), flags. Paths in the file are
 * relative to it. Throws SettingsError.
 */
export async function loadSettings(flags: Flags, env: NodeJS.ProcessEnv): Promise<Settings> {
  const file = flags.config === undefined ? fileSchema.parse({}) : await readConfigFile(flags.config);
  const beside = (name: string) => (flags.config === undefined ? name : path.resolve(path.dirname(flags.config), name));
  const redisUrl = flags.redis ?? (env["REDIS_URL"] || undefined) ?? file.redis.url ?? "redis://127.0.0.1:6379";
  return {
    cluster: checked(clusterName, flags.cluster ?? (env["KUBECAST_CLUSTER"] || undefined), "--cluster") ?? file.cluster,
    kubernetes: {
      kubeconfig: flags.kubeconfig ?? (file.kubernetes.kubeconfig === undefined ? undefined : beside(file.kubernetes.kubeconfig)),
      context: flags.context ?? file.kubernetes.context,
    },
    redis: { url: checkRedisUrl(redisUrl), log: file.redis.log, outbox: file.redis.outbox },
    rules: {
      builtin: flags.builtinRules === false ? false : file.rules.builtin,
      disable: file.rules.disable,
      files: [...file.rules.files.map(beside), ...(flags.rules ?? [])],
    },
    server: {
      host: flags.host ?? file.server.host,
      port: checked(port, flags.port, "--port") ?? file.server.port,
    },
    logging: {
      level: checked(z.enum(logLevels), flags.logLevel, "--log-level") ?? file.logging.level,
      format: checked(z.enum(logFormats), flags.logFormat, "--log-format") ?? file.logging.format,
    },
  };
}

async function readConfigFile(file: string): Promise<FileSettings> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SettingsError(code === "ENOENT" ? `there is no config file ${file}` : `the config file ${file} cannot be read (${code})`);
  }
  const yaml = new YamlFile(file, text);
  refuse(yaml.mistakes);
  const parsed = fileSchema.safeParse(yaml.value ?? {});
  if (!parsed.success) {
    refuse(mistakesOf(yaml, parsed.error, []));
    throw new SettingsError(`${file} cannot be used`);
  }
  return parsed.data;
}

function refuse(mistakes: readonly Mistake[]): void {
  if (mistakes.length > 0) throw new SettingsError(mistakes.map(formatMistake).join("\n"));
}

function checked<T>(schema: z.ZodType<T>, value: string | undefined, flag: string): T | undefined {
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SettingsError(`${flag} ${value}: ${parsed.error.issues[0]?.message ?? "not valid"}`);
}

/** Throws SettingsError, whose message does not repeat a password. */
export function checkRedisUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new SettingsError("the Redis address is not a URL; write it like redis://user:password@host:6379/0");
  }
  if (url.protocol === "redis:" || url.protocol === "rediss:") return text;
  throw new SettingsError(`the Redis address begins with ${url.protocol}//; it must be redis:// or rediss:// (TLS)`);
}
