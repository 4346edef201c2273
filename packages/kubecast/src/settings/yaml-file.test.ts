import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Document, Scalar } from "yaml";
import { formatMistake, YamlFile } from "./yaml-file.ts";

const words = fc.array(
  fc.oneof(
    fc.constantFrom("a", "&&", '"x"', "'y'", "\\d", "é", "\n", "\n\n", "  ", "it's", '\\"', "\t", "#", "{", "}"),
    fc.string({ minLength: 1, maxLength: 8 }),
  ),
  { minLength: 1, maxLength: 40 },
);
const styles = [
  Scalar.PLAIN,
  Scalar.QUOTE_DOUBLE,
  Scalar.QUOTE_SINGLE,
  Scalar.BLOCK_FOLDED,
  Scalar.BLOCK_LITERAL,
] as const;

describe("a YAML file", () => {
  it("knows where each character of a text stands, however it is written", () => {
    fc.assert(
      fc.property(words, fc.constantFrom(...styles), fc.nat(), (parts, style, pick) => {
        const scalar = new Scalar(parts.join(" "));
        scalar.type = style;
        const text = new Document({ above: 1, list: [{ when: scalar }] }).toString({ lineWidth: 30 });
        const file = new YamlFile("f", text);
        expect(file.mistakes).toEqual([]);
        // Not all white space is read as it was written.
        const value = (file.value as { list: [{ when: string }] }).list[0].when;
        const index = pick % value.length;
        // An escape such as \x07 stands for one character and begins with another.
        fc.pre(/[!-~é]/.test(value.charAt(index)));
        const before = value.slice(0, index).split("\n");
        const { line, column } = file.mistakeWithin(["list", 0, "when"], {
          line: before.length,
          column: before.at(-1)!.length + 1,
          message: "here",
        });
        const escaped = text.includes('when: "');
        const there = text
          .split("\n")
          [line - 1]!.slice(column - 1)
          .replace(escaped ? /^\\(?=["\\])/ : "", "");
        expect(there.charAt(0)).toBe(value.charAt(index));
      }),
      { numRuns: 2_000 },
    );
  });

  it("names a mistake as editors do", () => {
    const file = new YamlFile("rules.yaml", "a:\n  b: 1\n");
    expect(formatMistake(file.mistake(["a", "b"], "no"))).toBe("rules.yaml:2:6: no");
    expect(formatMistake(file.mistake(["a", "c", 0], "no"))).toBe("rules.yaml:2:3: no");
    expect(formatMistake(file.mistakeAtKey(["a"], "b", "no"))).toBe("rules.yaml:2:3: no");
    expect(formatMistake(file.mistakeAtKey(["a"], "z", "no"))).toBe("rules.yaml:2:3: no");
  });

  it("has a place for a mistake in nothing", () => {
    expect(formatMistake(new YamlFile("f", "").mistake([], "no"))).toBe("f:1:1: no");
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."a:-[]{}&*!|>'\"%@`#,?\n\t ") }), (text) => {
        for (const { line, column } of new YamlFile("f", text).mistakes) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(text.split("\n").length);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
