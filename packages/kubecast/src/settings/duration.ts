const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of a duration as Prometheus writes them: `0`, `500ms`, `30s`, `1h30m`, `7d`.
 * Undefined for anything else.
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(\d+(ms|[smhd]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhd])/g)) total += Number(amount) * (units[unit ?? ""] ?? 0);
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The shortest of the same notation: `90000` is `1m30s`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds);
  let text = "";
  for (const [unit, size] of Object.entries(units).sort((a, b) => b[1] - a[1])) {
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text === "" ? "0s" : text;
}
