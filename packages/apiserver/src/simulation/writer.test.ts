import { ApiError, ConnectionError } from "@kubecast/kube";
import { expect, test, vi } from "vitest";
import { ManualClock } from "./clock.test.helper.ts";
import { Timers } from "./timers.ts";
import { Writer } from "./writer.ts";

function setUp(concurrency = 2) {
  const clock = new ManualClock(0);
  const logged: string[] = [];
  const log = (message: string) => logged.push(message);
  const writer = new Writer({ clock, timers: new Timers(clock), log, concurrency });
  return { clock, logged, writer };
}

/** A write that ends when it is told to. */
function held() {
  let end = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { write: vi.fn(() => done), end: () => end() };
}

/** Until a retry is due. */
const isWaiting = (clock: ManualClock) => vi.waitFor(() => expect(clock.pending).toBe(1), { interval: 1 });

const refused = (code: number, reason = "") => new ApiError({ message: "no", reason }, { code });

test("a newer write takes the place of one that has not begun", async () => {
  const { writer } = setUp();
  const first = held();
  const [second, third] = [vi.fn(async () => {}), vi.fn(async () => {})];
  writer.put("a", "a", first.write);
  writer.put("a", "a", second);
  writer.put("a", "a", third);
  first.end();
  await vi.waitFor(() => expect(third).toHaveBeenCalledOnce());
  expect(first.write).toHaveBeenCalledOnce();
  expect(second).not.toHaveBeenCalled();
});

test("no more writes are under way than are allowed", async () => {
  const { writer } = setUp(2);
  const writes = [held(), held(), held()];
  writes.forEach(({ write }, index) => {
    writer.put(`key-${index}`, "it", write);
  });
  expect(writes.map(({ write }) => write.mock.calls.length)).toEqual([1, 1, 0]);
  writes[1]!.end();
  await vi.waitFor(() => expect(writes[2]!.write).toHaveBeenCalledOnce());
});

test.each([
  ["a conflict", refused(409, "Conflict"), []],
  ["an overloaded server", refused(500), ["it cannot be written, trying again in 100 ms: no"]],
  ["no connection", new ConnectionError("refused"), ["it cannot be written, trying again in 100 ms: refused"]],
])("%s is tried again", async (_, error, messages) => {
  const { clock, logged, writer } = setUp();
  const write = vi.fn(async () => {}).mockRejectedValueOnce(error);
  writer.put("a", "it", write);
  await isWaiting(clock);
  clock.advance(99);
  expect(write).toHaveBeenCalledTimes(1);
  clock.advance(1);
  expect(write).toHaveBeenCalledTimes(2);
  expect(logged).toEqual(messages);
});

test("retries wait ever longer, and as long as the server asks", async () => {
  const { clock, writer } = setUp();
  const write = vi.fn(async () => {}).mockRejectedValue(refused(503));
  writer.put("a", "it", write);
  for (const pause of [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]) {
    await isWaiting(clock);
    const calls = write.mock.calls.length;
    clock.advance(pause - 1);
    expect(write).toHaveBeenCalledTimes(calls);
    clock.advance(1);
    expect(write).toHaveBeenCalledTimes(calls + 1);
  }
  await isWaiting(clock);
  write.mockRejectedValue(new ApiError({}, { code: 429, retryAfterSeconds: 60 }));
  clock.advance(10_000);
  await isWaiting(clock);
  const calls = write.mock.calls.length;
  clock.advance(59_999);
  expect(write).toHaveBeenCalledTimes(calls);
});

test.each([
  ["an object that is gone", refused(404), []],
  ["a refusal", refused(422), ["it cannot be written: no"]],
])("%s is not tried again", async (_, error, messages) => {
  const { clock, logged, writer } = setUp(1);
  const next = vi.fn(async () => {});
  writer.put("a", "it", () => Promise.reject(error));
  writer.put("b", "other", next);
  await vi.waitFor(() => expect(next).toHaveBeenCalledOnce());
  expect(clock.pending).toBe(0);
  expect(logged).toEqual(messages);
});

test("what is forgotten is not tried again", async () => {
  const { clock, writer } = setUp();
  const write = vi.fn(async () => {}).mockRejectedValue(refused(500));
  writer.put("a", "it", write);
  await isWaiting(clock);
  writer.forget("a");
  clock.advance(60_000);
  expect(write).toHaveBeenCalledOnce();
});
