import type { RequestOptions, StreamedResponse, Transport } from "../client/transport.ts";
import type { ApiRequest } from "../resource/request.ts";
import type { Lease } from "../types/coordination/v1.ts";
import type { Clock } from "../watch/clock.ts";
import { apiError, type FakeClock, settled } from "../watch/fakes.test.helper.ts";

/** An API that knows one Lease. */
export class LeaseServer {
  lease: Lease | undefined;
  readonly requests: string[] = [];
  #version = 0;

  answer({ method, body }: ApiRequest): Lease {
    this.requests.push(method);
    if (method === "GET") {
      if (this.lease === undefined) throw apiError(404, "NotFound");
      return structuredClone(this.lease);
    }
    const sent = JSON.parse(String(body)) as Lease;
    if (method === "POST" && this.lease !== undefined) throw apiError(409, "AlreadyExists");
    if (method === "PUT" && sent.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) {
      throw apiError(409, "Conflict");
    }
    return this.write(sent);
  }

  write(lease: Lease): Lease {
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++this.#version) } };
    return structuredClone(this.lease);
  }
}

/** A process with a line to the server, either of which may be at fault. */
export class Process implements Transport, Clock {
  readonly #server: LeaseServer;
  readonly #clock: FakeClock;
  /** What became due while the process was stopped. */
  #due: Set<() => void> | undefined;
  /** `lost`: the request does not arrive; `mute`: it does, and the answer does not. */
  line: "good" | "lost" | "mute" = "good";
  /** Milliseconds that a request takes to arrive. */
  latency = 0;

  constructor(server: LeaseServer, clock: FakeClock) {
    this.#server = server;
    this.#clock = clock;
  }

  get stopped(): boolean {
    return this.#due !== undefined;
  }
  /** As SIGSTOP does: time passes, and nothing happens in the process. */
  stop(): void {
    this.#due ??= new Set();
  }
  /** As SIGCONT does: what is due happens one after the other, each with what follows of it at once. */
  async resume(): Promise<void> {
    const due = this.#due ?? [];
    this.#due = undefined;
    for (const callback of due) {
      callback();
      await settled();
    }
  }

  now(): number {
    return this.#clock.now();
  }
  setTimeout(callback: () => void, milliseconds: number): unknown {
    const timer = { inner: undefined as unknown, callback };
    timer.inner = this.#clock.setTimeout(() => this.#run(callback), milliseconds);
    return timer;
  }
  clearTimeout(timer: unknown): void {
    if (timer === undefined) return;
    const { inner, callback } = timer as { inner: unknown; callback: () => void };
    this.#clock.clearTimeout(inner);
    this.#due?.delete(callback);
  }
  #run(callback: () => void): void {
    if (this.#due === undefined) callback();
    else this.#due.add(callback);
  }

  request<T>(request: ApiRequest, { signal }: RequestOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
      const { line } = this;
      const arrive = (): void => {
        if (line === "lost") return;
        let settle: () => void;
        try {
          const answer = this.#server.answer(request);
          settle = () => resolve(answer as T);
        } catch (error) {
          settle = () => reject(error);
        }
        if (line === "good") this.#run(settle);
      };
      // What is on its way arrives, whatever happens to the process.
      if (this.latency === 0) arrive();
      else this.#clock.setTimeout(arrive, this.latency);
    });
  }
  requestText(): Promise<string> {
    throw new Error("not asked for");
  }
  stream(): Promise<StreamedResponse> {
    throw new Error("not asked for");
  }
}
