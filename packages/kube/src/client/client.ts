import { Duplex } from "node:stream";
import type { ClusterConfig } from "../config/cluster-config.ts";
import { loadConfig } from "../config/load.ts";
import type { Status, WatchEvent } from "../resource/object.ts";
import { decodeEvents } from "../wire/frames.ts";
import { readText, unpacked } from "./body.ts";
import { Connections } from "./connections.ts";
import { Deadline } from "./deadline.ts";
import { diagnostics, failureOf, type RequestMessage, traceRequest, type WaitMessage } from "./diagnostics.ts";
import { ApiError, ConnectionError, DecodeError } from "./errors.ts";
import { exchange } from "./exchange.ts";
import { Gate } from "./gate.ts";
import { isLoopback } from "./proxy.ts";
import { RateGate, type RateLimit } from "./rate-gate.ts";
import { parseRetryAfter, retryDelay, systemTiming, type Timing } from "./retry.ts";
import { apiError } from "./status.ts";
import type { ApiRequest, RequestOptions, StreamedResponse, Transport, UpgradedResponse } from "./transport.ts";
import { version } from "./version.ts";
import { answered } from "./writes.ts";

/** Milliseconds. */
const REQUEST_TIMEOUT = 30_000;
const CONNECT_TIMEOUT = 10_000;
/** Milliseconds from the first try after which none is begun; for streams, which have no timeout. */
const RETRY_BUDGET = 30_000;
/** As many requests run at a time; watches and other streams are not counted, so neither waits for the other. */
const PARALLEL_REQUESTS = 32;
const LONGEST_ERROR_BODY = 1024 * 1024;

/** What is told of a request; undefined where nobody listens. */
type Traced = RequestMessage | undefined;

/** How a `Client` behaves. */
export interface ClientOptions {
  /** Put before the library's own name in the User-Agent header, such as `my-controller/1.2`. */
  userAgent?: string;
  /** Milliseconds to reach the server; default 10 000. */
  connectTimeout?: number;
  /**
   * The most requests that are sent, such as `{ qps: 50, burst: 100 }`; each try counts,
   * and a watch when it is opened. Those beyond wait in line, which their timeout
   * includes. Default none: the server knows its load, shares itself out fairly between
   * its users, and its 429 is obeyed, while a client that slows itself down at 5 or 10
   * a second is slow on an idle server too.
   */
  rateLimit?: RateLimit;
  /** Time and chance of the retries; for tests. */
  timing?: Timing;
}

/**
 * Talks to one cluster as one user, over one pool of connections. Make one and
 * share it; `close` it at the end.
 *
 * Requests are repeated where that is safe: see `retryDelay`. An answer of 401
 * has the credentials renewed, and one more try.
 *
 * ```ts
 * const client = await Client.create();
 * const pods = await client.request<ObjectList<Pod>>(RawApi.v1Pod().within("shop").list());
 * ```
 */
export class Client implements Transport {
  /** As it was given. */
  readonly config: ClusterConfig;
  readonly #connections: Connections;
  readonly #timing: Timing;
  readonly #prefix: string;
  readonly #origin: string;
  readonly #userAgent: string;
  readonly #gzip: boolean;
  readonly #gate = new Gate(PARALLEL_REQUESTS);
  readonly #rate: RateGate | undefined;
  readonly #running = new Set<Deadline>();
  #closed = false;

  /**
   * @throws {ConfigError} the server or the proxy is wrong.
   * @throws {RangeError} the rate limit is none.
   */
  constructor(config: ClusterConfig, options: ClientOptions = {}) {
    this.config = config;
    this.#connections = new Connections(config, options.connectTimeout ?? CONNECT_TIMEOUT);
    this.#timing = options.timing ?? systemTiming;
    this.#rate = options.rateLimit && new RateGate(options.rateLimit, this.#timing);
    const server = new URL(config.server);
    this.#origin = server.origin;
    this.#prefix = server.pathname.replace(/\/$/, "");
    // Packing costs both sides more than it saves where no bytes cross a network.
    this.#gzip = !isLoopback(server);
    const own = `kubecast/${version} (${process.platform}/${process.arch})`;
    this.#userAgent = options.userAgent === undefined ? own : `${options.userAgent} ${own}`;
  }

