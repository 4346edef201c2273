import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, type Transport, type WatchOptions, type WatchStats, watchStats } from "@kubecast/kube";
import type { Cluster, Depth } from "./cluster.ts";
import { metered, type Received } from "./metered.ts";
import type { Random } from "./random.ts";

/** Something that watches throughout the soak, and is held against the server. */
export interface Consumer {
  readonly name: string;
  readonly received: Readonly<Received>;
  readonly stats: Readonly<WatchStats>;
  /** Changes, items or reconciles. */
  readonly handled: number;
  /** What of all that it was told cannot have been. */
  violations(): string[];
  /** How what it holds differs from what the server has. */
  differences(cluster: Cluster, depth: Depth): string[];
  /** Called when it is level. */
  checkpoint?(): Promise<void>;
  /** Rejects if it fails; never resolves before `stop`. */
  readonly running: Promise<unknown>;
  stop(): Promise<void>;
}

/** What consumers are made with; each has its own. */
export interface Surroundings {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
}

/** What the watches of one consumer have in common. */
export class Watching {
  readonly received: Received = { events: 0, bytes: 0 };
  readonly stats: WatchStats = watchStats();
  readonly settings: Omit<WatchOptions, "resource">;
  readonly #random: Random;

  constructor({ transport, clock, random }: Surroundings) {
    this.#random = random;
    this.settings = {
      transport: metered(transport, this.received),
      clock,
      random: () => random.next(),
      stats: this.stats,
      // Two seconds on the fast clock; the default is several minutes.
      timeoutSeconds: 100,
      // Many pages, between which tokens can expire.
      pageSize: 150,
    };
  }

  /** Takes its time now and then, as handlers do: milliseconds, and seldom seconds. */
  async dawdle(): Promise<void> {
    const chance = this.#random.next();
    if (chance < 0.0003) await sleep(this.#random.between(500, 2_000));
    else if (chance < 0.01) await sleep(this.#random.between(1, 30));
  }
}
