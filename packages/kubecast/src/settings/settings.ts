import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { parseDuration } from "./duration.ts";
import { check } from "./schema.ts";
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
  if (milliseconds) return milliseconds;
  const wrong = milliseconds === 0 ? "must be longer than nothing" : `"${text}" is not a duration`;
  context.addIssue({ code: "custom", message: `${wrong}; write it like 12h or 7d` });
  return z.NEVER;
});

const clusterName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a cluster's name has letters, digits, dots, - and _ only");
const portExpected = "a port is a number from 0 to 65535";
const port = z.int().min(0, portExpected).max(65_535, portExpected);
const redisUrl = z.string().superRefine((text, context) => {
  const message = mistakeInRedisUrl(text);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});
const portFlag = z.string().regex(/^\d+$/, portExpected).transform(Number).pipe(port);

const fileSchema = z.strictObject({
  cluster: clusterName.optional(),
  kubernetes: z.strictObject({ kubeconfig: z.string().optional(), context: z.string().optional() }).default({}),
  redis: z
    .strictObject({
      url: redisUrl.optional(),
      log: z
        .strictObject({ maxLength: z.int().positive().optional(), maxAge: duration.optional() })
        .transform(({ maxLength, maxAge }, context) => {
          if (maxAge === undefined && maxLength !== undefined) return { maxLength };
          if (maxLength === undefined && maxAge !== undefined) return { maxAge };
          context.addIssue({
            code: "custom",
            message: "write either maxLength, such as 100000, or maxAge, such as 7d",
          });
          return z.NEVER;
        })
        .default({ maxLength: 100_000 }),
      outbox: z.int().positive().default(100_000),
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
  const url = flags.redis ?? (env.REDIS_URL || undefined) ?? file.redis.url ?? "redis://127.0.0.1:6379";
  return {
    cluster:
      checked(clusterName, flags.cluster, "--cluster") ??
      checked(clusterName, env.KUBECAST_CLUSTER || undefined, "KUBECAST_CLUSTER") ??
      file.cluster,
    kubernetes: {
      kubeconfig:
        flags.kubeconfig ?? (file.kubernetes.kubeconfig === undefined ? undefined : beside(file.kubernetes.kubeconfig)),
      context: flags.context ?? file.kubernetes.context,
    },
    redis: { url: checkRedisUrl(url), log: file.redis.log, outbox: file.redis.outbox },
    rules: {
      builtin: flags.builtinRules === false ? false : file.rules.builtin,
      disable: file.rules.disable,
      files: [...file.rules.files.map(beside), ...(flags.rules ?? [])],
    },
    server: {
      host: flags.host ?? file.server.host,
      port: checked(portFlag, flags.port, "--port") ?? file.server.port,
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
    throw new SettingsError(
      code === "ENOENT" ? `there is no config file ${file}` : `the config file ${file} cannot be read (${code})`,
    );
  }
  const yaml = new YamlFile(file, text);
  if (yaml.mistakes.length > 0) throw refusal(file, yaml.mistakes);
  const checked = check(fileSchema, yaml.value ?? {}, yaml, []);
  if ("mistakes" in checked) throw refusal(file, checked.mistakes);
  return checked.data;
}

function refusal(file: string, mistakes: readonly Mistake[]): SettingsError {
  return new SettingsError([`the config file ${file} cannot be used:`, ...mistakes.map(formatMistake)].join("\n"));
}

function checked<T>(schema: z.ZodType<T>, value: string | undefined, flag: string): T | undefined {
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SettingsError(`${flag} ${value}: ${parsed.error.issues[0]?.message ?? "not valid"}`);
}

/** Throws SettingsError, whose message does not repeat a password. */
export function checkRedisUrl(text: string): string {
  const mistake = mistakeInRedisUrl(text);
  if (mistake !== undefined) throw new SettingsError(mistake);
  return text;
}

function mistakeInRedisUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return "the Redis address is not a URL; write it like redis://user:password@host:6379/0";
  const { protocol } = new URL(text);
  if (protocol === "redis:" || protocol === "rediss:") return undefined;
  return "the Redis address must begin with redis:// or rediss:// (TLS)";
}
