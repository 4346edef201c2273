import {
  type CelInput,
  celEnv,
  celUint,
  isCelError,
  isCelList,
  isCelMap,
  isCelType,
  isCelUint,
  parse as parseTheirs,
  plan,
} from "@bufbuild/cel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate } from "../conformance/evaluate.ts";
import { compile } from "./compile.ts";
import { bindings, expression, variableTypes } from "./expression.test.helper.ts";
import { parse } from "./syntax/parser.ts";
import { formatType } from "./types/type.ts";
import { entriesOf, isMap } from "./values/map.ts";
import { Duration, Timestamp } from "./values/time.ts";
import { Double, Failure, TypeValue, Uint, type Value } from "./values/value.ts";

const theirs = celEnv();
const environment = { variables: variableTypes };

/** As the other engine wants it: its ints are bigints, its doubles numbers. */
function given(value: Value): CelInput {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (value instanceof Double) return value.$value;
  if (value instanceof Uint) return celUint(value.$value);
  if (Array.isArray(value)) return value.map(given);
  if (isMap(value)) return new Map(Array.from(entriesOf(value), ([key, each]) => [key as string, given(each)]));
  return value as CelInput;
}

/** A value with its type, as text. */
function ours(value: Value): unknown {
  if (value instanceof Failure) return "error";
  if (typeof value === "bigint") return `int ${value}`;
  if (typeof value === "number") return Number.isSafeInteger(value) ? `int ${value}` : `double ${value}`;
  if (value instanceof Double) return `double ${value.$value}`;
  if (value instanceof Uint) return `uint ${value.$value}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (value instanceof Timestamp) return `timestamp ${value.$seconds} ${value.$nanos}`;
  if (value instanceof Duration) return `duration ${BigInt(value.$seconds) * 1_000_000_000n + BigInt(value.$nanos)}`;
  if (value instanceof TypeValue) return `type ${formatType(value.$of)}`;
  if (Array.isArray(value)) return value.map(ours);
  if (isMap(value)) return sorted(Array.from(entriesOf(value), ([key, each]) => [ours(key), ours(each)]));
  return value;
}

function other(value: unknown): unknown {
  if (isCelError(value)) return "error";
  if (typeof value === "bigint") return `int ${value}`;
  if (typeof value === "number") return `double ${value}`;
  if (isCelUint(value)) return `uint ${value.value}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (isCelType(value)) return `type ${value.name}`;
  if (isCelList(value)) return Array.from(value, other);
  if (isCelMap(value)) return sorted(Array.from(value, ([key, each]) => [other(key), other(each)]));
  if (typeof value === "object" && value !== null && "message" in value) {
    const { $typeName, seconds, nanos } = value.message as { $typeName: string; seconds: bigint; nanos: number };
    if ($typeName === "google.protobuf.Duration") return `duration ${seconds * 1_000_000_000n + BigInt(nanos)}`;
    return `timestamp ${seconds} ${nanos}`;
  }
  return value;
}

const sorted = (entries: unknown[][]): unknown[][] => entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));

test("random expressions have the value that @bufbuild/cel gives them", () => {
  fc.assert(
    fc.property(expression, bindings, (source, variables) => {
      const program = compile(source, environment);
      const value = evaluate(parse(source), environment, Object.keys(variableTypes), variables);
      // What users call agrees, error for error.
      expect(program.tryEvaluate(variables).ok).toBe(!(value instanceof Failure));
      const inputs = Object.fromEntries(Object.entries(variables).map(([name, each]) => [name, given(each)]));
      expect(ours(value)).toEqual(other(plan(theirs, parseTheirs(source))(inputs)));
    }),
    { numRuns: 500 },
  );
});
