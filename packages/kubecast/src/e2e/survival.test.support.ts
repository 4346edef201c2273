import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type FaultProxy,
  type RedisServer,
  redisCommand,
  redisSubscribe,
  startProxy,
  startRedisServer,
} from "@kubecast/testbed";
import { CloudEvent } from "cloudevents";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed, vi } from "vitest";
import type { ConditionEvent } from "../conditions/event.ts";
import type { Backend } from "./backends.test.support.ts";
import { killPrograms, Program } from "./program.test.support.ts";

const rules = `
rules:
  - name: Broken
    resource: pods
    when: object.status.reason == "Broken"
    severity: critical
    summary: '"pod " + object.metadata.name + " is broken"'
    details: { since: object.status.message }
  - name: BrokenForLong
    resource: pods
    when: object.status.reason == "Broken"
    for: 1h
    summary: '"pod " + object.metadata.name + " has been broken for an hour"'
`;
const within = { timeout: 60_000, interval: 50 };

/** What users rely on when things break; the same against every API server. */
export function survivalSuite(start: () => Promise<Backend>): void {
  let backend: Backend;
  let folder: string;
  let redis: RedisServer;
  let redisProxy: FaultProxy;
  let namespace: string;
  let serial = 0;

  beforeAll(async () => {
    backend = await start();
    folder = await mkdtemp(path.join(tmpdir(), "kubecast-e2e-"));
    await writeFile(path.join(folder, "rules.yaml"), rules);
  });
  afterAll(async () => {
    await backend?.stop();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    redis = await startRedisServer({ persistence: "aof", args: ["--appendfsync", "always"] });
    redisProxy = await startProxy({ target: { port: redis.port } });
    serial += 1;
    namespace = `e2e-${serial}`;
    await backend.request("POST", "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace },
    });
  });
  afterEach(async () => {
    await killPrograms();
    await backend.request("DELETE", `${pods()}?gracePeriodSeconds=0`);
    await redisProxy.stop();
    await redis.stop();
  });

  function kubecast(): Program {
    const args = ["run", "--kubeconfig", backend.kubeconfig, "--redis", redisProxy.url("redis"), "--cluster", "e2e"];
    const program = new Program([
      ...args,
      "--no-builtin-rules",
      "--rules",
      path.join(folder, "rules.yaml"),
      "--port",
      "0",
      "--log-format",
      "json",
    ]);
    onTestFailed(() => void process.stderr.write(`what kubecast said:\n${program.stderr}`));
    return program;
  }

  const pods = () => `/api/v1/namespaces/${namespace}/pods`;
  async function create(...names: string[]): Promise<void> {
    for (const name of names) {
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name },
        spec: { containers: [{ name: "app", image: "example.com/app:1" }] },
      };
      const { status } = await backend.request("POST", pods(), pod);
      expect(status).toBe(201);
    }
  }
  async function setReason(name: string, reason: string): Promise<void> {
    const { status } = await backend.request("PATCH", `${pods()}/${name}/status`, {
      status: { reason, message: `about ${name}` },
    });
    expect(status).toBe(200);
  }
  const breakPod = (name: string) => setReason(name, "Broken");
  const mend = (name: string) => setReason(name, "Fine");
  async function remove(name: string): Promise<void> {
    const { status } = await backend.request("DELETE", `${pods()}/${name}?gracePeriodSeconds=0`);
    expect(status).toBe(200);
  }

  async function published(): Promise<ConditionEvent[]> {
    const state = (await redisCommand(redis.url, "HGETALL", "kubecast:{e2e}:conditions")) as Record<string, string>;
    return Object.values(state).map((json) => JSON.parse(json) as ConditionEvent);
  }
  async function log(): Promise<ConditionEvent[]> {
    const entries = (await redisCommand(redis.url, "XRANGE", "kubecast:{e2e}:log", "-", "+")) as [string, string[]][];
    return entries.map(([, fields]) => JSON.parse(fields[1]!) as ConditionEvent);
  }
  const namesOf = (events: ConditionEvent[]) =>
    events
      .filter((event) => event.data.object.namespace === namespace)
      .map((event) => event.data.object.name)
      .sort();
  /** The published state equals the true one. */
  async function firing(...names: string[]): Promise<void> {
    await vi.waitFor(async () => expect(namesOf(await published())).toEqual(names.sort()), within);
  }
  /** Every transition once, in order, and each condition's begin and end in turn. */
  async function checkLog(): Promise<ConditionEvent[]> {
    const events = await log();
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => String(index + 1)));
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
    const state = new Map<string, string>();
    for (const { data } of events) {
      const key = `${data.rule}/${data.object.uid}/${data.element}`;
      expect(data.status).toBe(state.get(key) === "firing" ? "resolved" : "firing");
      state.set(key, data.status);
    }
    return events;
  }

  describe("kubecast run", () => {
    it("publishes to any subscriber when a condition begins and when it ends, and keeps state and log", async () => {
      const subscriber = await redisSubscribe(redis.url, "SUBSCRIBE", `kubecast:{e2e}:${namespace}:Broken`);
      const program = kubecast();
      await program.said("all watches are in place");
      await create("web");
      await breakPod("web");
      await firing("web");
      await vi.waitFor(() => expect(subscriber.messages).toHaveLength(1), within);
      await mend("web");
      await vi.waitFor(() => expect(subscriber.messages).toHaveLength(2), within);
      await firing();
      const received = subscriber.messages.map(({ message }) => JSON.parse(message) as ConditionEvent);
      for (const event of received) expect(new CloudEvent(event as never, true).validate()).toBe(true);
      expect(received.map(({ data }) => [data.status, data.reason, data.summary])).toEqual([
        ["firing", null, "pod web is broken"],
        ["resolved", "recovered", "pod web is broken"],
      ]);
      expect(received[0]!.data.details).toEqual({ since: "about web" });
      expect(await checkLog()).toEqual(received);
      await subscriber.stop();
      expect(await program.kill("SIGTERM")).toBe(0);
    });

    it("loses and repeats nothing when it is killed again and again", async () => {
      const names = Array.from({ length: 30 }, (_, index) => `pod-${index}`);
      await create(...names);
      let over = false;
      let starts = 0;
      const killing = (async () => {
        while (!over) {
          const program = kubecast();
          starts += 1;
          await Promise.race([sleep(400 + 150 * (starts % 7)), program.ended()]);
          await program.kill();
        }
      })();
      for (const name of names) {
        await breakPod(name);
        await sleep(60);
      }
      over = true;
      await killing;
      over = false;
      const survivor = kubecast();
      await firing(...names);
      await survivor.kill();

      const again = (async () => {
        while (!over) {
          const program = kubecast();
          starts += 1;
          await Promise.race([sleep(400 + 150 * (starts % 7)), program.ended()]);
          await program.kill();
        }
      })();
      const [deleted, ...mended] = names.slice(0, 15);
      for (const name of mended) {
        await mend(name);
        await sleep(60);
      }
      await remove(deleted!);
      over = true;
      await again;
      kubecast();
      await firing(...names.slice(15));
      const events = await checkLog();
      expect(namesOf(events.filter(({ data }) => data.status === "firing"))).toEqual([...names].sort());
      expect(namesOf(events.filter(({ data }) => data.status === "resolved"))).toEqual(names.slice(0, 15).sort());
      expect(events.filter(({ data }) => data.reason === "deleted").map(({ data }) => data.object.name)).toEqual([
        deleted,
      ]);
      expect(starts).toBeGreaterThan(3);
    });

    it("goes on with hold times where an earlier process stopped", async () => {
      const first = kubecast();
      await create("slow");
      await breakPod("slow");
      const pending = () =>
        redisCommand(redis.url, "HGETALL", "kubecast:{e2e}:pending") as Promise<Record<string, string>>;
      await vi.waitFor(async () => expect(Object.keys(await pending())).toHaveLength(1), within);
      await first.kill();
      // An hour ago, as far as Redis knows.
      const [[id]] = Object.entries(await pending()) as [[string, string]];
      const since = new Date(Date.now() - 3_600_000).toISOString();
      await redisCommand(redis.url, "HSET", "kubecast:{e2e}:pending", id, JSON.stringify({ to: "firing", since }));
      kubecast();
      await vi.waitFor(
        async () =>
          expect((await published()).map(({ data }) => data.rule).sort()).toEqual(["Broken", "BrokenForLong"]),
        within,
      );
      expect(await pending()).toEqual({});
    });

    it("survives a restart of the API server", async () => {
      const program = kubecast();
      await create("a", "b");
      await breakPod("a");
      await firing("a");
      await backend.restart();
      await breakPod("b");
      await mend("a");
      await firing("b");
      await program.said("the watch was interrupted");
      await program.said("the watch goes on");
      await checkLog();
      expect(program.running).toBe(true);
    });

    it("survives a connection cut in the middle of an event", async () => {
      const program = kubecast();
      await program.said("all watches are in place");
      await create("a", "b", "c");
      const cut = backend.proxy.cutAfterBytes(700);
      for (const name of ["a", "b", "c"]) await breakPod(name);
      await cut;
      await mend("b");
      await firing("a", "c");
      await program.said("the watch was interrupted");
      await checkLog();
    });

    it("lists again when the history that it needs was compacted", async () => {
      const program = kubecast();
      await create("a", "b", "c");
      await breakPod("a");
      await breakPod("b");
      await firing("a", "b");
      await backend.proxy.refuse(true);
      backend.proxy.cut();
      await mend("a");
      await remove("b");
      await breakPod("c");
      await backend.restart({ forgetting: true });
      await backend.proxy.refuse(false);
      await firing("c");
      const events = await checkLog();
      const ends = events.filter(({ data }) => data.status === "resolved" && data.object.namespace === namespace);
      expect(Object.fromEntries(ends.map(({ data }) => [data.object.name, data.reason]))).toEqual({
        a: "recovered",
        b: "deleted",
      });
      expect(program.running).toBe(true);
    });

    it("waits for a Redis that is restarted, and publishes what happened meanwhile", async () => {
      const program = kubecast();
      await create("a", "b");
      await breakPod("a");
      await firing("a");
      await redis.kill();
      await breakPod("b");
      await mend("a");
      await program.said("cannot publish, and keeps trying");
      await redis.restart();
      await firing("b");
      await program.said("Redis is back");
      await checkLog();
    });

    it("brings a wiped Redis back to the true state", async () => {
      const program = kubecast();
      await create("a", "b");
      await breakPod("a");
      await firing("a");
      await redisCommand(redis.url, "FLUSHALL");
      await firing("a");
      await program.said("Redis had lost what was published");
      await breakPod("b");
      await firing("a", "b");
      await checkLog();
    });

    it("notices a Redis that has gone silent", async () => {
      const program = kubecast();
      await create("a");
      await program.said("all watches are in place");
      redisProxy.pause(true);
      await breakPod("a");
      await program.said("has not answered");
      redisProxy.pause(false);
      await firing("a");
      await checkLog();
    });
  });
}
