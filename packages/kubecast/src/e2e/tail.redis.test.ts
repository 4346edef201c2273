import { readFile } from "node:fs/promises";
import { type FaultProxy, type RedisServer, redisCommand, startProxy, startRedisServer } from "@kubecast/testbed";
import { CloudEvent } from "cloudevents";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { Change, Condition } from "../conditions/condition.ts";
import type { ConditionEvent } from "../conditions/event.ts";
import { Publisher } from "../redis/publisher.ts";
import { failing } from "./failing.test.support.ts";
import { killPrograms, Program } from "./program.test.support.ts";

const within = { timeout: 20_000, interval: 20 };
let redis: RedisServer;
let proxy: FaultProxy;

beforeAll(async () => {
  redis = await startRedisServer();
});
beforeEach(async () => {
  await redisCommand(redis.url, "FLUSHALL");
  proxy = await startProxy({ target: { port: redis.port } });
});
afterEach(async () => {
  await killPrograms();
  await proxy.stop();
});
afterAll(() => redis.stop());

function condition(rule: string, namespace: string, name: string): Condition {
  const object = { apiVersion: "v1", kind: "Pod", namespace, name, uid: `uid-${name}`, resourceVersion: "1" };
  return {
    id: `${rule}/${object.uid}`,
    rule,
    severity: "warning",
    resource: "pods",
    object,
    element: null,
    startsAt: "2026-11-22T18:45:21.000Z",
    summary: `pod ${name} is ill`,
    details: {},
    labels: {},
  };
}
const firing = (rule: string, namespace: string, name: string): Change => ({
  type: "firing",
  condition: condition(rule, namespace, name),
});
const resolved = (rule: string, namespace: string, name: string): Change => ({
  type: "resolved",
  condition: condition(rule, namespace, name),
  endsAt: "2026-11-22T18:45:52.000Z",
  reason: "recovered",
});

/** Publishes as `kubecast run` does, and settles when it is done. */
async function publish(changes: readonly Change[], cluster = "prod"): Promise<void> {
  const options = { cluster, holder: "test", trim: { maxLength: 1_000 }, outboxLimit: 1_000, report: () => {} };
  const publisher = new Publisher({ url: redis.url, ...options });
  await publisher.start();
  for (const change of changes) publisher.publish(change);
  await publisher.run(AbortSignal.abort());
}

const tail = (...args: string[]) => new Program(["tail", "--redis", proxy.url("redis"), ...args]);
const eventsOf = (program: Program) => program.lines.map((line) => JSON.parse(line) as ConditionEvent);
const said = (program: Program) =>
  eventsOf(program).map(({ data }) => `${data.status} ${data.rule} ${data.object.namespace}/${data.object.name}`);

it("shows what fires now, then follows, one CloudEvent a line with --json", async () => {
  await publish([firing("A", "shop", "web"), firing("A", "shop", "db"), resolved("A", "shop", "db")]);
  const program = tail("--json");
  await program.said("following");
  expect(said(program)).toEqual(["firing A shop/web"]);
  await publish([firing("B", "shop", "api"), resolved("A", "shop", "web")]);
  await vi.waitFor(() => expect(program.lines).toHaveLength(3), within);
  expect(said(program).slice(1)).toEqual(["firing B shop/api", "resolved A shop/web"]);
  for (const event of eventsOf(program)) expect(new CloudEvent(event as never, true).validate()).toBe(true);
  expect(program.stderr).toContain("1 firing now in prod:");
});

it("writes lines for people in columns, without colours where there is no terminal", async () => {
  await publish([firing("PodIll", "shop", "web-7c9d8f6b5d-x2k9p")]);
  const program = tail();
  await program.said("following");
  await publish([resolved("PodIll", "shop", "web-7c9d8f6b5d-x2k9p")]);
  await vi.waitFor(() => expect(program.lines).toHaveLength(2), within);
  expect(program.lines).toEqual([
    expect.stringMatching(/^\d\d:\d\d:\d\d FIRING {3}warning {2}PodIll {18}shop\/web-7c9d8f6b5d-x2k9p +is ill$/),
    expect.stringMatching(
      /^\d\d:\d\d:\d\d RESOLVED warning {2}PodIll {18}shop\/web-7c9d8f6b5d-x2k9p +recovered after 31s$/,
    ),
  ]);
});

it("begins with history when asked for --since", async () => {
  await publish([firing("A", "shop", "web"), resolved("A", "shop", "web"), firing("B", "shop", "web")]);
  const program = tail("--json", "--since", "1h");
  await program.said("following");
  expect(said(program)).toEqual([
    "firing A shop/web",
    "resolved A shop/web",
    "firing B shop/web", // which fires still, and is not said twice
  ]);
  const later = tail("--json", "--since", "0");
  await later.said("following");
  expect(said(later)).toEqual(["firing B shop/web"]);
});

it.each([
  ["shop:*", ["firing Slow shop/web"]],
  ["*:Slow", ["firing Slow shop/web", "firing Slow payments/db"]],
  ["pay*:S?ow", ["firing Slow payments/db"]],
  ["shop:Slo", []],
])("shows no more than the pattern %s asks for", async (pattern, wanted) => {
  await publish([firing("Slow", "shop", "web")]);
  const program = tail("--json", pattern);
  await program.said("following");
  await publish([firing("Slow", "payments", "db")]);
  const all = tail("--json");
  await all.said("following");
  expect(said(all)).toHaveLength(2);
  await vi.waitFor(() => expect(said(program)).toEqual(wanted), within);
});

