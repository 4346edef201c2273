import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ApiServer, startApiServer } from "@kubecast/apiserver";
import { type RedisServer, startRedisServer } from "@kubecast/testbed";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { failing, secret } from "./failing.test.support.ts";
import { killPrograms, Program } from "./program.test.support.ts";

let folder: string;
let api: ApiServer;
let redis: RedisServer;
let kubeconfig: string;
const servers: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "kubecast-e2e-"));
  api = await startApiServer();
  redis = await startRedisServer();
  kubeconfig = await file("kubeconfig", api.kubeconfig());
});
afterEach(killPrograms);
afterAll(async () => {
  for (const server of servers) server.close();
  await redis?.stop();
  await api?.stop();
  await rm(folder, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  const whole = path.join(folder, name);
  await writeFile(whole, text);
  return whole;
}
async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
/** Takes connections, and says nothing. */
const silentPort = () => listen(createServer((socket) => socket.on("error", () => {})));
const webPort = () => listen(createHttpServer((_, response) => response.end("<html>welcome</html>")));
/** A Redis of another version, as far as INFO goes. */
const oldRedisPort = (version: string) =>
  listen(
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        const info = `# Server\r\nredis_version:${version}\r\n`;
        const asked = data.toString().toUpperCase().includes("INFO");
        socket.write(asked ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n");
      });
    }),
  );
const run = (...args: string[]) => ["run", "--kubeconfig", kubeconfig, "--redis", redis.url, "--port", "0", ...args];
const withKubeconfig = (name: string, ...args: string[]) => [
  "run",
  "--kubeconfig",
  name,
  "--redis",
  redis.url,
  "--port",
  "0",
  ...args,
];
const withServer = async (url: string) =>
  withKubeconfig(await file("elsewhere", api.kubeconfig().replace(api.url, url)));

describe("a kubeconfig", () => {
  it("that is nowhere: says where it looked and how to name one", async () => {
    const { sentence } = await failing(["run", "--redis", redis.url, "--port", "0"], { code: 2 });
    expect(sentence).toContain(
      "no Kubernetes configuration found: KUBECONFIG is not set, /nonexistent/.kube/config does not exist",
    );
    expect(sentence).toContain("--kubeconfig FILE or KUBECONFIG");
  });
  it("that KUBECONFIG names and that is missing", async () => {
    const { sentence } = await failing(["run", "--redis", redis.url], {
      code: 2,
      env: { KUBECONFIG: `${folder}/gone` },
    });
    expect(sentence).toContain(`${folder}/gone does not exist`);
  });
  it("that --kubeconfig names and that is missing", async () => {
    const { sentence } = await failing(withKubeconfig(`${folder}/gone`), { code: 2 });
    expect(sentence).toContain(`${folder}/gone does not exist`);
  });
  it("without the context that is asked for: lists those that exist", async () => {
    const { sentence } = await failing(run("--context", "prod"), { code: 2 });
    expect(sentence).toContain('context "prod" does not exist; contexts: "kubecast"');
  });
  it("that is not YAML: says where", async () => {
    const wrong = await file("wrong.yaml", `users:\n  - name: me\n    user: {token: ${secret}\nclusters: [}\n`);
    const { sentence } = await failing(withKubeconfig(wrong), { code: 2 });
    expect(sentence).toMatch(/wrong\.yaml:\d+:\d+: not valid YAML/);
  });
  it("with values of the wrong type: says where", async () => {
    const wrong = await file("wrong.yaml", "apiVersion: v1\nkind: Config\nclusters: 3\n");
    const { sentence } = await failing(withKubeconfig(wrong), { code: 2 });
    expect(sentence).toMatch(/wrong\.yaml:3:11: clusters must be a list/);
  });
});

