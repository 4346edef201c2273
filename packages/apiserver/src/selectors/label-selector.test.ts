import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StatusError } from "../api/status-error.ts";
import { parseLabelSelector } from "./label-selector.ts";

describe("a label selector", () => {
  const labels = { app: "web", tier: "front", empty: "", replicas: "10" };

  test.each([
    ["", true],
    ["app", true],
    ["!app", false],
    ["missing", false],
    ["!missing", true],
    ["app=web", true],
    ["app==web", true],
    ["app != web", false],
    ["missing!=x", true],
    ["app=web,tier=back", false],
    ["app=web , tier = front", true],
    ["app in (web, api)", true],
    ["app in(api)", false],
    ["app notin (web)", false],
    ["missing notin (web)", true],
    ["missing in (web)", false],
    ["empty=", true],
    ["empty", true],
    ["missing=", false],
    ["empty in (,x)", true],
    ["empty in ()", true],
    ["app in ()", false],
    ["replicas > 9", true],
    ["replicas<9", false],
    ["app>1", false],
    ["missing<1", false],
    ["in in (in)", false],
    ["example.com/app!=web", true],
  ])("%j", (text, expected) => {
    expect(parseLabelSelector(text)(labels)).toBe(expected);
  });

  test("does not take what every object inherits for a label", () => {
    expect(parseLabelSelector("toString")({})).toBe(false);
    expect(parseLabelSelector("!toString")({})).toBe(true);
  });

  test.each([
    ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["!!a", "unable to parse requirement: found '!', expected: identifier"],
    ["a=b c", "found 'c', expected: ',' or 'end of string'"],
    ["a,", "found '', expected: identifier after ','"],
    [",a", "unable to parse requirement: found ',', expected: identifier"],
    ["a ? b", "unable to parse requirement: found '?', expected: in, notin, =, ==, !=, >, <"],
    ["a in b", "unable to parse requirement: found 'b', expected: '('"],
    ["a>b", "for '>' and '<' the value must be an integer, found 'b'"],
    ["-a", "unable to parse requirement: '-a' is not a label key"],
    ["a=b_", "unable to parse requirement: 'b_' is not a label value"],
  ])("%j is refused: %s", (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(message);
  });

  const key = fc.constantFrom("a", "b", "c", "example.com/d");
  const value = fc.constantFrom("x", "y", "z", "");
  const values = fc.uniqueArray(value, { minLength: 1, maxLength: 3 });
  type Labels = Record<string, string>;
  /** A requirement's text, beside an independent statement of what it means. */
  const requirement = fc.oneof(
    fc.tuple(key, value).map(([k, v]) => ({ text: `${k}=${v}`, holds: (l: Labels) => l[k] === v })),
    fc.tuple(key, value).map(([k, v]) => ({ text: `${k} != ${v}`, holds: (l: Labels) => l[k] !== v })),
    key.map((k) => ({ text: k, holds: (l: Labels) => k in l })),
    key.map((k) => ({ text: `!${k}`, holds: (l: Labels) => !(k in l) })),
    fc.tuple(key, values).map(([k, vs]) => ({
      text: `${k} in (${vs.join(",")})`,
      holds: (l: Labels) => vs.some((v) => l[k] === v),
    })),
    fc.tuple(key, values).map(([k, vs]) => ({
      text: `${k} notin (${vs.join(" , ")})`,
      holds: (l: Labels) => vs.every((v) => l[k] !== v),
    })),
  );

  test("holds when all its requirements do", () => {
    fc.assert(
      fc.property(fc.array(requirement, { minLength: 1 }), fc.dictionary(key, value), (requirements, given) => {
        const matches = parseLabelSelector(requirements.map(({ text }) => text).join(","));
        expect(matches(given)).toBe(requirements.every(({ holds }) => holds(given)));
      }),
    );
  });

  test("is parsed or refused with a 400, whatever it is", () => {
    const noise = fc.stringMatching(/^[ab=!<>(),\s]*(in|notin)?[ab=!<>(),\s]*$/);
    fc.assert(
      fc.property(fc.oneof(noise, fc.string()), (text) => {
        try {
          expect(parseLabelSelector(text)(labels)).toBeTypeOf("boolean");
        } catch (error) {
          expect(error).toBeInstanceOf(StatusError);
          expect(error).toMatchObject({ code: 400 });
        }
      }),
    );
  });
});
