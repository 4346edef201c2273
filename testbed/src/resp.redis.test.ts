import { type RedisServer, startRedisServer } from "kubecast/embedded";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { redisCommand, redisSubscribe } from "./resp.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer({ password: "p w" });
});
afterAll(() => server.stop());

describe("resp-cli", () => {
  it("prints the reply of a command as JSON", async () => {
    expect(await redisCommand(server.url, "HSET", "h", "a", "ä\r\n", "b", "")).toBe(2);
    expect(await redisCommand(server.url, "HGETALL", "h")).toEqual({ a: "ä\r\n", b: "" });
    expect(await redisCommand(server.url, "XADD", "s", "1-1", "k", "v")).toBe("1-1");
    expect(await redisCommand(server.url, "XRANGE", "s", "-", "+")).toEqual([["1-1", ["k", "v"]]]);
    expect(await redisCommand(server.url, "GET", "none")).toBeNull();
  });

  it("fails with what the server said", async () => {
    await expect(redisCommand(server.url, "XADD", "s", "1-1", "k", "v")).rejects.toThrow("equal or smaller");
    await expect(redisCommand(server.url.replace("p%20w", "x"), "GET", "a")).rejects.toThrow("WRONGPASS");
  });

  it.each(["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"] as const)("prints each message it gets by %s", async (command) => {
    const channel = command === "PSUBSCRIBE" ? "news.*" : "news.1";
    const subscriber = await redisSubscribe(server.url, command, channel, "other");
    const publish = command === "SSUBSCRIBE" ? "SPUBLISH" : "PUBLISH";
    const big = JSON.stringify({ text: "x".repeat(100_000) });
    for (const message of ["one", big, "three"]) await redisCommand(server.url, publish, "news.1", message);
    await vi.waitFor(() => expect(subscriber.messages.length).toBe(3));
    expect(subscriber.messages).toEqual(["one", big, "three"].map((message) => ({ channel: "news.1", message })));
    await subscriber.stop();
  });
});
