import { expect, test, vi } from "vitest";
import { systemClock } from "./clock.ts";

test("what was due a moment ago is due now, without a warning of Node's", async () => {
  const setTimeout = vi.spyOn(globalThis, "setTimeout");
  await new Promise<void>((resolve) => systemClock.setTimeout(resolve, -0.3));
  expect(setTimeout).toHaveBeenCalledExactlyOnceWith(expect.any(Function), 0);
  setTimeout.mockRestore();
});
