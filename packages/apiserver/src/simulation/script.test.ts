import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseNodeScript, parsePodScript } from "./script.ts";

const never = Number.POSITIVE_INFINITY;

describe("a Pod's script", () => {
  test("is a behaviour with its options, durations in milliseconds", () => {
    expect(
      parsePodScript("crash-loop; begin-after=1m30s; run-for=500ms;recover-after = 2m ; container=proxy;"),
    ).toMatchObject({
      behaviour: "crash-loop",
      beginAfter: 90_000,
      runFor: 500,
      recoverAfter: 120_000,
      repeatAfter: never,
      exitCode: 1,
      container: "proxy",
    });
  });

  test("has the behaviour's defaults", () => {
    expect(parsePodScript("oom-killed")).toMatchObject({ beginAfter: 10_000, recoverAfter: 0, exitCode: 137 });
    expect(parsePodScript("image-pull-failed")).toMatchObject({ beginAfter: 0, recoverAfter: never });
    expect(parsePodScript("config-error").missing).toBe("secret/app-config");
    expect(parsePodScript("completed; begin-after=3s")).toMatchObject({ runFor: 3000, exitCode: 0 });
    expect(parsePodScript("healthy")).not.toHaveProperty("container");
  });

  test.each([
    ["crashloop", 'no behaviour is called "crashloop" (there are healthy, crash-loop, oom-killed, '],
    ["", 'no behaviour is called ""'],
    ["toString", 'no behaviour is called "toString"'],
    ["evicted; recover-after=5s", 'evicted has no option "recover-after" (it takes begin-after)'],
    ["healthy; begin-after=5s", 'healthy has no option "begin-after" (it takes no options)'],
    ["crash-loop; recover-after=20", 'recover-after: "20" is not a duration such as 500ms, 20s or 1m30s'],
    ["crash-loop; recover-after", "recover-after has no value"],
    ["crash-loop; exit-code=256", 'exit-code: "256" is not a number from 0 to 255'],
    ["crash-loop; repeat-after=10ms", 'repeat-after: "10ms" is less than 1s'],
    ["config-error; missing=pvc/x", 'missing: "pvc/x" is not secret/<name> or configmap/<name>'],
  ])("%j is refused with the reason", (text, message) => {
    expect(() => parsePodScript(text)).toThrow(message);
  });
});

test("a Node's script has behaviours of its own", () => {
  expect(parseNodeScript("lost; begin-after=5s; recover-after=never")).toEqual({
    behaviour: "lost",
    beginAfter: 5000,
    recoverAfter: never,
    repeatAfter: never,
  });
  expect(() => parseNodeScript("evicted")).toThrow(
    'no behaviour is called "evicted" (there are healthy, lost, not-ready)',
  );
});

describe("the README", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [, pods = "", nodes = ""] = /A Pod's behaviours.*?\n\n(.*?)\n\nA Node's.*?\n\n(.*?)\n\n/s.exec(readme) ?? [];

  test.each([
    ["Pod", pods, parsePodScript],
    ["Node", nodes, parseNodeScript],
  ])(
    "lists the behaviours of a %s, and the options of each with their defaults",
    (_, table, parse: (text: string) => object) => {
      const rows = Array.from(table.matchAll(/^\| `(.*?)` \|.*\|(.*?)\|$/gm), ([, behaviour = "", cell = ""]) => ({
        behaviour,
        options: Array.from(cell.matchAll(/`(.*?)`/g), ([, option = ""]) => option),
      }));
      const behaviours = rows.map(({ behaviour }) => behaviour).join(", ");
      expect(() => parse("none such")).toThrow(`(there are ${behaviours})`);
      for (const { behaviour, options } of rows) {
        const names = options.map((option) => option.split("=", 1)).join(", ") || "no options";
        expect(() => parse(`${behaviour}; none=such`)).toThrow(`(it takes ${names})`);
        const defaults = options.filter((option) => option.includes("="));
        expect(parse([behaviour, ...defaults].join("; "))).toEqual(parse(behaviour));
      }
    },
  );
});
