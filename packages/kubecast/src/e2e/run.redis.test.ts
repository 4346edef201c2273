import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { type FaultProxy, type RedisServer, redisCommand, startProxy, startRedisServer } from "@kubecast/testbed";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed, vi } from "vitest";
import { type Backend, startMemoryBackend } from "./backends.test.support.ts";
import { killPrograms, Program } from "./program.test.support.ts";

const within = { timeout: 20_000, interval: 20 };
const rules = `
rules:
  - name: Broken
    resource: pods
    when: object.status.reason == "Broken"
    summary: '"pod " + object.metadata.name + " is broken"'
`;
let backend: Backend;
let redis: RedisServer;
let redisProxy: FaultProxy;
let ruleFile: string;

beforeAll(async () => {
  backend = await startMemoryBackend();
  ruleFile = path.join(path.dirname(backend.kubeconfig), "rules.yaml");
  await writeFile(ruleFile, rules);
});
beforeEach(async () => {
  redis = await startRedisServer();
  redisProxy = await startProxy({ target: { port: redis.port } });
});
afterEach(async () => {
  backend.proxy.pause(false);
  await killPrograms();
  await backend.request("DELETE", "/api/v1/namespaces/default/pods?gracePeriodSeconds=0");
  await redisProxy.stop();
  await redis.stop();
});
afterAll(() => backend.stop());

function run(...args: string[]): Program {
  const program = new Program([
    ...[
      "run",
      "--kubeconfig",
      backend.kubeconfig,
      "--redis",
      redisProxy.url("redis"),
      "--cluster",
      "e2e",
      "--port",
      "0",
    ],
    ...["--no-builtin-rules", "--rules", ruleFile, ...args],
  ]);
  onTestFailed(() => void process.stderr.write(`what kubecast said:\n${program.stderr}`));
  return program;
}

async function breakPod(name: string): Promise<void> {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "app", image: "app" }] },
  };
  expect((await backend.request("POST", "/api/v1/namespaces/default/pods", pod)).status).toBe(201);
  const status = { status: { reason: "Broken" } };
  expect((await backend.request("PATCH", `/api/v1/namespaces/default/pods/${name}/status`, status)).status).toBe(200);
}

const published = async () =>
  Object.keys((await redisCommand(redis.url, "HGETALL", "kubecast:{e2e}:conditions")) as object);
const log = (program: Program) =>
  program.stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
/** Settles with where kubecast serves its health. */
async function serving(program: Program): Promise<string> {
  await program.said("kubecast is watching");
  return `http://127.0.0.1:${log(program)[0]?.port}`;
}
async function get(url: string): Promise<{ status: number; type: string | null; body: string }> {
  const response = await fetch(url);
  return { status: response.status, type: response.headers.get("content-type"), body: await response.text() };
}

/** Settles when changes wait for Redis; those that are under way are not counted. */
async function waiting(url: string): Promise<void> {
  const changes = async () => samples((await get(`${url}/metrics`)).body).get("kubecast_outbox_changes");
  await vi.waitFor(async () => expect(await changes()).toBeGreaterThan(0), within);
}

