/** A column as a Table defines it. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 for what is always shown, more for what a wide table has. */
  readonly priority: number;
}

/** How the objects of a kind are shown in a table. */
export interface Columns<T> {
  readonly columns: readonly Column[];
  /** A cell for each column. */
  readonly cells: (object: T, now: number) => unknown[];
  readonly conditions?: (object: T) => object[] | undefined;
}

export function column(name: string, type: "string" | "integer" = "string"): Column {
  return { name, type, format: name === "Name" ? "name" : "", description: "", priority: 0 };
}

/** One that only a wide table has. */
export function wide(name: string): Column {
  return { ...column(name), priority: 1 };
}

/** How long ago, such as `5m` or `2d3h`; `now` in milliseconds since 1970. */
export function age(timestamp: string | null | undefined, now: number): string {
  if (timestamp === undefined || timestamp === null || timestamp === "") return "<unknown>";
  return humanDuration(now - Date.parse(timestamp));
}

/** As k8s.io/apimachinery, pkg/util/duration, shows milliseconds. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return two(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? two(years, "y", days % 365, "d") : `${years}y`;
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

export function orNone(text: string | undefined): string {
  return text === undefined || text === "" ? "<none>" : text;
}
