import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as cel from "./index.ts";

test("the README's example prints what it says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = /```js\nimport \{(.*?)\} from "@kubecast\/cel";\n(.*?)```/s.exec(readme);
  const code = example?.[2] ?? "";
  const expected = Array.from(code.matchAll(/console\.log\(.*\); \/\/ (.*)/g), ([, printed]) => printed);
  const printed: string[] = [];
  const log = (...values: unknown[]) => printed.push(values.map((value) => JSON.stringify(value)).join(" "));
  new Function("cel", "console", `const {${example?.[1]}} = cel;\n${code}`)(cel, { log });
  expect(expected).toHaveLength(6);
  expect(printed).toEqual(expected);
});
