import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { RawApi } from "../resource/raw-api.ts";
import { Client } from "./client.ts";
import { diagnostics, type WaitMessage } from "./diagnostics.ts";
import { configOf, serve } from "./loopback.test.helper.ts";
import { RateGate } from "./rate-gate.ts";

const pods = RawApi.v1Pod().within("shop");

/** Time that goes on when it is told to. */
function manual() {
  const sleepers = new Set<{ at: number; wake: () => void }>();
  const clock = { time: 0 };
  const timing = {
    now: () => clock.time,
    sleep: (milliseconds: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const sleeper = { at: clock.time + milliseconds, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(new Error("interrupted"));
        });
      }),
    random: () => 0,
  };
  const pass = async (milliseconds: number) => {
    clock.time += milliseconds;
    for (const sleeper of sleepers) if (sleeper.at <= clock.time && sleepers.delete(sleeper)) sleeper.wake();
    await turn();
  };
  return { timing, pass, sleepers };
}

test.each([
  [{ qps: 0, burst: 1 }, "rateLimit.qps must be more than 0, not 0"],
  [{ qps: Number.NaN, burst: 1 }, "rateLimit.qps must be more than 0, not NaN"],
  [{ qps: 5, burst: 0 }, "rateLimit.burst must be a whole number of at least 1, not 0"],
  [{ qps: 5, burst: 1.5 }, "rateLimit.burst must be a whole number of at least 1, not 1.5"],
])("%j is no limit", (rateLimit, message) => {
  expect(() => new Client(configOf("http://localhost"), { rateLimit })).toThrow(new RangeError(message));
});

test("the burst goes at once, the others one after the other; who gives up leaves its turn", async () => {
  const { timing, pass } = manual();
  const gate = new RateGate({ qps: 10, burst: 2 }, timing);
  const { signal } = new AbortController();
  expect(gate.enter(signal)).toBeUndefined();
  expect(gate.enter(signal)).toBeUndefined();
  const done: string[] = [];
  const third = gate.enter(signal)?.then(() => done.push("third"));
  const hasty = new AbortController();
  const fourth = gate.enter(hasty.signal)?.catch((reason) => reason);
  await pass(99);
  expect(done).toEqual([]);
  hasty.abort("enough");
  expect(await fourth).toBe("enough");
  const fifth = gate.enter(signal)?.then(() => done.push("fifth"));
  await pass(1);
  expect(done).toEqual(["third"]);
  await pass(99);
  expect(done).toEqual(["third"]);
  await pass(1);
  expect(done).toEqual(["third", "fifth"]);
  await Promise.all([third, fifth]);
});

describe("a client with a limit", () => {
  async function start(rateLimit: { qps: number; burst: number }, codes: number[] = []) {
    const server = await serve((request, response) => {
      const code = codes.shift() ?? 200;
      response.writeHead(code, { "content-type": "application/json" });
      if (request.url?.includes("watch")) response.flushHeaders();
      else response.end("{}");
    });
    const { timing, pass, sleepers } = manual();
    const client = new Client(configOf(server.url), { rateLimit, timing });
    onTestFinished(() => client.close());
    return { server, client, pass, sleepers };
  }

  test("opens a watch for one token and reads it for none", async () => {
    const { server, client, pass, sleepers } = await start({ qps: 1, burst: 2 });
    const { body } = await client.stream(pods.watch());
    await client.request(pods.list());
    const third = client.request(pods.list());
    await expect.poll(() => sleepers.size).toBe(1);
    expect(server.paths).toHaveLength(2);
    await pass(1000);
    await third;
    body.destroy();
  });

  test("counts each try", async () => {
    const { server, client, pass, sleepers } = await start({ qps: 1, burst: 1 }, [503]);
    const answer = client.request(pods.list());
    await expect.poll(() => sleepers.size).toBe(1);
    await pass(0); // The pause between two tries.
    await expect.poll(() => sleepers.size).toBe(1);
    expect(server.paths).toHaveLength(1);
    await pass(1000);
    await answer;
    expect(server.paths).toHaveLength(2);
  });

  test("says that it was not the server who let it wait in vain", async () => {
    const { server, client } = await start({ qps: 1, burst: 1 });
    await client.request(pods.get("a"));
    await expect(client.request(pods.get("b"), { timeout: 20 })).rejects.toMatchObject({
      message: "no turn within 20 ms: the client has too much to do (GET /api/v1/namespaces/shop/pods/b)",
      sent: false,
    });
    expect(server.paths).toHaveLength(1);
  });

  test("lets go of who does not want to wait any more, and says who waited", async () => {
    const { server, client, sleepers } = await start({ qps: 1, burst: 1 });
    const waits: WaitMessage[] = [];
    const listener = (message: WaitMessage) => waits.push(message);
    diagnostics.wait.subscribe(listener);
    onTestFinished(() => void diagnostics.wait.unsubscribe(listener));
    await client.request(pods.get("a"));
    const abort = new AbortController();
    const waiting = client.request(pods.get("b"), { signal: abort.signal });
    await expect.poll(() => sleepers.size).toBe(1);
    abort.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(server.paths).toHaveLength(1);
    expect(waits).toMatchObject([{ reason: "rate", request: { verb: "get", name: "b" } }]);
    expect(waits[0]?.duration).toBeGreaterThanOrEqual(0);
  });
});