describe("a Kubernetes API", () => {
  it("that refuses the credentials: names server and user", async () => {
    const config = await file("expired", api.kubeconfig().replaceAll(api.token, secret));
    const { sentence } = await failing(withKubeconfig(config), { code: 1 });
    expect(sentence).toContain(`${api.url} refused the credentials of user "kubecast" (401`);
    expect(sentence).toContain("log in again");
  });
  it("that is not there: says which, and of which context", async () => {
    const { sentence } = await failing(await withServer("http://127.0.0.1:1"), { code: 1 });
    expect(sentence).toContain("cannot reach http://127.0.0.1:1: connection refused");
    expect(sentence).toContain('is the server of context "kubecast" right?');
  });
  it("whose name is unknown", async () => {
    const { sentence } = await failing(await withServer("http://api.invalid"), { code: 1 });
    expect(sentence).toMatch(/cannot reach http:\/\/api\.invalid: its name does not resolve/);
  });
  it("that hangs: ends within 20 seconds", { timeout: 20_000 }, async () => {
    const { sentence } = await failing(await withServer(`http://127.0.0.1:${await silentPort()}`), { code: 1 });
    expect(sentence).toContain("gave no answer within 10000 ms");
  });
  it("whose certificate is not trusted", async () => {
    const tls = await startApiServer({ tls: true });
    try {
      const untrusted = tls.kubeconfig().replace(/certificate-authority-data: *\S+/, "tls-server-name: localhost");
      expect(untrusted).not.toBe(tls.kubeconfig());
      const { sentence } = await failing(withKubeconfig(await file("untrusted", untrusted)), { code: 1 });
      expect(sentence).toContain("its certificate is not signed by an authority that is trusted");
      expect(sentence).toContain("check certificate-authority in the kubeconfig");
    } finally {
      await tls.stop();
    }
  });
  it("that is another program", async () => {
    const { sentence } = await failing(await withServer(`http://127.0.0.1:${await webPort()}`), { code: 1 });
    expect(sentence).toContain("is not a Kubernetes API");
  });
  it("that lacks a rule's resource: asks for its CustomResourceDefinition", async () => {
    const rules = await file(
      "foos.yaml",
      `rules: [{name: A, resource: foos.v1.example.com, when: "true", summary: "'a'"}]`,
    );
    const { sentence } = await failing(run("--no-builtin-rules", "--rules", rules), { code: 1 });
    expect(sentence).toContain("/apis/example.com/v1/foos");
    expect(sentence).toContain("is its CustomResourceDefinition installed?");
  });
});

