import type { Status, StatusCause } from "../resource/object.ts";

export { DecodeError } from "../wire/errors.ts";

/** The API answered with an error; `status` is what it said. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The whole answer. Made up from the HTTP status where the answer was no Status. */
  readonly status: Status;
  /** The HTTP status. */
  readonly code: number;
  /** One word, such as `NotFound`; empty where the answer has none. */
  readonly reason: string;
  /** Seconds the server asks to wait, from Retry-After or the status' details. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: Status,
    options: { code: number; retryAfterSeconds?: number | undefined; method?: string; path?: string },
  ) {
    const where = options.method === undefined ? "" : ` (${options.method} ${options.path})`;
    // Only the cause says which budget it is, and what it would take.
    const budget = disruptionBudget(status)?.message;
    const what = status.message || status.reason || `HTTP ${options.code}`;
    super(`${what}${budget === undefined ? "" : ` ${budget}`}${where}`);
    this.status = status;
    this.code = options.code;
    this.reason = status.reason ?? "";
    this.retryAfterSeconds = options.retryAfterSeconds ?? status.details?.retryAfterSeconds;
  }

  /** 404: no such object, or no such resource. */
  get isNotFound(): boolean {
    return this.code === 404;
  }
  /** 409: somebody else changed the object first, or owns a field that is applied. Not `isAlreadyExists`. */
  get isConflict(): boolean {
    return this.code === 409 && this.reason !== "AlreadyExists";
  }
  /** 409: there is an object of this name. */
  get isAlreadyExists(): boolean {
    return this.code === 409 && this.reason === "AlreadyExists";
  }
  /** The resourceVersion or continue token is too old: list again. */
  get isGone(): boolean {
    return this.code === 410;
  }
  /** 401: the server does not know who asks, even after credentials were renewed. */
  get isUnauthorized(): boolean {
    return this.code === 401;
  }
  /** 403: the user may not do this; the message names what RBAC would have to allow. */
  get isForbidden(): boolean {
    return this.code === 403;
  }
  /** 429: the server has too much to do, or `isDisruptionBudget`. */
  get isTooManyRequests(): boolean {
    return this.code === 429;
  }
  /** 422: `status.details.causes` say which fields are wrong. */
  get isInvalid(): boolean {
    return this.code === 422;
  }
  /** An eviction that a PodDisruptionBudget does not allow for now. */
  get isDisruptionBudget(): boolean {
    return this.isTooManyRequests && disruptionBudget(this.status) !== undefined;
  }
}

function disruptionBudget(status: Status): StatusCause | undefined {
  return status.details?.causes?.find(({ reason }) => reason === "DisruptionBudget");
}

/** No answer came: refused, reset, timed out, or a certificate that does not verify. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  /** Whether the request may have reached the server, and so may have been carried out. */
  readonly sent: boolean;

  constructor(message: string, options: { cause?: unknown; sent?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.sent = options.sent ?? true;
  }
}