describe("being stopped", () => {
  it("publishes what is queued before it ends on SIGTERM", async () => {
    const program = run();
    await program.said("all watches are in place");
    await breakPod("first");
    await vi.waitFor(async () => expect(await published()).toHaveLength(1), within);
    redisProxy.pause(true);
    for (const name of ["a", "b", "c"]) await breakPod(name);
    const url = await serving(program);
    await waiting(url);
    program.signal("SIGTERM");
    redisProxy.pause(false);
    expect(await program.ended()).toBe(0);
    expect(await published()).toHaveLength(4);
    expect(log(program).at(-1)).toMatchObject({ level: "info", msg: "kubecast has stopped" });
  });

  it("ends within seconds of SIGTERM when Redis is gone", async () => {
    const program = run();
    await program.said("all watches are in place");
    await redisProxy.refuse(true);
    redisProxy.cut();
    await breakPod("late");
    await program.said("cannot publish");
    const asked = performance.now();
    expect(await program.kill("SIGTERM")).toBe(0);
    expect(performance.now() - asked).toBeLessThan(8_000);
    expect(program.stderr).toContain("the next start makes up for it");
  });

  it("does not wait any longer on a second Ctrl-C", async () => {
    const program = run();
    await program.said("all watches are in place");
    redisProxy.pause(true);
    for (const name of ["late", "later"]) await breakPod(name);
    const url = await serving(program);
    await waiting(url);
    program.signal("SIGINT");
    await program.said("stopping");
    const asked = performance.now();
    expect(await program.kill("SIGINT")).toBe(130);
    expect(performance.now() - asked).toBeLessThan(1_000);
  });
});

describe("health", () => {
  it("is ready only once everything is listed, and alive before", async () => {
    let list = () => {};
    const api = createServer((request, response) => {
      if (request.url === "/version") response.end("{}");
      else if (request.url?.includes("watch=")) list = () => void response.writeHead(400).end("{}");
      else response.end('{"apiVersion":"v1","kind":"PodList","metadata":{"resourceVersion":"1"},"items":[]}');
    }).listen(0, "127.0.0.1");
    await once(api, "listening");
    try {
      const { port } = api.address() as AddressInfo;
      const kubeconfig = path.join(path.dirname(backend.kubeconfig), "slow");
      const text = await readFile(backend.kubeconfig, "utf8");
      await writeFile(kubeconfig, text.replace(/http:\/\/127\.0\.0\.1:\d+/, `http://127.0.0.1:${port}`));
      const program = run("--kubeconfig", kubeconfig);
      const url = await serving(program);
      expect(await get(`${url}/readyz`)).toMatchObject({ status: 503, body: "not yet listed: pods\n" });
      expect(await get(`${url}/healthz`)).toMatchObject({ status: 200, body: "ok\n" });
      await vi.waitFor(() => {
        list();
        expect(program.stderr).toContain("all watches are in place");
      }, within);
      expect(await get(`${url}/readyz`)).toMatchObject({ status: 200, body: "ok\n" });
      expect((await get(`${url}/nothing`)).status).toBe(404);
      expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(405);
    } finally {
      api.close();
      api.closeAllConnections();
    }
  });
});

describe("metrics", () => {
  it("are Prometheus' text, and say how it fares", async () => {
    const program = run();
    const url = await serving(program);
    await program.said("all watches are in place");
    await breakPod("web");
    await vi.waitFor(async () => expect(await published()).toHaveLength(1), within);
    backend.proxy.cut();
    await program.said("the watch was interrupted");
    await breakPod("again");
    await program.said("the watch goes on");
    await vi.waitFor(async () => expect(await published()).toHaveLength(2), within);
    const { status, type, body } = await get(`${url}/metrics`);
    expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    const values = samples(body);
    expect(values.get('kubecast_objects{resource="pods",watch="pods"}')).toBe(2);
    expect(
      values.get('kubecast_watch_events_total{resource="pods",watch="pods",type="applied"}'),
    ).toBeGreaterThanOrEqual(2);
    expect(values.get('kubecast_watch_restarts_total{resource="pods",watch="pods"}')).toBeGreaterThanOrEqual(1);
    expect(values.get('kubecast_watch_last_heard_seconds{resource="pods",watch="pods"}')).toBeGreaterThanOrEqual(0);
    expect(values.get('kubecast_rule_evaluations_total{rule="Broken"}')).toBeGreaterThanOrEqual(2);
    expect(values.get('kubecast_conditions{rule="Broken",state="firing"}')).toBe(2);
    expect(values.get('kubecast_transitions_total{rule="Broken",status="firing"}')).toBe(2);
    expect(values.get("kubecast_publish_duration_seconds_count")).toBeGreaterThanOrEqual(1);
    expect(values.get("kubecast_outbox_changes")).toBe(0);
    expect(values.get("kubecast_redis_up")).toBe(1);
  });
});

