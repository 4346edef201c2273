import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkRedisUrl, type Flags, loadSettings, SettingsError } from "./settings.ts";

let folder: string;
let config: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "kubecast-settings-"));
  config = path.join(folder, "kubecast.yaml");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The settings from a config file of this text, or the message that refuses it, without the folder. */
async function load(text: string, flags: Flags = {}, env: NodeJS.ProcessEnv = {}) {
  await writeFile(config, text);
  return loadSettings({ config, ...flags }, env);
}
async function refusal(text: string, flags: Flags = {}, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const error: unknown = await load(text, flags, env).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SettingsError);
  return (error as SettingsError).message.replaceAll(`${folder}/`, "").split("\n");
}

const whole = `cluster: from-file
kubernetes:
  kubeconfig: kube/config
  context: file-context
redis:
  url: redis://file:6379
  log: { maxAge: 7d }
  outbox: 5
rules:
  builtin: false
  disable: [PodFailed]
  files: [rules/a.yaml, /etc/b.yaml]
server: { host: 127.0.0.1, port: 8080 }
logging: { level: debug, format: json }
`;

describe("settings", () => {
  it("have a default for everything", async () => {
    expect(await loadSettings({}, {})).toEqual({
      cluster: undefined,
      kubernetes: { kubeconfig: undefined, context: undefined },
      redis: { url: "redis://127.0.0.1:6379", log: { maxLength: 100_000 }, outbox: 100_000 },
      rules: { builtin: true, disable: [], files: [] },
      server: { host: "0.0.0.0", port: 9090 },
      logging: { level: "info", format: "auto" },
    });
    expect(await load("")).toEqual(await loadSettings({}, {}));
    expect(await load("# nothing but this\n")).toEqual(await loadSettings({}, {}));
  });

  it("come from the file before the defaults, its paths relative to it", async () => {
    expect(await load(whole)).toEqual({
      cluster: "from-file",
      kubernetes: { kubeconfig: path.join(folder, "kube/config"), context: "file-context" },
      redis: { url: "redis://file:6379", log: { maxAge: 604_800_000 }, outbox: 5 },
      rules: { builtin: false, disable: ["PodFailed"], files: [path.join(folder, "rules/a.yaml"), "/etc/b.yaml"] },
      server: { host: "127.0.0.1", port: 8080 },
      logging: { level: "debug", format: "json" },
    });
  });

  it("come from the environment before the file, unless it is empty", async () => {
    const set = await load(whole, {}, { KUBECAST_CLUSTER: "from-env", REDIS_URL: "rediss://env:6380" });
    expect([set.cluster, set.redis.url]).toEqual(["from-env", "rediss://env:6380"]);
    const empty = await load(whole, {}, { KUBECAST_CLUSTER: "", REDIS_URL: "" });
    expect([empty.cluster, empty.redis.url]).toEqual(["from-file", "redis://file:6379"]);
  });

  it("come from flags before all, their paths relative to the working directory", async () => {
    const flags: Flags = {
      cluster: "from-flag",
      kubeconfig: "k",
      context: "flag-context",
      redis: "redis://flag:1",
      rules: ["c.yaml"],
      builtinRules: false,
      host: "::1",
      port: "0",
      logLevel: "error",
      logFormat: "text",
    };
    const set = await load(whole.replace("builtin: false", "builtin: true"), flags, {
      KUBECAST_CLUSTER: "from-env",
      REDIS_URL: "redis://env",
    });
    expect(set).toMatchObject({
      cluster: "from-flag",
      kubernetes: { kubeconfig: "k", context: "flag-context" },
      redis: { url: "redis://flag:1" },
      rules: { builtin: false, files: [path.join(folder, "rules/a.yaml"), "/etc/b.yaml", "c.yaml"] },
      server: { host: "::1", port: 0 },
      logging: { level: "error", format: "text" },
    });
  });

  it("say each mistake in the file with its place", async () => {
    expect(
      await refusal(`cluser: x
cluster: "a b"
redis:
  log: { maxLength: 0 }
  outbox: many
rules: []
server:
  port: 70000
logging:
  level: infos
`),
    ).toEqual([
      "the config file kubecast.yaml cannot be used:",
      `kubecast.yaml:1:1: unknown key "cluser"`,
      `kubecast.yaml:2:10: "cluster": a cluster's name has letters, digits, dots, - and _ only`,
      expect.stringMatching(/^kubecast.yaml:4:21: "maxLength": /),
      `kubecast.yaml:5:11: "outbox": must be a number, and it is text`,
      `kubecast.yaml:6:8: "rules": must be a map, and it is a list`,
      expect.stringMatching(/^kubecast.yaml:8:9: "port": /),
      `kubecast.yaml:10:10: "level": must be one of error, warn, info, debug, trace; did you mean info?`,
    ]);
  });

  it.each([
    ["log: { maxLength: 5, maxAge: 5d }", /^kubecast.yaml:2:8: .*either maxLength.* or maxAge/],
    ["log: {}", /^kubecast.yaml:2:8: .*either maxLength.* or maxAge/],
    ["log: { maxAge: 5 days }", /^kubecast.yaml:2:18: "maxAge": "5 days" is not a duration/],
    ["log: { maxAge: 0s }", /^kubecast.yaml:2:18: "maxAge": .*longer than nothing/],
  ])("say of %s what is wrong", async (text, message) => {
    expect((await refusal(`redis:\n  ${text}\n`))[1]).toMatch(message);
  });

  it.each(["true", "null", '""', "[80]", "8080.5", "-1"])("take no %s for a port", async (port) => {
    expect((await refusal(`server: { port: ${port} }`))[1]).toMatch(/^kubecast.yaml:1:17: "port": /);
  });

  it.each([
    [{ port: "" }, {}, /^--port : a port is a number/],
    [{ port: "80x" }, {}, /^--port 80x: a port is a number/],
    [{ port: "65536" }, {}, /^--port 65536: /],
    [{ cluster: "a{b}" }, {}, /^--cluster a\{b\}: a cluster's name/],
    [{}, { KUBECAST_CLUSTER: "a:b" }, /^KUBECAST_CLUSTER a:b: a cluster's name/],
    [{ logLevel: "loud" }, {}, /^--log-level loud: /],
    [{ logFormat: "xml" }, {}, /^--log-format xml: /],
  ])("say of %o and %o which is wrong", async (flags, env, message) => {
    await expect(loadSettings(flags, env)).rejects.toThrow(message);
    await expect(loadSettings(flags, env)).rejects.toThrow(SettingsError);
  });

  it("say where the file is no YAML, is not there, or is a folder", async () => {
    expect(await refusal("redis:\n\turl: x\n")).toEqual([
      "the config file kubecast.yaml cannot be used:",
      "kubecast.yaml:2:1: Tabs are not allowed as indentation",
    ]);
    await rm(config);
    await expect(loadSettings({ config }, {})).rejects.toThrow(`there is no config file ${config}`);
    await mkdir(config);
    await expect(loadSettings({ config }, {})).rejects.toThrow("(EISDIR)");
  });
});

describe("the Redis address", () => {
  it.each(["redis://h", "rediss://user:pass@h:6380/3", "redis://[::1]:6379", "redis://:p%40ss@h"])(
    "may be %s",
    (url) => {
      expect(checkRedisUrl(url)).toBe(url);
    },
  );

  it.each([
    "hunter2",
    ":hunter2@host:6379",
    "http://user:hunter2@host",
    "hunter2://host",
    "redis//u:hunter2@h",
    "redis://u:hunter2@h:port",
  ])("may not be %s, and the message does not repeat it", async (url) => {
    const told: string[] = [];
    expect(() => checkRedisUrl(url)).toThrow(SettingsError);
    told.push(...(await refusal(`redis: { url: "${url}" }`)));
    told.push(...(await refusal("", { redis: url })), ...(await refusal("", {}, { REDIS_URL: url })));
    expect(told).toContainEqual(expect.stringMatching(/^kubecast.yaml:1:15: "url": the Redis address /));
    expect(told.join("\n")).not.toContain("hunter2");
  });

  it("is not repeated when it stands in the wrong place", async () => {
    for (const text of [
      "redis: redis://u:hunter2@h",
      "redis: [redis://u:hunter2@h]",
      'redis: { log: "redis://u:hunter2@h" }',
      'redis: { outbox: "redis://u:hunter2@h" }',
      'redis: { url: ["redis://u:hunter2@h"] }',
      'redis: { log: { maxLength: "redis://u:hunter2@h" } }',
    ]) {
      expect((await refusal(text)).join("\n")).not.toContain("hunter2");
    }
  });
});
