import { type Duration, nanosOf, type Timestamp } from "../values/time.ts";
import { Failure, int, type Value } from "../values/value.ts";
import { method, type Overload } from "./overload.ts";

/** The parts of a moment on the clock and calendar of a place. */
interface Civil {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const parts: Readonly<Record<string, (civil: Civil, time: Timestamp) => number>> = {
  getFullYear: ({ year }) => year,
  getMonth: ({ month }) => month,
  getDate: ({ day }) => day,
  getDayOfMonth: ({ day }) => day - 1,
  getDayOfYear: (civil) => Math.round((utc(civil) - utc({ ...civil, month: 0, day: 1 })) / 86_400_000),
  getDayOfWeek: (civil) => new Date(utc(civil)).getUTCDay(),
  getHours: ({ hour }) => hour,
  getMinutes: ({ minute }) => minute,
  getSeconds: ({ second }) => second,
  getMilliseconds: (_, time) => Math.floor(time.$nanos / 1e6),
};

const spans: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
};

/** The parts of timestamps and durations. */
export const times: readonly Overload[] = [
  ...Object.entries(parts).flatMap(([name, part]) => [
    method(name, "(timestamp) -> int", (time: Timestamp) => part(civilIn(time, 0), time)),
    method(name, "(timestamp, string) -> int", (time: Timestamp, zone: string): Value => {
      const offset = offsetOf(time, zone);
      return offset instanceof Failure ? offset : part(civilIn(time, offset), time);
    }),
  ]),
  ...Object.entries(spans).map(([name, unit]) =>
    method(name, "(duration) -> int", (value: Duration) => int(nanosOf(value) / unit)),
  ),
  // What is beyond whole seconds, as the specification has it.
  method("getMilliseconds", "(duration) -> int", (value: Duration) => int((nanosOf(value) / 1_000_000n) % 1000n)),
];

function civilIn(time: Timestamp, offset: number): Civil {
  const date = new Date((time.$seconds + offset) * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** At midnight; years before 100 stay what they are. */
function utc({ year, month, day }: Civil): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

const zones = new Map<string, Intl.DateTimeFormat | undefined>();

/** Seconds that a zone, by its name or such as `+02:00`, is ahead of UTC at that time. */
function offsetOf(time: Timestamp, zone: string): number | Failure {
  const [, sign, hours, minutes] = /^([+-]?)(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (hours !== undefined) return (Number(hours) * 3600 + Number(minutes) * 60) * (sign === "-" ? -1 : 1);
  const format = zones.has(zone) ? zones.get(zone) : formatOf(zone);
  if (format === undefined) return new Failure(`there is no time zone ${JSON.stringify(zone)}`);
  const fields = new Map(format.formatToParts(time.$seconds * 1000).map(({ type, value }) => [type, Number(value)]));
  const at = (type: Intl.DateTimeFormatPartTypes) => fields.get(type) ?? 0;
  const local = Date.UTC(at("year"), at("month") - 1, at("day"), at("hour") % 24, at("minute"), at("second"));
  return local / 1000 - time.$seconds;
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  let format: Intl.DateTimeFormat | undefined;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    // No such zone.
  }
  if (zones.size < 1000) zones.set(zone, format);
  return format;
}