describe("the log", () => {
  it("is a JSON object a line, without a password, where there is no terminal", async () => {
    const program = run();
    await program.said("all watches are in place");
    await breakPod("web");
    await program.said("firing: pod web is broken");
    await program.kill("SIGTERM");
    expect(log(program).map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      "info kubecast is watching",
      "info listed",
      "info all watches are in place",
      "info firing: pod web is broken",
      "info stopping",
      "info kubecast has stopped",
    ]);
    expect(log(program)[3]).toMatchObject({ rule: "Broken", object: "default/web" });
    for (const { time } of log(program)) expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(program.stdout).toBe("");
  });

  it("is text for people when asked", async () => {
    const program = run("--log-format", "text");
    await program.said("all watches are in place");
    await program.kill("SIGTERM");
    expect(program.stderr).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: kubecast is watching .*"cluster":"e2e"/);
    expect(program.stderr).toMatch(/INFO: kubecast has stopped\n$/);
  });

  it.each([
    ["json", /^\{"level":"fatal","time":"[^"]+","msg":"nothing answers at redis:.*"\}$/],
    ["text", /^kubecast: nothing answers at redis:/],
  ])("as %s ends with why the program could not go on", async (format, last) => {
    const program = run("--redis", "redis://127.0.0.1:1", "--log-format", format);
    expect(await program.ended()).toBe(1);
    expect(program.stderr.trimEnd().split("\n").at(-1)).toMatch(last);
    if (format === "json") expect(log(program).map(({ level }) => level)).toEqual(["fatal"]);
  });

  it("says that a watch goes on before anything happens to its objects", async () => {
    const program = run();
    await program.said("all watches are in place");
    backend.proxy.cut();
    await program.said("the watch was interrupted");
    await program.said("the watch goes on");
    await program.kill("SIGTERM");
    expect(log(program).filter(({ msg }) => msg === "the watch goes on")).toHaveLength(1);
  });

  it("says when Redis is away and when it is back, once each", async () => {
    const program = run();
    await program.said("all watches are in place");
    await redisProxy.refuse(true);
    redisProxy.cut();
    await program.said("cannot publish, and keeps trying");
    await breakPod("web");
    await redisProxy.refuse(false);
    await program.said("Redis is back");
    await vi.waitFor(async () => expect(await published()).toHaveLength(1), within);
    await program.kill("SIGTERM");
    const warnings = log(program).filter(({ level }) => level === "warn");
    expect(warnings).toHaveLength(1);
  });
});

/** The samples of Prometheus' text format by series, each held against the format; throws for what is not of it. */
function samples(text: string): Map<string, number> {
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (type !== null) {
      expect(types.has(type[1] ?? ""), `${line} comes twice`).toBe(false);
      types.set(type[1] ?? "", type[2] ?? "");
      continue;
    }
    if (/^# HELP [a-zA-Z_:][\w:]* \S/.test(line)) continue;
    const sample =
      /^(([a-zA-Z_:][\w:]*)(?:\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*")*\})?) (-?[\d.]+(?:e[+-]?\d+)?|NaN|[+-]Inf)$/.exec(
        line,
      );
    const [, series = "", name = "", value = ""] = sample ?? [];
    expect(sample, `not Prometheus' text: ${line}`).not.toBeNull();
    expect(types.has(name) || types.has(name.replace(/_(bucket|sum|count)$/, "")), `no type: ${line}`).toBe(true);
    if (types.get(name) === "counter") expect(name).toMatch(/_total$/);
    expect(values.has(series), `${series} comes twice`).toBe(false);
    values.set(series, Number(value.replace("Inf", "Infinity")));
  }
  return values;
}