describe("a Redis", () => {
  const withRedis = (url: string) => ["run", "--kubeconfig", kubeconfig, "--redis", url, "--port", "0"];
  const commands: [string, (url: string) => string[]][] = [
    ["run", withRedis],
    ["tail", (url) => ["tail", "--redis", url]],
  ];

  describe.each(commands)("that kubecast %s", (_, command) => {
    it("does not find: asks whether it runs", async () => {
      const { sentence } = await failing(command(`redis://:${secret}@127.0.0.1:1`), { code: 1 });
      expect(sentence).toBe("nothing answers at redis://:***@127.0.0.1:1; is Redis running there?");
    });
    it("does not find by name", async () => {
      const { sentence } = await failing(command(`redis://:${secret}@redis.invalid:6379`), { code: 1 });
      expect(sentence).toContain("the host name of redis://:***@redis.invalid:6379 is not known; correct");
    });
    it("gets no answer from: ends within 20 seconds", { timeout: 20_000 }, async () => {
      const { sentence } = await failing(command(`redis://127.0.0.1:${await silentPort()}`), { code: 1 });
      expect(sentence).toContain("no answer within 5000 ms");
    });
    it("takes an HTTP server for", async () => {
      const { sentence } = await failing(command(`redis://127.0.0.1:${await webPort()}`), { code: 1 });
      expect(sentence).toContain("does not answer as a Redis does");
    });
    it("does not trust, for its certificate", async () => {
      const tls = await startApiServer({ tls: true });
      try {
        const { sentence } = await failing(command(`rediss://:${secret}@127.0.0.1:${tls.port}`), { code: 1 });
        expect(sentence).toContain("the certificate of Redis at rediss://:***@127.0.0.1");
        expect(sentence).toContain("NODE_EXTRA_CA_CERTS");
      } finally {
        await tls.stop();
      }
    });
    it("finds too old", async () => {
      const { sentence } = await failing(command(`redis://127.0.0.1:${await oldRedisPort("5.0.14")}`), { code: 1 });
      expect(sentence).toContain("is version 5.0, and kubecast needs 7.0 or newer");
    });
    it("has no address of: not a URL", async () => {
      const { sentence } = await failing(command(`:${secret}@somewhere`), { code: 2 });
      expect(sentence).toContain("not a URL; write it like redis://");
    });
    it("has no address of: http", async () => {
      const { sentence } = await failing(command(`http://:${secret}@somewhere`), { code: 2 });
      expect(sentence).toContain("must begin with redis:// or rediss://");
    });
    it("has no address of: a database that is not a number", async () => {
      await failing(command(`${redis.url}/abc`), { code: 2 });
    });
  });

  describe("with a password", () => {
    let guarded: RedisServer;
    beforeAll(async () => {
      guarded = await startRedisServer({ password: "right" });
    });
    afterAll(() => guarded.stop());

    it.each(commands)("that kubecast %s has wrong", async (_, command) => {
      const { sentence } = await failing(command(`redis://:${secret}@127.0.0.1:${guarded.port}`), { code: 1 });
      expect(sentence).toContain("refused the user name or password; correct them");
    });
    it.each(commands)("that kubecast %s does not have", async (_, command) => {
      const { sentence } = await failing(command(`redis://127.0.0.1:${guarded.port}`), { code: 1 });
      expect(sentence).toContain("wants a password; give it as redis://:PASSWORD@host:port");
    });
  });

  describe("with an ACL", () => {
    let guarded: RedisServer;
    beforeAll(async () => {
      const users = {
        nopublish: "~* &* +@all -publish",
        nochannel: "~* resetchannels &other:* +@all",
        nokey: "resetkeys ~other:* &* +@all",
        noscript: "~* &* +@all -eval -evalsha",
        nosubscribe: "~* &* +@all -psubscribe",
        noscan: "~* &* +@all -scan",
        // All keys and channels but its own are shut, and so is what only helps to explain mistakes.
        narrow: "~kubecast:* resetchannels &kubecast:* +@all -info -ping",
      };
      const acl = Object.entries(users).map(([name, rights]) => `user ${name} on >${secret} ${rights}\n`);
      guarded = await startRedisServer({
        aclFile: await file("users.acl", `user default on nopass ~* &* +@all\n${acl.join("")}`),
      });
    });
    afterAll(() => guarded.stop());
    const as = (user: string) => `redis://${user}:${secret}@127.0.0.1:${guarded.port}`;

    it.each([
      ["nopublish", "PUBLISH kubecast:{kubecast}:"],
      ["nochannel", "PUBLISH kubecast:{kubecast}:"],
      ["nokey", "No permissions to access a key"],
      ["noscript", "'evalsha'"],
    ])("that lacks what run needs (%s): names it and how to grant it", async (user, missing) => {
      const { sentence } = await failing(withRedis(as(user)), { code: 1 });
      expect(sentence).toContain(missing);
      expect(sentence).toMatch(/grant it \(ACL SETUSER\) the keys ~kubecast:\*.* the channels &kubecast:\*/);
    });
    it.each([
      ["nosubscribe", ["--cluster", "x"], "'psubscribe'"],
      ["nochannel", ["--cluster", "x"], "No permissions to access a channel"],
      ["nokey", ["--cluster", "x"], "No permissions to access a key"],
      ["noscan", [], "'scan'"],
    ])("that lacks what tail needs (%s): names it", async (user, args, missing) => {
      const { sentence } = await failing(["tail", "--redis", as(user), ...args], { code: 1 });
      expect(sentence).toContain(missing);
    });
    it("that grants the keys and channels of kubecast alone is enough", async () => {
      const program = new Program(withRedis(as("narrow")));
      await program.said("all watches are in place");
      expect(await program.kill("SIGTERM")).toBe(0);
    });
  });
});

