import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FaultProxy, type RedisServer, redisCommand, startProxy, startRedisServer } from "@kubecast/testbed";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed, vi } from "vitest";
import type { ConditionEvent } from "../conditions/event.ts";
import { type Backend, startMemoryBackend } from "./backends.test.support.ts";
import { killPrograms, Program } from "./program.test.support.ts";

const rules = `
rules:
  - { name: Broken, resource: pods, when: object.status.reason == "Broken", summary: object.metadata.name }
  - name: BrokenForLong
    resource: pods
    when: object.status.reason == "Broken"
    for: 500ms
    summary: object.metadata.name
  - name: BrokenLately
    resource: pods
    when: object.status.reason == "Broken"
    keepFiringFor: 500ms
    summary: object.metadata.name
  - name: BrokenWeb
    resource: pods
    select: { labels: { tier: web } }
    when: object.status.reason == "Broken"
    summary: object.metadata.name
`;
const within = { timeout: 40_000, interval: 100 };

interface Pod {
  metadata: { name: string; uid: string; resourceVersion: string; labels?: { tier?: string } };
  status?: { reason?: string };
}

describe("kubecast under random faults", () => {
  let backend: Backend;
  let folder: string;
  let redis: RedisServer;
  let redisProxy: FaultProxy;
  let tailProxy: FaultProxy;
  let chaos: Chaos;
  /** How often each Pod has become broken, by its uid: what no fault may hide from a process that lives on. */
  const broken = new Map<string, number>();
  const reasons = new Map<string, string>();

  beforeAll(async () => {
    backend = await startMemoryBackend();
    folder = await mkdtemp(path.join(tmpdir(), "kubecast-e2e-"));
    await writeFile(path.join(folder, "rules.yaml"), rules);
  });
  afterAll(async () => {
    await backend.stop();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    broken.clear();
    reasons.clear();
    redis = await startRedisServer({ persistence: "aof", args: ["--appendfsync", "always"] });
    redisProxy = await startProxy({ target: { port: redis.port } });
    tailProxy = await startProxy({ target: { port: redis.port } });
    chaos = new Chaos(Number(process.env.CHAOS_SEED ?? Date.now()));
    onTestFailed(() => void process.stderr.write(`CHAOS_SEED=${chaos.seed}\n${chaos.story.join("\n")}\n`));
  });
  afterEach(async () => {
    await killPrograms();
    await backend.request("DELETE", "/api/v1/namespaces/default/pods?gracePeriodSeconds=0");
    await redisProxy.stop();
    await tailProxy.stop();
    await redis.stop();
  });

  function kubecast(): Program {
    const args = ["--kubeconfig", backend.kubeconfig, "--redis", redisProxy.url("redis"), "--cluster", "e2e"];
    const own = ["--no-builtin-rules", "--rules", path.join(folder, "rules.yaml"), "--port", "0"];
    const program = new Program(["run", ...args, ...own, "--log-format", "json"]);
    onTestFailed(() => void process.stderr.write(`what kubecast said:\n${program.stderr}\n`));
    return program;
  }
  async function follower(): Promise<Program> {
    const tail = new Program(["tail", "--json", "--redis", tailProxy.url("redis"), "--cluster", "e2e"]);
    await tail.said("following");
    return tail;
  }

  const pods = "/api/v1/namespaces/default/pods";
  async function write(method: string, target: string, body?: unknown): Promise<void> {
    const { status, body: answer } = await backend.request(method, target, body);
    // What a restarted API server, or none, did not take has not happened.
    if (status >= 300 || method === "DELETE") return;
    const { metadata, status: now } = answer as Pod;
    if (now?.reason === "Broken" && reasons.get(metadata.uid) !== "Broken") {
      broken.set(metadata.uid, (broken.get(metadata.uid) ?? 0) + 1);
    }
    reasons.set(metadata.uid, now?.reason ?? "");
  }
  async function writeSomething(): Promise<void> {
    const name = `pod-${chaos.below(40)}`;
    const tier = chaos.pick(["web", "db"]);
    const reason = chaos.pick(["Broken", "Fine"]);
    const spec = { containers: [{ name: "app", image: "example.com/app:1" }] };
    await chaos.pick([
      () => write("POST", pods, { apiVersion: "v1", kind: "Pod", metadata: { name, labels: { tier } }, spec }),
      () => write("PATCH", `${pods}/${name}/status`, { status: { reason } }),
      () => write("PATCH", `${pods}/${name}/status`, { status: { reason } }),
      () => write("PATCH", `${pods}/${name}`, { metadata: { labels: { tier } } }),
      () => write("DELETE", `${pods}/${name}?gracePeriodSeconds=0`),
    ])();
  }

  /** Breaks one thing after the other for a while, and then lets it be. */
  async function trouble(faults: Record<string, () => Promise<unknown> | undefined>, milliseconds: number) {
    let over = false;
    const writing = (async () => {
      while (!over) {
        await writeSomething().catch(() => {}); // the API server is just being restarted
        await sleep(chaos.below(20));
      }
    })();
    for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(chaos.below(400))) {
      const name = chaos.pick(Object.keys(faults));
      chaos.story.push(`${new Date().toISOString()} ${name}`);
      await faults[name]?.();
    }
    over = true;
    await writing;
  }

  const forAWhile = async (fault: (on: boolean) => Promise<void> | void) => {
    await fault(true);
    await sleep(chaos.below(800));
    await fault(false);
  };
  const orNot = (cut: Promise<void>) => Promise.race([cut, sleep(200)]);
  const connectionFaults = {
    // One among many: a watch that fails often waits long before it tries again.
    "cut within an event": () => orNot(backend.proxy.cutAfterBytes(chaos.below(3_000))),
    "cut Redis' connections": async () => redisProxy.cut(),
    "cut within Redis' replies": async () => {
      for (let cut = 0; cut < 5; cut += 1) await orNot(redisProxy.cutAfterBytes(1 + chaos.below(100)));
    },
    "cut the subscriber's connection": async () => tailProxy.cut(),
    "cut within a message": () => orNot(tailProxy.cutAfterBytes(chaos.below(5_000))),
    "hold Redis' answers back": () => forAWhile((on) => redisProxy.pause(on)),
    "refuse connections to Redis": () => forAWhile((on) => redisProxy.refuse(on)),
    "suspend Redis": () => forAWhile((on) => void process.kill(redis.pid, on ? "SIGSTOP" : "SIGCONT")),
    "kill Redis": () => redis.kill().then(() => redis.restart()),
  };

  /** What is firing, computed from the objects by other means than kubecast's. */
  async function truth(): Promise<string[]> {
    const { body } = await backend.request("GET", pods);
    return (body as { items: Pod[] }).items
      .filter(({ status }) => status?.reason === "Broken")
      .flatMap(({ metadata: { uid, labels } }) => [
        ...["Broken", "BrokenForLong", "BrokenLately"].map((rule) => `${rule}/${uid}`),
        ...(labels?.tier === "web" ? [`BrokenWeb/${uid}`] : []),
      ])
      .sort();
  }
  const hash = (key: string) =>
    redisCommand(redis.url, "HGETALL", `kubecast:{e2e}:${key}`) as Promise<Record<string, string>>;
  async function log(): Promise<string[]> {
    const entries = (await redisCommand(redis.url, "XRANGE", "kubecast:{e2e}:log", "-", "+")) as [string, string[]][];
    return entries.map(([, fields]) => fields[1]!);
  }

  /** The state is the true one, and the log leads to it, each transition once and in turn. */
  async function checkAll(tail: Program): Promise<ConditionEvent[]> {
    const expected = await truth();
    await vi.waitFor(async () => {
      expect(Object.keys(await hash("conditions")).sort()).toEqual(expected);
      expect(await hash("pending")).toEqual({});
    }, within);
    const lines = await log();
    const events = lines.map((line) => JSON.parse(line) as ConditionEvent);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => String(index + 1)));
    const ids = events.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const state = new Map<string, string>();
    for (const [index, { id, data }] of events.entries()) {
      const condition = id.slice(0, id.indexOf("@"));
      expect(state.has(condition), `${id}, number ${index + 1}`).toBe(data.status === "resolved");
      if (data.status === "firing") state.set(condition, lines[index]!);
      else state.delete(condition);
    }
    expect(Object.fromEntries(state)).toEqual(await hash("conditions"));
    await vi.waitFor(() => expect(tail.lines).toEqual(lines), within);
    return events;
  }

  it("misses no transition, however often connections break and Redis is killed", async () => {
    const tail = await follower();
    const program = kubecast();
    await program.said("all watches are in place");
    await trouble(connectionFaults, 8_000);
    const events = await checkAll(tail);
    expect(program.running).toBe(true);
    const fired = new Map<string, number>();
    for (const { data } of events.filter(({ data }) => data.rule === "Broken" && data.status === "firing")) {
      fired.set(data.object.uid, (fired.get(data.object.uid) ?? 0) + 1);
    }
    expect(fired).toEqual(broken);
  });

  it("comes to the true state, and repeats nothing, however often it is killed or the API restarted", async () => {
    const tail = await follower();
    let program = kubecast();
    let over = false;
    const supervising = (async () => {
      for (; !over; await Promise.race([program.ended(), sleep(50)])) if (!program.running) program = kubecast();
    })();
    const faults = {
      ...connectionFaults,
      "kill kubecast": () => program.kill(),
      "stop kubecast": () => program.kill("SIGTERM"),
      "suspend kubecast": () => forAWhile((on) => program.signal(on ? "SIGSTOP" : "SIGCONT")),
      "start another kubecast": async () => {
        program = kubecast();
      },
      "restart the API server": () => backend.restart(),
      "restart the API server without its history": () => backend.restart({ forgetting: true }),
    };
    try {
      await trouble(faults, 10_000);
      await checkAll(tail);
    } finally {
      over = true;
      await supervising;
    }
  });
});

/** A choice that a seed decides, so that a failure can be repeated, as far as timing allows. */
class Chaos {
  readonly seed: number;
  readonly story: string[] = [];
  readonly #random: () => number;

  constructor(seed: number) {
    this.seed = seed;
    let state = seed >>> 0;
    // Mulberry32.
    this.#random = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}
