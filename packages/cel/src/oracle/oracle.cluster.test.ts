import { type CelAnswer, type CelOracle, startCelOracle } from "@kubecast/testbed";
import { afterAll, describe, expect, test } from "vitest";
import { examples } from "../library/kubernetes/examples.test.helper.ts";
import { pods } from "./pods.test.helper.ts";
import { rules } from "./rules.test.helper.ts";
import { ours } from "./written.test.helper.ts";

const oracle = await startCelOracle();
if (typeof oracle === "string") process.stderr.write(`${oracle}\n`);
afterAll(async () => {
  if (typeof oracle !== "string") await oracle[Symbol.asyncDispose]();
});

/** Undefined where both give the same, or both an error. */
async function difference(
  expression: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const theirs = await (oracle as CelOracle).ask({ expression, variables });
  const mine = ours(expression, variables);
  // A constant that has no value: there the whole expression is refused, here only where it is reached.
  if (theirs.error === "plan") return undefined;
  if ("error" in mine && theirs.error !== undefined) return undefined;
  const [a, b] = ["error" in mine ? mine.error : JSON.stringify(mine.value), told(theirs)];
  return a === b ? undefined : `${expression}\n  here: ${a}\n  Kubernetes: ${b}`;
}

const told = ({ value, message }: CelAnswer): string => (value === undefined ? (message ?? "") : JSON.stringify(value));

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

async function differences(expressions: readonly string[], objects: readonly unknown[]): Promise<string[]> {
  const all = expressions.flatMap((expression) => objects.map((object) => difference(expression, { object })));
  return [...new Set((await Promise.all(all)).filter((each) => each !== undefined))];
}

describe.skipIf(typeof oracle === "string")("Kubernetes' own CEL", () => {
  for (const [library, table] of Object.entries(examples)) {
    test(`gives the same for ${library}`, async () => {
      expect(
        await differences(
          table.map(([expression]) => expression),
          [null],
        ),
      ).toEqual([]);
    });
  }

  test.each(differing)("gives $theirs for $expression, where $why", async ({ expression, here, theirs }) => {
    const mine = ours(expression);
    const { value, message } = await (oracle as CelOracle).ask({ expression });
    expect("error" in mine ? mine.error : mine.value).toEqual(here);
    expect(value ?? message).toEqual(theirs);
  });

  test("gives the same for 500 rules over Pods", async () => {
    expect(await differences(rules(500, 1), pods)).toEqual([]);
  });
});