describe("a rule file", () => {
  const rules = async (text: string) => failing(run("--rules", await file("rules.yaml", text)), { code: 2 });
  const at = (line: number, column: number, message: string) => `${folder}/rules.yaml:${line}:${column}: ${message}`;

  it("that is missing", async () => {
    const { places } = await failing(run("--rules", `${folder}/gone.yaml`), { code: 2 });
    expect(places).toEqual([`${folder}/gone.yaml:1:1: there is no such file`]);
  });
  it("that is not YAML", async () => {
    const { sentence, places } = await rules("rules:\n  - name: [\n");
    expect(sentence).toBe("the rules have a mistake:");
    expect(places).toEqual([expect.stringMatching(/rules\.yaml:3:1: .*must .*end with a \]/)]);
  });
  it("with an unknown key, an unknown resource and a syntax error: names each at its place", async () => {
    const { sentence, places } = await rules(
      [
        "rules:",
        "  - {name: A, resource: pods, wen: 'x', when: 'true', summary: '\"a\"'}",
        "  - {name: B, resource: podz, when: 'true', summary: '\"b\"'}",
        "  - {name: C, resource: pods, when: 'object.kind ==', summary: '\"c\"'}",
      ].join("\n"),
    );
    expect(sentence).toBe("the rules have 3 mistakes:");
    expect(places.slice(0, 2)).toEqual([
      at(2, 31, 'unknown key "wen"'),
      at(3, 25, 'there is no resource "podz"; did you mean pods?'),
    ]);
    expect(places[2]).toMatch(/rules\.yaml:4:\d+: \S/);
  });
});

describe("a config file", () => {
  it("with an unknown key, wrong types and a wrong level: names each at its place", async () => {
    const config = await file("config.yaml", "redsi: {}\nserver:\n  port: abc\nlogging: {level: loud}\n");
    const { places } = await failing(["run", "--config", config], { code: 2 });
    expect(places).toEqual([
      `${config}:1:1: unknown key "redsi"`,
      expect.stringContaining(`${config}:3:9: "port": must be `),
      expect.stringContaining(`${config}:4:18: "level": must be one of error, warn, info, debug, trace`),
    ]);
  });
  it("with a Redis address of another kind does not show it", async () => {
    const config = await file("config.yaml", `redis: {url: "http://:${secret}@redis"}\n`);
    const { places } = await failing(["run", "--config", config], { code: 2 });
    expect(places).toEqual([expect.stringContaining(`${config}:1:14: `)]);
  });
  it("that is missing", async () => {
    const { sentence } = await failing(["run", "--config", `${folder}/gone.yaml`], { code: 2 });
    expect(sentence).toContain(`${folder}/gone.yaml`);
  });
});

