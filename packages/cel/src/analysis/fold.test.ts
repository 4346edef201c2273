import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { compile } from "../index.ts";

const variables = { one: "int", two: "int", big: "int", half: "double", a: "string", b: "string", yes: "bool" };
const given = { one: 1, two: 2, big: 9007199254740991, half: 0.5, a: "a", b: "b.*", yes: true };
const written: Readonly<Record<string, string>> = {
  one: "1",
  two: "2",
  big: "9007199254740991",
  half: "0.5",
  a: "'a'",
  b: "'b.*'",
  yes: "true",
};
const names = Object.keys(written);

/** Any expression over the variables, most of which have no value. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const any = tie("expression");
  const operator = fc.constantFrom("+", "-", "*", "/", "%", "==", "<", "&&", "||", "in");
  return {
    expression: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(...names),
      fc.tuple(any, operator, any).map(([left, sign, right]) => `(${left} ${sign} ${right})`),
      fc.tuple(any, any, any).map((parts) => `(${parts.join(" ? ").replace(/ \? (?!.* \? )/, " : ")})`),
      fc.array(any, { maxLength: 3 }).map((elements) => `[${elements.join(", ")}]`),
      fc.tuple(any, any).map(([key, value]) => `{${key}: ${value}}`),
      fc.tuple(any, any).map(([list, body]) => `dyn(${list}).map(x, [x, ${body}])`),
      fc.tuple(any, any).map(([value, body]) => `cel.bind(x, ${value}, [x, ${body}])`),
      fc.tuple(any, any).map(([list, index]) => `dyn(${list})[${index}]`),
      any.map((value) => `size(dyn(${value}))`),
      any.map((value) => `string(dyn(${value}))`),
      any.map((value) => `duration(string(dyn(${value})) + 's')`),
      fc.tuple(any, any).map(([text, pattern]) => `dyn(${text}).matches(dyn(${pattern}))`),
    ),
  };
});

test("an expression of literals comes to what it does with variables in their place", () => {
  fc.assert(
    fc.property(expression, (source) => {
      const outcomes = [source, source.replace(/\w+/g, (name) => written[name] ?? name)].map((each) => {
        try {
          const outcome = compile(each, { variables }).tryEvaluate(given);
          // Places in the source differ.
          return outcome.ok ? outcome : { ...outcome, error: outcome.error.message.replace(/ \(at .*/, "") };
        } catch (error) {
          return (error as Error).name;
        }
      });
      // What is wrong in any case is refused sooner where it is written out.
      if (outcomes[1] !== "CelError") expect(outcomes[1]).toEqual(outcomes[0]);
    }),
    { numRuns: 2000 },
  );
});

describe("what is the same at each evaluation", () => {
  it.each([
    ["1 + 1", 1],
    ["[1] + [2]", 1],
    ["'abc'.size() + one", 3],
    ["lists.range(5).exists(x, x == one)", 34],
    ["one in [1, 2].map(x, x * 2)", 32],
  ])("costs as much as if it were evaluated each time: %s", (source, cost) => {
    expect(compile(source, { variables }).explain(given).cost).toBe(cost);
  });

  it("fails when it is evaluated, and only if it matters", () => {
    const program = compile("yes || 1 / 0 > 1", { variables });
    expect(program.evaluate({ yes: true })).toBe(true);
    expect(() => program.evaluate({ yes: false })).toThrow("at 1:10");
  });

  it("cannot be changed from one evaluation to the next", () => {
    const program = compile("[[1], [2 + 3]]", { variables });
    const first = program.evaluate({}) as number[][];
    expect(() => first[1]?.push(1)).toThrow(TypeError);
    expect(program.evaluate({})).toEqual([[1], [5]]);
  });

  it("is left for its time where it is large", () => {
    const start = performance.now();
    const source = Array.from({ length: 50 }, () => "lists.range(900000).size()").join(" + ");
    const program = compile(source, { variables });
    expect(performance.now() - start).toBeLessThan(500);
    expect(program.tryEvaluate({})).toMatchObject({ ok: false, error: { overBudget: true } });
  });
});