  /**
   * @param config default: what `loadConfig` finds.
   * @throws {ConfigError} nothing was found, or what was found is wrong.
   */
  static async create(config?: ClusterConfig, options?: ClientOptions): Promise<Client> {
    return new Client(config ?? (await loadConfig()), options);
  }

  /** For the cluster that kubectl would talk to here, or that this Pod runs in. */
  static default(): Promise<Client> {
    return Client.create();
  }

  /** The namespace of the context, or `default`. */
  get namespace(): string {
    return this.config.namespace;
  }

  /** Sends, and parses the JSON answer. */
  async request<T>(request: ApiRequest, options?: RequestOptions): Promise<T> {
    const text = await this.requestText(request, options);
    const answer = parsed<T>(text, request);
    answered(this, request, answer);
    return answer;
  }

  /** For requests that the API answers with the object or, once that is gone, with a Status: tell them by `isStatus`. */
  requestStatus<T>(request: ApiRequest, options?: RequestOptions): Promise<T | Status> {
    return this.request<T | Status>(request, options);
  }

  /** Sends, and resolves with the answer as it came. */
  async requestText(request: ApiRequest, options: RequestOptions = {}): Promise<string> {
    return traceRequest(this.#origin, request, (message) => this.#requestText(request, options, message));
  }

  async #requestText(request: ApiRequest, options: RequestOptions, message: Traced): Promise<string> {
    const deadline = this.#begin(request, options.signal, options.timeout ?? REQUEST_TIMEOUT);
    try {
      return await this.#retrying(request, deadline.signal, message, async () => {
        await this.#turn("parallel", this.#gate.enter(deadline.signal), deadline, message);
        try {
          const { body } = await this.#answer(request, deadline, message);
          return await readText(body);
        } finally {
          this.#gate.leave();
        }
      });
    } finally {
      this.#end(deadline);
    }
  }

  /**
   * The events of a watch until the server ends it. Leaving the loop drops the
   * connection. An event of type ERROR is an event, not an error.
   *
   * @throws {DecodeError} what came is no event.
   */
  async *requestEvents<K>(
    request: ApiRequest,
    options?: RequestOptions,
  ): AsyncGenerator<WatchEvent<K>, void, undefined> {
    const { body } = await this.stream(request, options);
    for await (const events of decodeEvents<K>(body)) yield* events;
  }

  /** `options.timeout` is for the headers to come; by default there is none. */
  async stream(request: ApiRequest, options: RequestOptions = {}): Promise<StreamedResponse> {
    return this.#stream(request, request.method, undefined, options);
  }

  /**
   * `options.timeout`, default 30 000, is for the headers to come. Not repeated where
   * it may have been carried out, although it is a GET: it may have run a command.
   * @throws {ConnectionError} the server does not speak the protocol.
   */
  async upgrade(request: ApiRequest, protocol: string, options: RequestOptions = {}): Promise<UpgradedResponse> {
    const once = { timeout: REQUEST_TIMEOUT, ...options };
    const { status, headers, body } = await this.#stream(request, "POST", protocol, once);
    if (status === 101 && body instanceof Duplex) return { headers, socket: body };
    body.destroy();
    throw new ConnectionError(`${this.#connections.name} does not speak ${protocol} (${where(request)})`);
  }

  /** @param repeatedAs the method that says whether it may be sent again. */
  #stream(
    request: ApiRequest,
    repeatedAs: ApiRequest["method"],
    upgrade: string | undefined,
    options: RequestOptions,
  ): Promise<StreamedResponse> {
    return traceRequest(this.#origin, request, async (message) => {
      const deadline = this.#begin(request, options.signal, options.timeout);
      try {
        const asked = { ...request, method: repeatedAs };
        const response = await this.#retrying(asked, deadline.signal, message, () =>
          this.#answer(request, deadline, message, upgrade),
        );
        deadline.clearTimeout();
        response.body.once("close", () => this.#end(deadline));
        return response;
      } catch (error) {
        this.#end(deadline);
        throw error;
      }
    });
  }

  /** Cuts all connections: requests and streams that are open fail, and later ones too. */
  async close(): Promise<void> {
    this.#closed = true;
    const reason = this.#closedError();
    for (const deadline of this.#running) deadline.abort(reason);
    await this.#connections.destroy(reason);
  }

  #begin(request: ApiRequest, signal: AbortSignal | undefined, timeout: number | undefined): Deadline {
    if (this.#closed) throw this.#closedError();
    const deadline: Deadline = new Deadline(signal, timeout, () =>
      deadline.waits
        ? new ConnectionError(`no turn within ${timeout} ms: the client has too much to do (${where(request)})`, {
            sent: false,
          })
        : new ConnectionError(`${this.#connections.name} gave no answer within ${timeout} ms (${where(request)})`),
    );
    this.#running.add(deadline);
    return deadline;
  }

  #end(deadline: Deadline): void {
    deadline.release();
    this.#running.delete(deadline);
  }

  #closedError(): ConnectionError {
    return new ConnectionError(`the client for ${this.config.server} is closed`);
  }

  async #retrying<T>(request: ApiRequest, signal: AbortSignal, message: Traced, once: () => Promise<T>): Promise<T> {
    const giveUp = this.#timing.now() + RETRY_BUDGET;
    let renewed = false;
    for (let tries = 1; ; tries++) {
      try {
        return await once();
      } catch (error) {
        signal.throwIfAborted();
        if (!renewed && error instanceof ApiError && error.isUnauthorized) {
          renewed = true;
          if (await this.config.refresh(signal)) {
            tellRetry(message, error, tries, 0);
            continue;
          }
        }
        const delay = retryDelay(error, request.method, tries, this.#timing.random);
        if (delay === undefined || this.#timing.now() + delay > giveUp) throw error;
        tellRetry(message, error, tries, delay);
        await this.#timing.sleep(delay, signal).catch((interrupted) => {
          throw signal.aborted ? signal.reason : interrupted;
        });
      }
    }
  }

  /** One try: the answer if it is none of an error. */
  async #answer(request: ApiRequest, deadline: Deadline, message: Traced, upgrade?: string): Promise<StreamedResponse> {
    const { signal } = deadline;
    signal.throwIfAborted();
    await this.#turn("rate", this.#rate?.enter(signal), deadline, message);
    const credentials = await this.config.headers(signal);
    // Last, because nothing may fail between a lease and its exchange.
    const lease = await this.#connections.lease(signal);
    const response = unpacked(
      await exchange(
        lease,
        {
          origin: this.#origin,
          path: this.#prefix + request.path,
          method: request.method,
          headers: { ...message?.headers, ...this.#defaultHeaders(request), ...request.headers, ...credentials },
          body: request.body ?? null,
          upgrade: upgrade ?? null,
        },
        this.#connections.name,
        signal,
      ),
    );
    if (message !== undefined) message.status = response.status;
    // The API redirects nobody; a proxy that wants a log-in does.
    if (response.status < 300) return response;
    const retryAfter = parseRetryAfter(response.headers["retry-after"], this.#timing.now());
    throw apiError(request, response.status, await readText(response.body, LONGEST_ERROR_BODY), retryAfter);
  }

  /** @param turn undefined: there is nothing to wait for. */
  async #turn(
    reason: WaitMessage["reason"],
    turn: Promise<void> | undefined,
    deadline: Deadline,
    request: Traced,
  ): Promise<void> {
    if (turn === undefined) return;
    const began = performance.now();
    deadline.waits = true;
    try {
      await turn;
    } finally {
      deadline.waits = false;
      if (request) diagnostics.wait.publish({ request, reason, duration: performance.now() - began });
    }
  }

  #defaultHeaders(request: ApiRequest): Record<string, string> {
    const headers = { accept: "application/json", "user-agent": this.#userAgent };
    // The server packs only what is longer than 128 KiB, and a stream would come late for being packed.
    const packs = this.#gzip && request.method === "GET" && !/[?&](watch|follow)=/.test(request.path);
    return packs ? { ...headers, "accept-encoding": "gzip" } : headers;
  }
}

function tellRetry(request: Traced, error: unknown, tries: number, delay: number): void {
  if (request === undefined) return;
  request.retries++;
  diagnostics.retry.publish({ request, tries, delay, error: failureOf(error) });
}

function parsed<T>(text: string, request: ApiRequest): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    // The parser's message quotes the text, which may be a Secret's.
    throw new DecodeError(`the answer, ${text.length} characters, is not JSON (${where(request)})`);
  }
}

function where(request: ApiRequest): string {
  return `${request.method} ${request.path.split("?", 1)[0]}`;
}
