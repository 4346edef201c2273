import { DURATION, TIMESTAMP, type Type } from "../types/type.ts";
import { Failure, Special, type Value } from "./value.ts";

/** A moment: seconds since 1970, and nanoseconds from 0 to 999 999 999 on top of them. */
export class Timestamp extends Special {
  readonly $seconds: number;
  readonly $nanos: number;

  constructor(seconds: number, nanos: number) {
    super();
    this.$seconds = seconds;
    this.$nanos = nanos;
  }

  get $type(): Type {
    return TIMESTAMP;
  }
}

/** A span: seconds, and nanoseconds from 0 to 999 999 999 on top of them, so that -0.5 s is -1 s and half of one. */
export class Duration extends Special {
  readonly $seconds: number;
  readonly $nanos: number;

  constructor(seconds: number, nanos: number) {
    super();
    this.$seconds = seconds;
    this.$nanos = nanos;
  }

  get $type(): Type {
    return DURATION;
  }
}

const second = 1_000_000_000n;
/** The years 1 to 9999, as the specification has it. */
const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;
/** What 64 bits of nanoseconds hold, as in Go; about 292 years. */
const longest = 2n ** 63n - 1n;

/** @param nanos any number of them. */
export function timestamp(seconds: number, nanos: number): Timestamp | Failure {
  const whole = seconds + Math.floor(nanos / 1e9);
  if (!(whole >= firstSecond && whole <= lastSecond)) return new Failure("the timestamp is out of range");
  return new Timestamp(whole, ((nanos % 1e9) + 1e9) % 1e9);
}

export function duration(nanos: bigint): Duration | Failure {
  if (nanos > longest || nanos < -longest - 1n) return new Failure("the duration is out of range");
  const rest = ((nanos % second) + second) % second;
  return new Duration(Number((nanos - rest) / second), Number(rest));
}

export function nanosOf(value: Timestamp | Duration): bigint {
  return BigInt(value.$seconds) * second + BigInt(value.$nanos);
}

function timestampOfNanos(nanos: bigint): Timestamp | Failure {
  const rest = ((nanos % second) + second) % second;
  return timestamp(Number((nanos - rest) / second), Number(rest));
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** RFC 3339; undefined where the text is none. */
export function parseTimestamp(text: string): Timestamp | Failure | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [
    ,
    year = "",
    month = "",
    day = "",
    hour = "",
    minute = "",
    sec = "",
    fraction = "",
    sign,
    hours = "0",
    minutes = "0",
  ] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isReal = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!isReal || Number(hour) > 23 || Number(minute) > 59 || Number(sec) > 59) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60 : 60);
  const seconds = date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(sec) - offset;
  return timestamp(seconds, Number(fraction.padEnd(9, "0")));
}

export function formatTimestamp({ $seconds, $nanos }: Timestamp): string {
  return new Date($seconds * 1000).toISOString().replace(".000Z", `${fraction($nanos)}Z`);
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // the micro sign
  μs: 1_000n, // the Greek letter
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
};

/** Go's notation, such as `1h30m` or `-1.5s`; undefined where the text is none. */
export function parseDuration(text: string): Duration | Failure | undefined {
  const [, sign, rest = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === "0") return duration(0n);
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let nanos = 0n;
  for (const [, whole = "", part = "", unit = ""] of rest.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = units[unit] ?? 0n;
    nanos += BigInt(whole || "0") * scale + (BigInt(part || "0") * scale) / 10n ** BigInt(part.length);
  }
  return duration(sign === "-" ? -nanos : nanos);
}

/** Seconds, such as `5400s` or `-0.5s`. */
export function formatDuration(value: Duration): string {
  const nanos = nanosOf(value);
  const size = nanos < 0n ? -nanos : nanos;
  return `${nanos < 0n ? "-" : ""}${size / second}${fraction(Number(size % second))}s`;
}

function fraction(nanos: number): string {
  return nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
}

/** The sum of a time and a duration, or of two durations. */
export function addTimes(a: Timestamp | Duration, b: Duration): Value {
  const sum = nanosOf(a) + nanosOf(b);
  return a instanceof Timestamp ? timestampOfNanos(sum) : duration(sum);
}

/** A time before, or a span between two. */
export function subtractTimes(a: Timestamp | Duration, b: Timestamp | Duration): Value {
  const difference = nanosOf(a) - nanosOf(b);
  return a instanceof Timestamp && b instanceof Duration ? timestampOfNanos(difference) : duration(difference);
}
