import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

test("what the environment says, and what holds where it says nothing", () => {
  expect(readSettings({})).toEqual({ port: 8080, level: "info" });
  expect(readSettings({ PORT: "0", LOG_LEVEL: "silent" })).toEqual({ port: 0, level: "silent" });
});

test.each([[""], ["http"], ["-1"], ["65536"], ["80.5"]])("refuses the port %j", (PORT) => {
  expect(() => readSettings({ PORT })).toThrow(`PORT must be 0 to 65535, not ${PORT}`);
});

test("refuses a log level that there is not", () => {
  expect(() => readSettings({ LOG_LEVEL: "loud" })).toThrow(/^LOG_LEVEL must be one of .*debug.*, not loud$/);
});
