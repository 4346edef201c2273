import { tests as checking } from "@bufbuild/cel-spec/testdata/checking.js";
import { tests as comprehension } from "@bufbuild/cel-spec/testdata/comprehension.js";
import { tests as conformance } from "@bufbuild/cel-spec/testdata/conformance.js";
import { tests as parsing } from "@bufbuild/cel-spec/testdata/parsing.js";

/** One of the suite's tests, in protobuf's JSON. */
export interface Case {
  /** The file of cel-spec's simple tests, or the suite of cel-go's. */
  readonly file: string;
  /** Section and name. */
  readonly name: string;
  readonly test: {
    readonly expr: string;
    readonly container?: string;
    readonly typeEnv?: readonly Declaration[];
    readonly bindings?: Readonly<Record<string, { readonly value: TestValue }>>;
    readonly disableCheck?: boolean;
    readonly checkOnly?: boolean;
    readonly value?: TestValue;
    readonly evalError?: object;
    readonly typedResult?: { readonly result?: TestValue; readonly deducedType?: TypeMessage };
  };
  /** The trees and the type that cel-go prints; none where it refuses the expression. */
  readonly ast?: string;
  readonly checkedAst?: string;
  readonly type?: string;
  readonly error?: string | undefined;
}

/** A value by its type: `{ int64Value: "1" }`. */
export type TestValue = Readonly<Record<string, unknown>>;
export type TypeMessage = Readonly<Record<string, unknown>>;

export interface Declaration {
  readonly name: string;
  readonly ident?: { readonly type: TypeMessage };
  readonly function?: {
    readonly overloads: readonly {
      readonly params?: readonly TypeMessage[];
      readonly resultType: TypeMessage;
      readonly isInstanceFunction?: boolean;
    }[];
  };
}

interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[];
  readonly tests?: readonly (Omit<Case, "file" | "name" | "test"> & {
    readonly original: Case["test"] & { name?: string };
  })[];
}

/** All tests of the suite, in its order. */
export function allCases(): Case[] {
  const suites = [...((conformance as Suite).suites ?? []), parsing, checking, comprehension] as readonly Suite[];
  return suites.flatMap((suite) => casesOf(suite, suite.name, []));
}

function casesOf({ suites = [], tests = [] }: Suite, file: string, sections: readonly string[]): Case[] {
  return [
    ...suites.flatMap((suite) => casesOf(suite, file, [...sections, suite.name])),
    ...tests.map(({ original, ...rest }) => ({
      ...rest,
      ...(file === "checking" ? withOptionals.get(original.expr) : undefined),
      file,
      name: [...sections, original.name ?? original.expr].join("/"),
      test: original,
    })),
  ];
}

/**
 * What cel-go's tests of its checker want of optional syntax, without which it was asked for the
 * data: the type, or none where it refuses the expression.
 */
const withOptionals: ReadonlyMap<string, Pick<Case, "type" | "error">> = new Map([
  ["a.?b", accepted("optional_type(string)")],
  ["type(a.?b) == optional_type", accepted("bool")],
  ["has(a.?b.c)", accepted("bool")],
  ["{?'key': {'a': 'b'}.?value}", accepted("map(string, string)")],
  ["{?'key': {'a': 'b'}.?value}.key", accepted("string")],
  ["{?'nested': a.b}", accepted("map(string, string)")],
  ["[?a, ?b, 'world']", accepted("list(string)")],
  ["TestAllTypes{?single_int32: {}.?i}", accepted("google.expr.proto2.test.TestAllTypes")],
  ["{?'key': 'hi'}", { error: "expected type 'optional_type(string)' but found 'string'" }],
  ["[?'value']", { error: "expected type 'optional_type(string)' but found 'string'" }],
  ["TestAllTypes{?single_int32: 1}", { error: "expected type 'optional_type(int)' but found 'int'" }],
]);

function accepted(type: string): Pick<Case, "type" | "error"> {
  return { type, error: undefined };
}
