import { type CelAnswer, type CelOracle, startCelOracle } from "@kubecast/testbed";
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "../compile.ts";
import { structsOfSchema } from "../kubernetes/schema.ts";
import { examples } from "../library/kubernetes/examples.test.helper.ts";
import { podSchema, pods } from "./pods.test.helper.ts";
import { rules } from "./rules.test.helper.ts";
import { ours } from "./written.test.helper.ts";

const oracle = await startCelOracle();
if (typeof oracle === "string") process.stderr.write(`${oracle}\n`);
afterAll(async () => {
  if (typeof oracle !== "string") await oracle[Symbol.asyncDispose]();
});

interface Compared {
  /** Undefined where both give the same, or both an error. */
  readonly difference?: string | undefined;
  readonly hasValue: boolean;
}

async function compared(expression: string, object: unknown, isTyped: boolean): Promise<Compared> {
  const question = { expression, variables: { object } };
  const typed = { ...question, schema: podSchema, types: { object: "object" } } as const;
  const theirs = await (oracle as CelOracle).ask(isTyped ? typed : question);
  const mine = ours(expression, { object }, isTyped ? types : undefined);
  const hasValue = "value" in mine;
  // A constant that has no value: there the whole expression is refused, here only where it is reached.
  if (theirs.error === "plan") return { hasValue };
  if (!hasValue && theirs.error !== undefined) return { hasValue };
  const [a, b] = [hasValue ? JSON.stringify(mine.value) : mine.error, told(theirs)];
  return { hasValue, difference: a === b ? undefined : `${expression}\n  here: ${a}\n  Kubernetes: ${b}` };
}

const told = ({ value, message }: CelAnswer): string => (value === undefined ? (message ?? "") : JSON.stringify(value));

const { type, structs } = structsOfSchema(podSchema, { name: "Pod", resource: false });
const types = { variables: { object: type }, structs };

async function all(expressions: readonly string[], objects: readonly unknown[], isTyped = false) {
  const answers = await Promise.all(
    expressions.flatMap((expression) => objects.map((object) => compared(expression, object, isTyped))),
  );
  return {
    differences: [...new Set(answers.map(({ difference }) => difference).filter((each) => each !== undefined))],
    values: answers.filter(({ hasValue }) => hasValue).length,
  };
}

/** What differs, and is meant to. */
const differing: readonly { expression: string; here: unknown; theirs: unknown; why: string }[] = [
  {
    expression: "false && quantity('12 apples') == quantity('1')",
    here: 'not a quantity, such as "1.5Gi"',
    theirs: ["bool", false],
    why: "a text that is written out is checked here, reached or not",
  },
  {
    expression: "[].all(x, int(1e300) > 0)",
    here: ["bool", true],
    theirs: "integer overflow",
    why: "constants are evaluated there, reached or not",
  },
  {
    expression: "[1, dyn(2)]",
    here: [
      "list",
      [
        ["int", "1"],
        ["int", "2"],
      ],
    ],
    theirs: expect.stringContaining("expected type 'int' but found 'dyn'"),
    why: "the elements of a literal must be of one type there, as the specification does not ask",
  },
  {
    expression: "'%.1f'.format([1234.5])",
    here: ["string", "1234.5"],
    theirs: ["string", "1,234.5"],
    why: "the strings extension is at version 2 there, which groups digits, against what the specification's tests say",
  },
  {
    expression: "quantity('1') == quantity('1').add(0)",
    here: ["bool", true],
    theirs: "no such overload",
    why: "a sum on the right side of == is not taken for a quantity",
  },
  {
    expression: "[1 / 0] in []",
    here: expect.stringContaining("division by zero"),
    theirs: ["bool", false],
    why: "nothing is in an empty list, whatever it is",
  },
  {
    expression: "(dyn(['b', 'a']) + []).isSorted()",
    here: ["bool", false],
    theirs: expect.stringContaining("no such overload: isSorted(list)"),
    why: "dynamic lists have no isSorted",
  },
];

describe.skipIf(typeof oracle === "string")("Kubernetes' own CEL", () => {
  for (const [library, table] of Object.entries(examples)) {
    test(`gives the same for ${library}`, async () => {
      const expressions = table.map(([expression]) => expression);
      expect((await all(expressions, [null])).differences).toEqual([]);
    });
  }

  test("counts the same cost for each function", async () => {
    const expressions = Object.values(examples).flatMap((table) => table.map(([expression]) => expression));
    const differing: string[] = [];
    for (const expression of expressions) {
      const { cost, error } = await (oracle as CelOracle).ask({ expression });
      if (error !== undefined) continue;
      const here = compile(expression, { variables: {} }).explain({}).cost;
      if (here !== cost) differing.push(`${expression}: ${here}, and there ${cost}`);
    }
    // There orValue is not counted: it is no function at run time.
    expect(differing).toEqual(["[1, 2][?5].orValue(7): 2, and there 1"]);
  });

  test.each(differing)("gives $theirs for $expression, where $why", async ({ expression, here, theirs }) => {
    const mine = ours(expression);
    const { value, message } = await (oracle as CelOracle).ask({ expression });
    expect("error" in mine ? mine.error : mine.value).toEqual(here);
    expect(value ?? message).toEqual(theirs);
  });

  test.each([
    { what: "dynamic", isTyped: false, seed: 1 },
    { what: "typed", isTyped: true, seed: 2 },
  ])("gives the same for 500 rules over $what Pods", async ({ isTyped, seed }) => {
    const { differences, values } = await all(rules(500, seed), pods, isTyped);
    expect(differences).toEqual([]);
    // The rest are errors on both sides, such as fields that are absent.
    expect(values).toBeGreaterThan(800);
  });
});
