import { median, table } from "../statistics.ts";
import { memoryOf } from "./flat.ts";
import type { Soaked } from "./run.ts";

const number = new Intl.NumberFormat("en");
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
const bytes = new Intl.NumberFormat("en", { maximumFractionDigits: 2, signDisplay: "exceptZero" });

/** A soak in words and tables. */
export function report({ events, objects, faults, consumers, checkpoints }: Soaked): string {
  const seconds = (checkpoints.at(-1)?.at ?? 0) / 1000;
  const levels = checkpoints.map(({ level }) => level);
  const { heapGrowth, residentGrowth, sockets, timers } = memoryOf(checkpoints);
  const received = consumers.reduce((sum, each) => sum + each.received, 0);
  const count = Object.values(faults).reduce((sum, each) => sum + each, 0);
  return [
    table([
      ["consumer", "watch events", "MB", "handled", "lists", "reconnects", "failures"],
      ...consumers.map((each) => [
        each.name,
        number.format(each.received),
        (each.bytes / 1e6).toFixed(0),
        number.format(each.handled),
        number.format(each.lists),
        number.format(each.restarts),
        number.format(each.errors),
      ]),
    ]),
    table([
      ["fault", "times"],
      ...Object.entries(faults)
        .sort(([, a], [, b]) => b - a)
        .map(([kind, times]) => [kind, number.format(times)]),
    ]),
    table([
      ["events written", "seconds", "level after ms", "heap MB", "resident MB", "sockets", "timers"],
      ...checkpoints.map((each) => [
        number.format(each.events),
        (each.at / 1000).toFixed(0),
        each.level.toFixed(0),
        megabytes(each.heap),
        megabytes(each.resident),
        String(each.sockets),
        String(each.timers),
      ]),
    ]),
    [
      `${number.format(events)} events of ${number.format(objects)} objects, ${number.format(count)} faults,`,
      `${number.format(received)} watch events received in ${seconds.toFixed(0)} s (${number.format(Math.round(received / seconds))}/s).`,
      `Level after ${median(levels).toFixed(0)} ms (median), ${Math.max(...levels).toFixed(0)} ms at most.`,
      `Second half: heap ${bytes.format(heapGrowth)} bytes an event; resident ${residentGrowth.toFixed(2)} of the first half's most.`,
      `At most ${sockets} sockets and ${timers} timers.`,
    ].join("\n"),
  ].join("\n\n");
}
