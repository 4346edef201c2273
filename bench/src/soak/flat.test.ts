import { expect, test } from "vitest";
import { growth } from "./flat.ts";
import type { Checkpoint } from "./run.ts";

/** Twenty checkpoints of a million events. */
function checkpoints(change: (checkpoint: Checkpoint, index: number) => Partial<Checkpoint>): Checkpoint[] {
  return Array.from({ length: 20 }, (_, index) => {
    const events = (index + 1) * 50_000;
    const wave = index % 2 === 0 ? 150_000 : -150_000;
    const flat = { events, at: events, level: 100, heap: 22e6 + wave, resident: 160e6 + wave, sockets: 6, timers: 7 };
    return { ...flat, ...change(flat, index) };
  });
}

test("figures that only waver are flat, be there growth while the program warms up", () => {
  expect(growth(checkpoints(() => ({})))).toEqual([]);
  expect(growth(checkpoints(({ heap }, index) => ({ heap: index < 5 ? heap - 5e6 : heap })))).toEqual([]);
});

test("a reference kept of each event is not flat", () => {
  expect(growth(checkpoints(({ heap, events }) => ({ heap: heap + 8 * events })))).toEqual([
    expect.stringContaining("bytes of heap for each event: 7."),
  ]);
});

test("memory outside the heap that grows is not flat", () => {
  const grown = growth(checkpoints(({ resident, events }) => ({ resident: resident + 100 * events })));
  expect(grown).toEqual([expect.stringContaining("resident memory")]);
});

test("sockets and timers left behind are not flat, however few events there were", () => {
  const grown = growth(checkpoints((_, index) => ({ events: index, sockets: 6 + index, timers: 7 + 2 * index })));
  expect(grown).toEqual([expect.stringContaining("sockets: 25"), expect.stringContaining("timers: 45")]);
});
