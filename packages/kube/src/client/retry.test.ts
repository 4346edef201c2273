import { describe, expect, test } from "vitest";
import { ApiError, ConnectionError, DecodeError } from "./errors.ts";
import { parseRetryAfter, retryDelay } from "./retry.ts";

describe("what is repeated", () => {
  const api = (code: number) => new ApiError({}, { code });
  const budget = (seconds: object) =>
    new ApiError({ details: { causes: [{ reason: "DisruptionBudget" }], ...seconds } }, { code: 429 });
  const connection = (code: string, sent: boolean) => new ConnectionError("", { cause: { code }, sent });

  test.each([
    ["429", api(429), true, true],
    ["a disruption budget", budget({}), false, false],
    ["a disruption budget that is being worked on", budget({ retryAfterSeconds: 10 }), true, true],
    ["503", api(503), true, false],
    ["504", api(504), true, false],
    ["500", api(500), false, false],
    ["409", api(409), false, false],
    ["410", api(410), false, false],
    ["refused", connection("ECONNREFUSED", false), true, true],
    ["cut before it was sent", connection("ECONNRESET", false), true, true],
    ["cut after it was sent", connection("UND_ERR_SOCKET", true), true, false],
    ["a wrong certificate", connection("CERT_HAS_EXPIRED", false), false, false],
    ["a wrong name", connection("ENOTFOUND", false), false, false],
    ["a timeout of the request", new ConnectionError("too late"), false, false],
    ["nonsense", new DecodeError(), false, false],
  ])("%s", (_, error, get, post) => {
    const repeated = (method: string) => retryDelay(error, method, 1, () => 0) !== undefined;
    expect({ get: repeated("GET"), post: repeated("POST") }).toEqual({ get, post });
  });

  test("the Status may say when", () => {
    const error = new ApiError({ details: { retryAfterSeconds: 3 } }, { code: 429 });
    expect(retryDelay(error, "POST", 1, () => 0.5)).toBe(3050);
  });
});

test("an eviction that a budget is against says which one, and what it would take", () => {
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  const cause = { reason: "DisruptionBudget", message: "The disruption budget web needs 2 healthy pods and has 2" };
  const options = { code: 429, method: "POST", path: "/eviction" };
  const refused = new ApiError({ message, details: { causes: [cause] } }, options);
  expect(refused.message).toBe(`${message} ${cause.message} (POST /eviction)`);
  expect(refused).toMatchObject({ isTooManyRequests: true, isDisruptionBudget: true });
  expect(new ApiError({ message }, options)).toMatchObject({ isTooManyRequests: true, isDisruptionBudget: false });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");

  test.each([
    ["3", 3],
    [["5", "7"], 5],
    [" 0 ", 0],
    ["Sun, 22 Nov 2026 12:01:30 GMT", 90],
    ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    ["", undefined],
    ["-1", undefined],
    [undefined, undefined],
  ])("%j is %s seconds", (value, seconds) => {
    expect(parseRetryAfter(value, now)).toBe(seconds);
  });
});