it("says what it missed while it was cut off, and brings it from the log", async () => {
  await publish([firing("A", "shop", "web")]);
  const program = tail("--json");
  await program.said("following");
  await proxy.refuse(true);
  proxy.cut();
  await program.said("trying again");
  await publish([firing("B", "shop", "web"), resolved("B", "shop", "web"), firing("C", "shop", "web")]);
  await proxy.refuse(false);
  await vi.waitFor(() => expect(program.lines).toHaveLength(4), within);
  expect(eventsOf(program).map(({ sequence }) => sequence)).toEqual(["1", "2", "3", "4"]);
  expect(program.stderr).toContain("missed messages 2 to 4, read from the log:");
});

it("says how many messages it missed that the log no longer holds", async () => {
  await publish([firing("A", "shop", "web")]);
  const program = tail("--json");
  await program.said("following");
  await proxy.refuse(true);
  proxy.cut();
  await program.said("trying again");
  await publish([firing("B", "shop", "web"), resolved("B", "shop", "web"), firing("C", "shop", "web")]);
  await redisCommand(redis.url, "XTRIM", "kubecast:{prod}:log", "MAXLEN", "1");
  await proxy.refuse(false);
  await program.said("missed messages 2 to 4, 2 of them are no longer in the log; the rest:");
  await vi.waitFor(() => expect(said(program).at(-1)).toBe("firing C shop/web"), within);
});

it("says that Redis lost its data, and what fires after that", async () => {
  await publish([firing("A", "shop", "web"), firing("B", "shop", "web")]);
  const program = tail("--json");
  await program.said("following");
  await redisCommand(redis.url, "FLUSHALL");
  await publish([firing("C", "shop", "web")]);
  await program.said("Redis lost its data");
  await vi.waitFor(() => expect(said(program).at(-1)).toBe("firing C shop/web"), within);
});

it("is content with the rights that the documentation gives a reader", async () => {
  const documentation = await readFile(new URL("../../../../docs/redis.md", import.meta.url), "utf8");
  const [, words = ""] = /^ +ACL (SETUSER kubecast-reader .*)$/m.exec(documentation) ?? [];
  await redisCommand(redis.url, "ACL", ...words.split(" "));
  await publish([firing("A", "shop", "web")]);
  const address = proxy.url("redis").replace("redis://", "redis://kubecast-reader:a-password@");
  const program = new Program(["tail", "--redis", address, "--since", "1h", "--json"]);
  await program.said("following");
  proxy.cut();
  await publish([resolved("A", "shop", "web")]);
  await vi.waitFor(() => expect(said(program)).toEqual(["firing A shop/web", "resolved A shop/web"]), within);
});

it("says how a pattern is written", async () => {
  const { sentence } = await failing(["tail", "--redis", redis.url, "shop"], { code: 2 });
  expect(sentence).toContain("shop:* for a namespace or *:shop for a rule");
});

it("asks which cluster is meant where several publish", async () => {
  await publish([firing("A", "shop", "web")], "prod");
  await publish([firing("A", "shop", "db")], "staging");
  const { sentence } = await failing(["tail", "--redis", redis.url], { code: 2 });
  expect(sentence).toBe("several clusters publish to this Redis: prod, staging; choose one with --cluster");
  const program = tail("--json", "--cluster", "staging");
  await program.said("following");
  expect(said(program)).toEqual(["firing A shop/db"]);
});

it("says that nobody has published yet", async () => {
  const { sentence } = await failing(["tail", "--redis", redis.url], { code: 1 });
  expect(sentence).toBe(
    "no kubecast has published to this Redis yet; start `kubecast run`, or name the cluster with --cluster",
  );
});

it("follows a cluster that is still to come, and says that it has not been seen", async () => {
  await publish([firing("A", "shop", "web")], "prod");
  const program = tail("--json", "--cluster", "prdo");
  await program.said("no kubecast has published as prdo yet (others have: prod)");
  await program.said("following");
  await publish([firing("B", "shop", "web")], "prdo");
  await vi.waitFor(() => expect(said(program)).toEqual(["firing B shop/web"]), within);
});

it.each(["SIGINT", "SIGTERM"] as const)("ends in good order on %s", async (signal) => {
  await publish([firing("A", "shop", "web")]);
  const program = tail();
  await program.said("following");
  expect(await program.kill(signal)).toBe(0);
  expect(program.stderr).toBe("-- 1 firing now in prod:\n-- following\n");
});

it("ends at once on Ctrl-C also while Redis does not answer", async () => {
  proxy.pause(true);
  const program = tail();
  await vi.waitFor(() => expect(proxy.accepted).toBe(1), within);
  const asked = performance.now();
  expect(await program.kill("SIGINT")).toBe(0);
  expect(performance.now() - asked).toBeLessThan(2_000);
  expect(program.stderr).toBe("");
});

it("ends quietly when its reader has enough", async () => {
  await publish([firing("A", "shop", "web")]);
  const program = tail();
  await program.said("following");
  program.closeStdout();
  await publish([firing("B", "shop", "web")]);
  expect(await program.ended()).toBe(0);
  expect(program.stderr).toBe("-- 1 firing now in prod:\n-- following\n");
});
