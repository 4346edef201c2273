import type { Status } from "../resource/object.ts";
import { ApiError } from "./errors.ts";
import type { ApiRequest } from "./transport.ts";

const LONGEST_TEXT = 200;

/** True for the API's answer about an operation, where an object could have come as well. */
export function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "Status";
}

/**
 * The error that an answer of 400 or more stands for.
 * @param body a Status as JSON or, from a proxy or load balancer, any text.
 */
export function apiError(
  request: ApiRequest,
  code: number,
  body: string,
  retryAfterSeconds: number | undefined,
): ApiError {
  const path = request.path.split("?", 1)[0] ?? "";
  return new ApiError(parseStatus(body, code), { code, retryAfterSeconds, method: request.method, path });
}

function parseStatus(body: string, code: number): Status {
  try {
    const parsed: unknown = JSON.parse(body);
    if (isStatus(parsed)) return parsed;
  } catch {
    // Not from the API itself; its text is the best there is.
  }
  const text = body.replace(/\s+/g, " ").trim();
  const message = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return { kind: "Status", status: "Failure", code, ...(message === "" ? {} : { message }) };
}
