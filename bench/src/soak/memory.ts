import { setImmediate as turn } from "node:timers/promises";

/** What the process holds when nothing goes on. */
export interface Held {
  /** Bytes of objects that are in use. */
  readonly heap: number;
  /** Bytes of memory. */
  readonly resident: number;
  readonly sockets: number;
  readonly timers: number;
}

/** @throws {Error} node runs without --expose-gc. */
export async function held(): Promise<Held> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("memory cannot be measured without node's --expose-gc");
  // What finalizers and promises of the first round let go, the second collects.
  for (let round = 0; round < 2; round++) {
    gc();
    await turn();
  }
  const { heapUsed, rss } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const countOf = (type: string) => resources.filter((each) => each === type).length;
  return { heap: heapUsed, resident: rss, sockets: countOf("TCPSocketWrap"), timers: countOf("Timeout") };
}

/** By how much y grows with x, as the straight line through the points has it (least squares). */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
