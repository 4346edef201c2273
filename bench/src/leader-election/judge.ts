/** A state of the Lease, as the API server told of it. */
export interface LeaseSeen {
  /** The server's own order, over all objects: etcd's revision. */
  readonly version: bigint;
  readonly holder: string;
  readonly term: number;
}

/** A leader's mark, as the API server told of it. */
export interface MarkSeen {
  readonly version: bigint;
  readonly identity: string;
  readonly term: number;
  /** When its leader had asked itself whether it leads, in milliseconds of the machine's monotonic clock. */
  readonly believed: number;
}

/** A leader was stopped from then on, in milliseconds of the same clock. */
export interface Stopped {
  readonly identity: string;
  readonly from: number;
}

export interface Verdict {
  /** What may not be: nothing, if the election keeps its promise. */
  readonly violations: string[];
  /** Marks that were on their way when their leader was stopped, and arrived when another one led. */
  readonly late: number;
}

/**
 * Whether there were never two leaders at once.
 *
 * By the machine's clock, which all processes share: between the first and the
 * last moment in which one believed to lead, no other did. No tolerance.
 *
 * By the API server's order: after the Lease has gone to the next one, no mark of
 * the one before arrives. No Lease can promise that for a process that is stopped
 * after it has asked itself and before what it sends is out: such a mark is let
 * through, and counted, where it was believed before the stop.
 */
export function judge(leases: readonly LeaseSeen[], marks: readonly MarkSeen[], stops: readonly Stopped[]): Verdict {
  const violations: string[] = [];
  let late = 0;
  const begins = new Map<number, LeaseSeen>();
  let newest = -1;
  for (const lease of leases) {
    if (lease.term < newest) violations.push(`the Lease went back from term ${newest} to ${lease.term}`);
    newest = lease.term;
    if (lease.holder === "") continue;
    const begin = begins.get(lease.term);
    if (begin === undefined) begins.set(lease.term, lease);
    else if (begin.holder !== lease.holder) {
      violations.push(`term ${lease.term} had two holders, ${begin.holder} and ${lease.holder}`);
    }
  }

  for (const mark of marks) {
    const { identity, term, version, believed } = mark;
    const name = `${identity}'s mark of term ${term}`;
    const own = begins.get(term);
    if (own === undefined || own.holder !== identity || own.version > version) {
      violations.push(`${name} came without the Lease`);
    }
    const next = [...begins.values()].find((lease) => lease.term > term);
    if (next === undefined || version < next.version) continue;
    const onItsWay = stops.some((stop) => stop.identity === identity && believed <= stop.from);
    if (onItsWay) late++;
    else violations.push(`${name} came when the Lease was ${next.holder}'s`);
  }

  const byClock = [...marks].sort((a, b) => a.believed - b.believed);
  for (const [index, mark] of byClock.entries()) {
    const before = byClock[index - 1];
    if (before === undefined || before.term <= mark.term) continue;
    violations.push(
      `${mark.identity} believed to lead in term ${mark.term} when ${before.identity} did in ${before.term}`,
    );
  }
  return { violations, late };
}
