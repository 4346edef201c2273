import { type Duration, duration, parseDuration } from "../values/time.ts";
import type { Failure } from "../values/value.ts";

const hour = 3_600_000_000_000n;
/** What a unit is called: whole names, and one that longer ones may begin with. */
const units: readonly (readonly [whole: readonly string[], beginning: string, nanos: bigint])[] = [
  [["ns"], "nano", 1n],
  [["us", "µs"], "micro", 1_000n],
  [["ms"], "milli", 1_000_000n],
  [["s"], "sec", 1_000_000_000n],
  [["m"], "min", 60_000_000_000n],
  [["h", "hr"], "hour", hour],
  [["d"], "day", 24n * hour],
  [["w", "wk"], "week", 168n * hour],
];

/**
 * A string whose schema has the format duration: as expressions write durations (`1h30m`), or in words
 * (`2 days`, `1w`), which go-openapi's strfmt has besides. Undefined where it is none.
 */
export function parseSchemaDuration(text: string): Duration | Failure | undefined {
  const written = parseDuration(text);
  if (written !== undefined) return written;
  let nanos: bigint | undefined;
  for (const [, digits = "", word = ""] of text.matchAll(/(\d{1,19})\s*([A-Za-zµ]+)/g)) {
    const name = word.toLowerCase();
    const unit = units.find(([whole, beginning]) => whole.includes(name) || name.startsWith(beginning));
    if (unit !== undefined) nanos = (nanos ?? 0n) + BigInt(digits) * unit[2];
  }
  return nanos === undefined ? undefined : duration(nanos);
}
