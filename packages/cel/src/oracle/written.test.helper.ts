import { compile } from "../compile.ts";
import { allLibraries } from "../environment.ts";
import { fn, type Library } from "../library/overload.ts";
import { formatType, type Structs, type Type } from "../types/type.ts";
import { entriesOf, isMap } from "../values/map.ts";
import { isNumber } from "../values/number.ts";
import { Duration, formatTimestamp, nanosOf, Timestamp } from "../values/time.ts";
import { asDouble, asInt, Optional, type Special, TypeValue, Uint, type Value } from "../values/value.ts";

export type Written = readonly [type: string, value?: unknown];

/** Gives a value with the types of all that it holds, as the oracle does. */
const library: Library = {
  name: "written",
  overloads: [fn("written", "(dyn) -> string", (value: Value) => JSON.stringify(written(value)))],
};
const libraries = [...allLibraries, library];

/** What this package makes of an expression. @param types of variables that are not dynamic. */
export function ours(
  expression: string,
  variables: Readonly<Record<string, unknown>> = {},
  types?: { readonly variables: Readonly<Record<string, Type>>; readonly structs: Structs },
): { value: Written } | { error: string } {
  const declared = Object.fromEntries(Object.keys(variables).map((name) => [name, types?.variables[name] ?? "dyn"]));
  try {
    const environment = { variables: declared, structs: types?.structs, libraries };
    const program = compile(`written(\n${expression}\n)`, environment);
    return { value: JSON.parse(program.evaluate(variables) as string) as Written };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function written(value: Value): Written {
  if (value === null) return ["null"];
  if (typeof value === "boolean") return ["bool", value];
  if (typeof value === "string") return ["string", value];
  if (value instanceof Uint) return ["uint", String(value.$value)];
  if (isNumber(value)) {
    const whole = asInt(value);
    return whole === undefined ? ["double", formatGo(asDouble(value) ?? Number.NaN)] : ["int", String(whole)];
  }
  if (value instanceof Uint8Array) return ["bytes", Buffer.from(value).toString("base64")];
  if (value instanceof Timestamp) return ["timestamp", formatTimestamp(value).replace(/(\.\d*?)0+Z$/, "$1Z")];
  if (value instanceof Duration) return ["duration", String(nanosOf(value))];
  if (value instanceof TypeValue) return ["type", formatType(value.$of).replace(/\(.*/s, "")];
  if (value instanceof Optional) return value.$value === undefined ? ["optional"] : ["optional", written(value.$value)];
  if (Array.isArray(value)) return ["list", value.map(written)];
  if (isMap(value)) {
    const entries = Array.from(entriesOf(value), ([key, each]) => [written(key), written(each)]);
    return ["map", entries.sort((a, b) => (JSON.stringify(a[0]) < JSON.stringify(b[0]) ? -1 : 1))];
  }
  return [formatType((value as Special).$type), String(value)];
}

/** As Go writes an exponent, of two digits at least. */
function formatGo(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const digits = value.toExponential().replace(/([+-])(\d)$/, "$10$2");
  return Object.is(value, -0) ? `-${digits}` : digits;
}
