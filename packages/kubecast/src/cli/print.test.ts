import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import type { ConditionData, ConditionEvent } from "../conditions/event.ts";
import { Printer } from "./print.ts";

function event(data: Partial<ConditionData>): ConditionEvent {
  return {
    time: "2026-11-22T18:45:52.000Z",
    data: {
      rule: "PodCrashLoopBackOff",
      status: "firing",
      severity: "critical",
      object: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web-x2k9p", uid: "1", resourceVersion: "1" },
      element: null,
      startsAt: "2026-11-22T18:45:21.000Z",
      endsAt: null,
      reason: null,
      summary: "pod web-x2k9p is ill",
      ...data,
    },
  } as ConditionEvent;
}
const plain = new Printer({ isTTY: false });
/** Without the time, which is the reader's own. */
const line = (data: Partial<ConditionData>) => plain.message(event(data)).slice("18:45:52 ".length);

it("says nothing twice on a line", () => {
  const columns = "FIRING   critical PodCrashLoopBackOff     shop/web-x2k9p";
  expect(line({})).toBe(`${columns.padEnd(76)} is ill`);
  expect(line({ element: "api", summary: "container api keeps crashing" })).toBe(
    `${columns.padEnd(76)} container api keeps crashing`,
  );
  expect(line({ element: "api", summary: "it keeps crashing" })).toBe(
    `${`${columns}/api`.padEnd(76)} it keeps crashing`,
  );
});

it("says why a condition ended and how long it lasted", () => {
  const ended = (endsAt: string) =>
    line({ status: "resolved", reason: "deleted", endsAt, element: "api" }).replace(/ +/g, " ");
  const place = "RESOLVED critical PodCrashLoopBackOff shop/web-x2k9p/api";
  expect(ended("2026-11-22T18:45:25.249Z")).toBe(`${place} deleted after 4.2s`);
  expect(ended("2026-11-22T18:45:30.990Z")).toBe(`${place} deleted after 10s`);
  expect(ended("2026-11-22T19:55:52.400Z")).toBe(`${place} deleted after 1h10m31s`);
});

it("names an object without a namespace by its name alone", () => {
  const object = { apiVersion: "v1", kind: "Node", name: "edge-1", uid: "1", resourceVersion: "1" };
  expect(line({ object, summary: "node edge-1 is not ready" })).toMatch(/PodCrashLoopBackOff {5}edge-1 +is not ready$/);
});

it("colours on a terminal only, and not where NO_COLOR is set", () => {
  const coloured = new Printer({ isTTY: true }, {}).message(event({}));
  expect(coloured).not.toBe(plain.message(event({})));
  expect(stripVTControlCharacters(coloured)).toBe(plain.message(event({})));
  expect(new Printer({ isTTY: true }, { NO_COLOR: "1" }).message(event({}))).toBe(plain.message(event({})));
});

it("lets nobody begin a line of their own or command the terminal", () => {
  const evil = "x\n02:00:00 FIRING   critical NodeNotReady\r\u001b[31m\u2028end";
  const printed = plain.message(event({ summary: evil, element: "a\nb", rule: "R\u001b[2J" }));
  expect(printed).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
});
