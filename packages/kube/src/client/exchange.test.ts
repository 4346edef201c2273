import type { Dispatcher } from "undici";
import { expect, test, vi } from "vitest";
import { exchange } from "./exchange.ts";

/** An exchange whose server is the test. */
function start(signal = new AbortController().signal) {
  let handler: Dispatcher.DispatchHandler = {};
  const dispatcher = {
    dispatch: (_: unknown, given: Dispatcher.DispatchHandler) => {
      handler = given;
    },
  } as unknown as Dispatcher;
  const lease = { dispatcher, release: vi.fn(), drop: vi.fn() };
  const controller = { pause: vi.fn(), resume: vi.fn(), abort: vi.fn(), aborted: false, paused: false, reason: null };
  const answer = exchange(lease, { path: "/", method: "GET" }, "https://server", signal);
  return { answer, lease, controller, handler };
}

test("a reader who is behind holds the server back until it has caught up", async () => {
  const { answer, controller, handler } = start();
  handler.onResponseStart?.(controller, 200, {});
  const { body } = await answer;
  handler.onResponseData?.(controller, Buffer.alloc(1000));
  expect(controller.pause).not.toHaveBeenCalled();
  handler.onResponseData?.(controller, Buffer.alloc(64 * 1024));
  expect(controller.pause).toHaveBeenCalledTimes(1);
  expect(controller.resume).not.toHaveBeenCalled();
  body.on("data", () => {});
  await vi.waitFor(() => expect(controller.resume).toHaveBeenCalled());
});

test("the connection is used again after a whole answer only", async () => {
  const whole = start();
  whole.handler.onResponseStart?.(whole.controller, 200, {});
  whole.handler.onResponseEnd?.(whole.controller, {});
  (await whole.answer).body.destroy();
  expect(whole.lease.release).toHaveBeenCalledTimes(1);
  expect(whole.lease.drop).not.toHaveBeenCalled();

  const half = start();
  half.handler.onResponseStart?.(half.controller, 200, {});
  (await half.answer).body.destroy();
  expect(half.lease.drop).toHaveBeenCalledTimes(1);
  expect(half.lease.release).not.toHaveBeenCalled();
});

test("an answer that comes after the abort changes nothing", async () => {
  const abort = new AbortController();
  const { answer, lease, controller, handler } = start(abort.signal);
  abort.abort("enough");
  await expect(answer).rejects.toBe("enough");
  handler.onResponseError?.(controller, new Error("aborted"));
  expect(lease.drop).toHaveBeenCalledTimes(1);
});

test("interim answers are passed over", async () => {
  const { answer, controller, handler } = start();
  handler.onResponseStart?.(controller, 103, {});
  handler.onResponseStart?.(controller, 200, { "x-a": "b" });
  expect(await answer).toMatchObject({ status: 200, headers: { "x-a": "b" } });
});
