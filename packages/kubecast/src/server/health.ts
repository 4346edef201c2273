import { systemClock } from "@kubecast/kube";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Publisher, PublisherEvent } from "../redis/publisher.ts";
import { formatDuration } from "../settings/duration.ts";
import type { Checks } from "./server.ts";

/** A watch lasts ten minutes at most, and is then made again within half a minute. */
const watchPatience = 15 * 60_000;
/** Redis is given five seconds for an answer. */
const publisherPatience = 5 * 60_000;

/**
 * Whether the program does its work. It is not alive when only a restart can
 * help: a watch that has heard nothing of the API for longer than it may take,
 * or a publisher that does not even fail. A Redis that is away is waited for,
 * and a restart would lose what waits.
 */
export class Health implements Checks {
  readonly #pipeline: Pick<Pipeline, "ready" | "watches">;
  readonly #publisher: Pick<Publisher, "waiting">;
  readonly #now: () => number;
  readonly #startedAt: number;
  #redisIsAway = false;
  /** Since when changes have been seen to wait with none published. */
  #stuckSince: number | undefined;

  constructor(
    pipeline: Pick<Pipeline, "ready" | "watches">,
    publisher: Pick<Publisher, "waiting">,
    now: () => number = systemClock.now,
  ) {
    this.#pipeline = pipeline;
    this.#publisher = publisher;
    this.#now = now;
    this.#startedAt = now();
  }

  /** Takes note of what the publisher reports. */
  observe({ type }: PublisherEvent): void {
    this.#stuckSince = undefined;
    if (type === "unreachable") this.#redisIsAway = true;
    if (type === "reachable") this.#redisIsAway = false;
  }

  live(): string | undefined {
    const now = this.#now();
    for (const { name, connection } of this.#pipeline.watches) {
      const silence = now - (connection.lastHeard ?? this.#startedAt);
      if (silence > watchPatience) return `the watch of ${name} has heard nothing for ${lasted(silence)}`;
    }
    if (this.#publisher.waiting === 0 || this.#redisIsAway) this.#stuckSince = undefined;
    else this.#stuckSince ??= now;
    const stuck = now - (this.#stuckSince ?? now);
    return stuck > publisherPatience
      ? `nothing has been published for ${lasted(stuck)}, though changes wait`
      : undefined;
  }

  ready(): string | undefined {
    if (this.#pipeline.ready) return undefined;
    const unlisted = this.#pipeline.watches.filter((watch) => !watch.stats.synced).map((watch) => watch.name);
    return `not yet listed: ${unlisted.join(", ")}`;
  }
}

function lasted(milliseconds: number): string {
  return formatDuration(Math.floor(milliseconds / 1_000) * 1_000);
}
