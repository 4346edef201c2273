import type { IncomingMessage, ServerResponse } from "node:http";
import type { ObjectStore } from "@kubecast/apiserver";
import { type Counts, count } from "./counts.ts";
import type { Random } from "./random.ts";

interface Refusal {
  readonly kind: string;
  /** Of the requests, or of those for a watch. */
  readonly share: number;
  readonly ofWatches: boolean;
  readonly answer: (response: ServerResponse) => void;
}

const refusals: readonly Refusal[] = [
  { kind: "429 with Retry-After", share: 0.03, ofWatches: false, answer: status(429, "TooManyRequests", 1) },
  { kind: "500", share: 0.03, ofWatches: false, answer: status(500, "InternalError") },
  { kind: "503", share: 0.03, ofWatches: false, answer: status(503, "ServiceUnavailable") },
  { kind: "410 to a watch", share: 0.03, ofWatches: true, answer: status(410, "Expired") },
  {
    kind: "watch ended at once, with nothing",
    share: 0.06,
    ofWatches: true,
    answer: (response) => response.writeHead(200, { "Content-Type": "application/json" }).end(),
  },
];
/** Share of the requests for a page but the first. */
const EXPIRED_TOKENS = 0.04;

/** What goes wrong between a request and its answer. */
export class Refusals {
  readonly counts: Counts = {};
  /** While false, all requests are answered as they should be. */
  on = false;
  readonly #random: Random;
  readonly #store: ObjectStore;
  readonly #speed: number;
  readonly #watches = new Set<ServerResponse>();

  /** @param speed of the clients' clock, by which they say for how many seconds a watch is to last. */
  constructor(random: Random, store: ObjectStore, speed: number) {
    this.#random = random;
    this.#store = store;
    this.#speed = speed;
  }

  /** See `ApiServerOptions`. */
  intercept(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = "" } = request;
    const isWatch = /[?&]watch=/.test(url);
    request.url = url.replace(/timeoutSeconds=(\d+)/, (_, asked) => `timeoutSeconds=${Math.ceil(asked / this.#speed)}`);
    const refusal = this.on ? this.#chooseRefusal(isWatch) : undefined;
    if (refusal !== undefined) {
      count(this.counts, refusal.kind);
      refusal.answer(response);
      return true;
    }
    if (this.on && /[?&]continue=./.test(url) && this.#random.chance(EXPIRED_TOKENS)) {
      count(this.counts, "continue token expired");
      this.#store.compact();
    }
    if (isWatch) {
      this.#watches.add(response);
      response.once("close", () => this.#watches.delete(response));
    }
    return false;
  }

  /** Ends one of the open watches with these last words. */
  endWatch(last: string): void {
    if (this.#watches.size === 0) return;
    const response = this.#random.pick([...this.#watches]);
    this.#watches.delete(response);
    response.end(last);
    // The server writes on until it sees that this one is closed.
    response.write = () => true;
  }

  #chooseRefusal(isWatch: boolean): Refusal | undefined {
    let point = this.#random.next();
    return refusals.find(({ share, ofWatches }) => {
      point -= share;
      return point < 0 && (isWatch || !ofWatches);
    });
  }
}

function status(code: number, reason: string, retryAfter?: number): (response: ServerResponse) => void {
  const body = { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: `${reason}, on purpose` };
  const headers = { "Content-Type": "application/json", ...(retryAfter && { "Retry-After": retryAfter }) };
  return (response) => response.writeHead(code, headers).end(JSON.stringify(body));
}