describe("a command line", () => {
  it.each([
    [["rnu"], "unknown command 'rnu'; did you mean run?; see kubecast --help"],
    [["run", "--contxt", "x"], "unknown option '--contxt'; did you mean --context?; see kubecast run --help"],
    [["run", "--context"], "argument missing; see kubecast run --help"],
    [["run", "now"], "too many arguments"],
    [["check"], "missing required argument 'files'; see kubecast check --help"],
    [["run", "--port", "abc"], "a port is a number from 0 to 65535"],
    [["run", "--port", "65536"], "--port 65536: a port is a number from 0 to 65535"],
    [["run", "--log-level", "loud"], "error, warn, info, debug, trace"],
    [["run", "--log-format", "xml"], "auto, text, json"],
    [["run", "--cluster", "a b"], "a cluster's name has letters"],
    [["tail", "--since", "5 minutes"], "write it like 30s, 10m or 2h"],
    [["demo", "--duration", "long"], "write it like 30s or 2m"],
    [["demo", "--speed", "fast"], "not a number from 0.1 to 100"],
  ])("%j: says what is wrong with it", async (args, said) => {
    const { sentence } = await failing(args, { code: 2 });
    expect(sentence).toContain(said);
  });
  it("without any rule", async () => {
    const { sentence } = await failing(run("--no-builtin-rules"), { code: 2 });
    expect(sentence).toContain("--rules FILE");
  });
  it("with a port that is in use: names it", async () => {
    const port = await webPort();
    const { sentence } = await failing(run("--host", "127.0.0.1", "--port", String(port)), { code: 1 });
    expect(sentence).toBe(`port ${port} on 127.0.0.1 is in use; choose another with --port (0 for any)`);
  });
  it("with an address of another machine", async () => {
    const { sentence } = await failing(run("--host", "192.0.2.1"), { code: 1 });
    expect(sentence).toBe("192.0.2.1 is not an address of this machine; choose another with --host");
  });

  it.each([
    [[]],
    [["--help"]],
    [["run", "--help"]],
    [["demo", "--help"]],
    [["tail", "--help"]],
    [["check", "--help"]],
    [["eval", "--help"]],
  ])("%j: helps, with examples, in 80 columns on stdout", async (args) => {
    const program = new Program(args);
    expect(await program.ended()).toBe(0);
    expect(program.stderr).toBe("");
    expect(program.stdout).toMatch(/^Usage: kubecast/);
    expect(program.stdout).toMatch(/^Examples:\n {2}kubecast /m);
    for (const line of program.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("kubecast check", () => {
  it("says every mistake of every file, and fails", async () => {
    const wrong = await file("a.yaml", "rules:\n  - {name: A, resource: podz, wen: 1, summary: '\"a\"'}\n");
    const program = new Program(["check", wrong, `${folder}/gone.yaml`]);
    expect(await program.ended()).toBe(1);
    const lines = program.stdout.trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^\S+\.yaml:\d+:\d+: \S/);
    expect(lines).toContain(`${wrong}:2:31: unknown key "wen"`);
    expect(lines.at(-1)).toBe(`${folder}/gone.yaml:1:1: there is no such file`);
    const json = new Program(["check", "--json", wrong, `${folder}/gone.yaml`]);
    expect(await json.ended()).toBe(1);
    expect(JSON.parse(json.stdout)).toHaveLength(lines.length);
    expect(JSON.parse(json.stdout)).toContainEqual({ file: wrong, line: 2, column: 31, message: 'unknown key "wen"' });
  });
  it("says that a clean file is clean", async () => {
    const clean = await file("clean.yaml", "rules:\n  - {name: A, resource: pods, when: 'true', summary: '\"a\"'}\n");
    const program = new Program(["check", clean]);
    expect(await program.ended()).toBe(0);
    expect(program.stdout).toBe(`${clean}: 1 rule, no mistake\n`);
    const json = new Program(["check", "--json", clean]);
    expect(await json.ended()).toBe(0);
    expect(JSON.parse(json.stdout)).toEqual([]);
  });
});

describe("kubecast eval", () => {
  it("ends with 0 where there is a value, with 1 where there is none, and with 2 where the expression is wrong", async () => {
    const pod = await file("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nstatus: {phase: Running}\n");
    const said = async (expression: string, code: number) => {
      const program = new Program(["eval", "-f", pod, expression]);
      expect(await program.ended()).toBe(code);
      return program;
    };
    expect((await said("object.status.phase", 0)).lines[0]).toBe('value  "Running"');
    expect((await said("object.status.reason", 1)).lines[0]).toBe("none   object.status.reason does not exist");
    const { stdout, stderr } = await said("object.status.phse", 2);
    expect(stdout).toBe("");
    expect(stderr).toBe(
      "kubecast: the expression has a mistake at 1:15: PodStatus has no field phse; did you mean phase?\n" +
        "  object.status.phse\n                ^\n",
    );
  });
});
