import type { Timing } from "./retry.ts";
import { TokenBucket } from "./token-bucket.ts";

/** How many requests a client sends; a token bucket. */
export interface RateLimit {
  /** Requests a second in the long run; more than 0. */
  readonly qps: number;
  /** Requests that may come at once after a while without any; at least 1. */
  readonly burst: number;
}

/** Lets requests through no faster than the limit says, in the order in which they came. */
export class RateGate {
  readonly #bucket: TokenBucket;
  readonly #timing: Timing;

  /** @throws {RangeError} the limit is none. */
  constructor({ qps, burst }: RateLimit, timing: Timing) {
    if (!(qps > 0 && Number.isFinite(qps))) throw new RangeError(`rateLimit.qps must be more than 0, not ${qps}`);
    if (!(Number.isSafeInteger(burst) && burst >= 1)) {
      throw new RangeError(`rateLimit.burst must be a whole number of at least 1, not ${burst}`);
    }
    this.#timing = timing;
    this.#bucket = new TokenBucket(timing, { burst, interval: 1000 / qps });
  }

  /** Undefined if it may go at once; else resolves when it is its turn. Rejects with the signal's reason, and leaves its turn to another. */
  enter(signal: AbortSignal): Promise<void> | undefined {
    const wait = this.#bucket.reserve();
    return wait === 0 ? undefined : this.#wait(wait, signal);
  }

  async #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#timing.sleep(milliseconds, signal);
    } catch (error) {
      this.#bucket.giveBack();
      throw signal.aborted ? signal.reason : error;
    }
  }
}
