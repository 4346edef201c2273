/**
 * A moment as Leases and Events have it: RFC 3339 with six digits, which the API demands.
 * @param milliseconds since the epoch; parts of them count.
 */
export function microTime(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const micros = Math.floor((milliseconds - whole) * 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}
