import { isFields } from "../api/fields.ts";
import { pathText } from "./field-set.ts";
import { type MergeType, resolve } from "./merge-type.ts";
import { elementStep } from "./typed.ts";

/** What keeps a configuration from being one of its type, such as `.spec.foo: field not declared in schema`. */
export function typeProblems(value: unknown, open: MergeType, path = ""): string[] {
  if (value === null || value === undefined) return [];
  const type = resolve(open, value);
  const problem = (why: string) => [path === "" ? why : `${path}: ${why}`];
  switch (type.shape) {
    case "scalar":
      return type.expects !== "any" && typeof value !== type.expects
        ? problem(`expected ${expected[type.expects]}, got ${goText(value)}`)
        : [];
    case "whole":
      if (type.of === "list" && !Array.isArray(value)) return problem(`expected list, got ${goText(value)}`);
      return type.of === "map" && !isFields(value) ? problem(`expected map, got ${goText(value)}`) : [];
    case "map": {
      if (!isFields(value)) return problem(`expected map, got ${goText(value)}`);
      return Object.entries(value).flatMap(([name, field]) => {
        const known = type.named(name) ?? type.element;
        return known === undefined
          ? [`${path}.${name}: field not declared in schema`]
          : typeProblems(field, known, `${path}.${name}`);
      });
    }
    default: {
      if (!Array.isArray(value)) return problem(`expected list, got ${goText(value)}`);
      const seen = new Set<string>();
      return value.flatMap((element, index) => {
        const unusable = elementProblem(element, type.keys);
        if (unusable !== undefined) return problem(`element ${index}: ${unusable}`);
        const step = elementStep(type, element);
        const text = pathText([step]);
        const duplicate = seen.has(step) ? problem(`duplicate entries for key ${text}`) : [];
        seen.add(step);
        return [...duplicate, ...typeProblems(element, type.element, `${path}${text}`)];
      });
    }
  }
}

const expected = { string: "string", number: "numeric (int or float)", boolean: "boolean" };

function elementProblem(
  element: unknown,
  keys: readonly { name: string; default: unknown }[] | undefined,
): string | undefined {
  if (keys === undefined) {
    if (element === null) return "associative list without keys has an element that's an explicit null";
    if (Array.isArray(element)) return "not supported: associative list with lists as elements";
    return isFields(element) ? "associative list without keys has an element that's a map type" : undefined;
  }
  if (element === null) return "associative list with keys may not have a null element";
  if (!isFields(element)) return "associative list with keys may not have non-map elements";
  const named = keys.some((key) => element[key.name] !== undefined || key.default !== undefined);
  const names = keys.map(({ name }) => JSON.stringify(name)).join(" ");
  return named
    ? undefined
    : `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`;
}

/** As Go prints what it did not expect; objects and lists only by what they are. */
function goText(value: unknown): string {
  return typeof value === "object"
    ? Array.isArray(value)
      ? "a list"
      : "a map"
    : `&value.valueUnstructured{Value:${JSON.stringify(value)}}`;
}
