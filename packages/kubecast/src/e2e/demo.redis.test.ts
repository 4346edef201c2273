import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { CloudEvent } from "cloudevents";
import { afterEach, beforeEach, expect, it, onTestFailed, vi } from "vitest";
import type { ConditionEvent } from "../conditions/event.ts";
import { failing } from "./failing.test.support.ts";
import { killPrograms, Program } from "./program.test.support.ts";

const within = { timeout: 30_000, interval: 20 };
/** All temporary files of a demo go here. */
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "kubecast-e2e-"));
});
afterEach(async () => {
  await killPrograms();
  await rm(folder, { recursive: true });
});

function demo(...args: string[]): Program {
  const program = new Program(["demo", ...args], { TMPDIR: folder });
  onTestFailed(() => void process.stderr.write(`what the demo said:\n${program.stderr}${program.stdout}`));
  return program;
}

const eventsOf = (program: Program) => program.lines.map((line) => JSON.parse(line) as ConditionEvent);
/** The ports of the API server and of the Redis that the demo says it has started. */
const portsOf = ({ stderr }: Program) =>
  [...stderr.matchAll(/(?:https?|redis):\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function expectNothingLeft(program: Program): Promise<void> {
  const ports = portsOf(program);
  expect(ports).toHaveLength(2);
  for (const port of ports) expect(await listens(port)).toBe(false);
  expect(await readdir(folder)).toEqual([]);
}

it("shows conditions of many kinds begin and end, as CloudEvents that validators accept", {
  timeout: 90_000,
}, async () => {
  const schema = JSON.parse(await readFile(new URL("../../schema/condition.v1.json", import.meta.url), "utf8"));
  const ajv = new Ajv2020({ formats: { "date-time": (text: string) => !Number.isNaN(Date.parse(text)) } });
  const validate = ajv.compile(schema);

  const program = demo("--json", "--duration", "30s");
  await program.said("what a subscriber receives");
  for (const port of portsOf(program)) expect(await listens(port)).toBe(true);
  expect(await program.ended()).toBe(0);

  const events = eventsOf(program);
  for (const event of events) {
    expect(new CloudEvent(event as never, true).validate()).toBe(true);
    expect(validate(event.data), ajv.errorsText(validate.errors)).toBe(true);
  }
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => String(index + 1)));
  const rules = (status: string) =>
    new Set(events.filter(({ data }) => data.status === status).map(({ data }) => data.rule));
  expect(rules("firing").size).toBeGreaterThanOrEqual(6);
  expect(rules("resolved").size).toBeGreaterThanOrEqual(3);
  await expectNothingLeft(program);
});

it("fires for what is in trouble only, in lines that a terminal can hold", { timeout: 60_000 }, async () => {
  const program = demo("--duration", "20s");
  expect(await program.ended()).toBe(0);
  expect(program.stderr).toMatch(/^a simulated cluster at https?:/m);
  expect(program.stderr).toMatch(/^ {2}look: +kubectl --kubeconfig \S+ get pods -A/m);
  expect(program.stderr).toMatch(/^ {2}subscribe: +redis-cli -p \d+ PSUBSCRIBE/m);
  expect(program.stderr).toMatch(/^\d+ began \(\d+ rules\), \d+ resolved; stopping what was started\n$/m);
  for (const line of program.lines) {
    expect(line).toMatch(/^\d\d:\d\d:\d\d (FIRING {2}|RESOLVED) (critical|warning |info {4}) [A-Z]\w+ +\S+ +\S/);
  }
  // An image's name may be as long as it likes.
  const wide = program.lines.filter((line) => line.length > 120);
  expect(wide.length, wide.join("\n")).toBeLessThanOrEqual(program.lines.length / 3);
  // Most of the simulated Pods are well from beginning to end.
  const troubled = new Set(program.lines.map((line) => line.split(/ +/)[4]));
  expect(troubled.size).toBeLessThanOrEqual(12);
});

it("ends within two seconds of Ctrl-C, whenever that comes", { timeout: 60_000 }, async () => {
  for (const moment of ["a simulated cluster", "what a subscriber receives", undefined]) {
    const program = demo("--duration", "0");
    if (moment !== undefined) await program.said(moment);
    else await vi.waitFor(() => expect(program.lines.length).toBeGreaterThan(2), within);
    const asked = performance.now();
    expect(await program.kill("SIGINT")).toBe(0);
    expect(performance.now() - asked).toBeLessThan(2_000);
    await expectNothingLeft(program);
  }
});

it("leaves nothing behind when a second Ctrl-C does not wait", async () => {
  const program = demo();
  await program.said("what a subscriber receives");
  program.signal("SIGINT");
  program.signal("SIGTERM");
  expect([0, 130, 143]).toContain(await program.ended());
  await vi.waitFor(() => expectNothingLeft(program), within);
});

it("says how to install a Redis where there is none and none can be fetched", async () => {
  const nowhere = {
    PATH: folder,
    HOME: folder,
    XDG_CACHE_HOME: folder,
    TMPDIR: folder,
    KUBECAST_REDIS_SERVER: "",
    KUBECAST_CACHE: "",
  };
  const program = new Program(["demo"], nowhere);
  expect(await program.ended()).toBe(1);
  const [fetching, sentence, ...more] = program.stderr.trimEnd().split("\n");
  expect(fetching).toMatch(/^fetching a Valkey server/);
  expect(sentence).toMatch(/^kubecast: no Redis server found, .*: install Redis or Valkey/);
  expect(more).toEqual([]);
  expect((await readdir(folder)).filter((name) => name.startsWith("kubecast-"))).toEqual([]);
});

it("says that the Redis it is told to start is none", async () => {
  const env = { KUBECAST_REDIS_SERVER: "/nonexistent/redis-server", TMPDIR: folder };
  const { sentence } = await failing(["demo"], { code: 1, env });
  expect(sentence).toBe("KUBECAST_REDIS_SERVER: /nonexistent/redis-server does not run as a Redis server");
});

it("ends quietly when its reader has enough", async () => {
  const program = demo("--json", "--duration", "0");
  await vi.waitFor(() => expect(program.lines.length).toBeGreaterThan(0), within);
  program.closeStdout();
  expect(await program.ended()).toBe(0);
  expect(program.stderr).not.toMatch(/EPIPE|^\s+at /m);
  await expectNothingLeft(program);
});
