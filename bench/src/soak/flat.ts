import { slope } from "./memory.ts";
import type { Checkpoint } from "./run.ts";

// What "flat" means. The bounds are above what garbage collection and chance do
// to the figures, and below what keeping anything of each event would.

/** Bytes of heap for each event; a single reference takes eight. */
const HEAP_GROWTH = 2;
/** Highest resident memory of the second half by that of the first. */
const RESIDENT_GROWTH = 1.2;
/** Six watches, each with a socket and a timer, and what has just been used for a list. */
const SOCKETS = 12;
const TIMERS = 24;
/** Events before which figures are those of a program that still warms up. */
const WARM = 500_000;

export interface Memory {
  /** Bytes for each event written, over the second half of the checkpoints. */
  readonly heapGrowth: number;
  /** Highest of the second half by highest of the first. */
  readonly residentGrowth: number;
  readonly sockets: number;
  readonly timers: number;
}

export function memoryOf(checkpoints: readonly Checkpoint[]): Memory {
  const middle = Math.floor(checkpoints.length / 2);
  const [first, second] = [checkpoints.slice(0, middle), checkpoints.slice(middle)];
  const highest = (of: readonly Checkpoint[], what: "resident" | "sockets" | "timers") =>
    Math.max(...of.map((checkpoint) => checkpoint[what]));
  return {
    heapGrowth: slope(second.map(({ events, heap }) => [events, heap])),
    residentGrowth: highest(second, "resident") / highest(first, "resident"),
    sockets: highest(checkpoints, "sockets"),
    timers: highest(checkpoints, "timers"),
  };
}

/** What grows that should not; empty if nothing does. */
export function growth(checkpoints: readonly Checkpoint[]): string[] {
  const { heapGrowth, residentGrowth, sockets, timers } = memoryOf(checkpoints);
  const found: string[] = [];
  const hold = (what: string, value: number, bound: number) => {
    if (value > bound) found.push(`${what}: ${value.toFixed(2)}, which is more than ${bound}`);
  };
  if ((checkpoints.at(-1)?.events ?? 0) >= WARM) {
    hold("bytes of heap for each event", heapGrowth, HEAP_GROWTH);
    hold("resident memory of the second half by the first", residentGrowth, RESIDENT_GROWTH);
  }
  hold("sockets", sockets, SOCKETS);
  hold("timers", timers, TIMERS);
  return found;
}
