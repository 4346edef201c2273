import type { ObjectStore } from "@kubecast/apiserver";
import type { FaultProxy } from "@kubecast/testbed";
import { type Counts, count } from "./counts.ts";
import type { Random } from "./random.ts";
import type { Refusals } from "./refusals.ts";

/** How a fault ends: after so many more events. */
interface Lasting {
  readonly least: number;
  readonly most: number;
  readonly end: () => void;
}

interface Fault {
  readonly kind: string;
  /** How often it comes in comparison with the others. */
  readonly weight: number;
  /** @param proxy of the client that it meets. */
  readonly begin: (proxy: FaultProxy) => Lasting | undefined;
}

/**
 * What happens to connections, history and open watches. Faults come and go with
 * the number of events written, so that the seed says which comes where.
 */
export class Faults {
  readonly counts: Counts = {};
  readonly #every: number;
  readonly #random: Random;
  readonly #proxies: readonly FaultProxy[];
  readonly #faults: readonly Fault[];
  #lasting: { readonly until: number; readonly end: () => void }[] = [];
  #next = 0;
  /** Ports are closed and opened one after the other. */
  #doors: Promise<void> = Promise.resolve();

  /** @param every so many events one fault begins, on the average. */
  constructor(every: number, random: Random, proxies: readonly FaultProxy[], store: ObjectStore, refusals: Refusals) {
    this.#every = every;
    this.#random = random;
    this.#proxies = proxies;
    this.#faults = [...this.#ofConnections(), ...this.#ofHistory(store), ...ofWatches(refusals)];
  }

  /** To be called when that many events have been written in all. */
  advance(written: number): void {
    const over = this.#lasting.filter(({ until }) => until <= written);
    this.#lasting = this.#lasting.filter(({ until }) => until > written);
    for (const { end } of over) end();
    for (; this.#next <= written; this.#next += this.#random.between(1, 2 * this.#every)) this.#begin(written);
  }

  /** Ends what lasts, and resolves when nothing is broken any more. */
  async heal(): Promise<void> {
    for (const { end } of this.#lasting) end();
    this.#lasting = [];
    await this.#doors;
  }

  #begin(written: number): void {
    const proxy = this.#random.pick(this.#proxies);
    const fault = this.#random.pick(this.#faults.flatMap((each) => Array<Fault>(each.weight).fill(each)));
    count(this.counts, fault.kind);
    const lasting = fault.begin(proxy);
    if (lasting === undefined) return;
    const { least, most, end } = lasting;
    this.#lasting.push({ until: written + this.#random.between(least, most), end });
  }

  #ofConnections(): Fault[] {
    const stall = (least: number, most: number) => (proxy: FaultProxy) => {
      proxy.pause(true);
      return { least, most, end: () => proxy.pause(false) };
    };
    return [
      {
        kind: "connection cut in the middle of an event",
        weight: 30,
        begin: momentary((proxy) => void proxy.cutAfterBytes(this.#random.between(1, 20_000))),
      },
      { kind: "connection cut", weight: 10, begin: momentary((proxy) => proxy.cut()) },
      {
        kind: "connections refused",
        weight: 8,
        begin: (proxy) => ({ least: 200, most: 2_000, end: this.#shut(proxy) }),
      },
      { kind: "connection stalled", weight: 6, begin: stall(200, 2_000) },
      { kind: "connection stalled for long", weight: 2, begin: stall(12_000, 20_000) },
      {
        kind: "connection slowed down",
        weight: 6,
        begin(proxy) {
          proxy.delay(5);
          return { least: 500, most: 3_000, end: () => proxy.delay(0) };
        },
      },
    ];
  }

  #ofHistory(store: ObjectStore): Fault[] {
    const compactBehind = (proxy: FaultProxy): Lasting => {
      const open = this.#shut(proxy);
      const end = () => {
        store.compact();
        open();
      };
      return { least: 200, most: 2_000, end };
    };
    return [
      { kind: "history compacted", weight: 8, begin: momentary(() => store.compact()) },
      { kind: "history compacted while nobody could connect", weight: 8, begin: compactBehind },
    ];
  }

  /** Cuts the client off; the function that is returned lets it in again. */
  #shut(proxy: FaultProxy): () => void {
    const refuse = (on: boolean) => {
      this.#doors = this.#doors.then(() => proxy.refuse(on));
    };
    refuse(true);
    proxy.cut();
    return () => refuse(false);
  }
}

/** A fault that is over at once. */
function momentary(act: (proxy: FaultProxy) => void): Fault["begin"] {
  return (proxy) => {
    act(proxy);
    return undefined;
  };
}

function ofWatches(refusals: Refusals): Fault[] {
  const status = (code: number, reason: string) =>
    `${JSON.stringify({ type: "ERROR", object: { kind: "Status", apiVersion: "v1", status: "Failure", code, reason } })}\n`;
  const end = (kind: string, weight: number, last: string): Fault => ({
    kind,
    weight,
    begin: momentary(() => refusals.endWatch(last)),
  });
  return [
    end("410 as an event of a watch", 6, status(410, "Expired")),
    end("500 as an event of a watch", 4, status(500, "InternalError")),
    end("a line that is no event", 3, "<html>502 Bad Gateway</html>\n"),
    end("watch ended in the middle of an event", 6, '{"type":"MODIFIED","object":{"meta'),
  ];
}
