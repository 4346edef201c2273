/** Lets `burst` through at once, and from then on one every `interval` milliseconds. */
export class TokenBucket {
  readonly #clock: { now(): number };
  readonly #interval: number;
  readonly #burst: number;
  /** When the bucket is full again; each token taken puts it off by one interval. */
  #fullAt = 0;

  /** @param clock in milliseconds; should never go back. */
  constructor(clock: { now(): number }, { burst, interval }: { burst: number; interval: number }) {
    this.#clock = clock;
    this.#burst = burst;
    this.#interval = interval;
  }

  /** Takes a token if there is one. */
  take(): boolean {
    return this.#missing() + 1 <= this.#burst && this.reserve() === 0;
  }

  /** Takes a token, be it one that is yet to come; milliseconds until it is there. */
  reserve(): number {
    const now = this.#clock.now();
    const missing = this.#missing();
    this.#fullAt = Math.max(this.#fullAt, now) + this.#interval;
    return Math.max(0, Math.ceil((missing + 1 - this.#burst) * this.#interval));
  }

  /** Gives a token back that was reserved and is not used. */
  giveBack(): void {
    this.#fullAt -= this.#interval;
  }

  #missing(): number {
    return Math.max(0, this.#fullAt - this.#clock.now()) / this.#interval;
  }
}
