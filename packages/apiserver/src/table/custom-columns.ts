import type { KubeObject } from "@kubecast/kube";
import type { CustomResourceColumnDefinition } from "@kubecast/kube/apiextensions/v1";
import { fieldsOf, isFields, listOf } from "../api/fields.ts";
import { age, type Columns, column } from "./columns.ts";

const byDefault: readonly CustomResourceColumnDefinition[] = [
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
];

/** Of a custom resource: those that its definition's version wants (`additionalPrinterColumns`), else the age. */
export function customColumns(wanted: readonly CustomResourceColumnDefinition[] | undefined): Columns<KubeObject> {
  const definitions = wanted === undefined || wanted.length === 0 ? byDefault : wanted;
  const readers = definitions.map(({ jsonPath }) => pathOf(jsonPath));
  return {
    columns: [
      column("Name"),
      ...definitions.map(({ name, type, format = "", description = "", priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
    ],
    cells: (object, now) => [
      object.metadata.name,
      ...definitions.map(({ type }, index) => cell(type, readers[index]?.(object), now)),
    ],
  };
}

/** Null where the value is not of the column's type. */
function cell(type: string, value: unknown, now: number): unknown {
  if (value === undefined || value === null) return null;
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date": {
      if (typeof value !== "string") return null;
      return Number.isNaN(Date.parse(value)) ? "<invalid>" : age(value, now);
    }
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

type Reader = (value: unknown) => unknown;

/** The JSONPath that such columns may have: `.spec.a`, `.list[0]`, `.conditions[?(@.type=="Ready")].status`. */
function pathOf(text: string): Reader {
  const steps: Reader[] = [];
  for (const [, name, quoted, index, field, value] of text.matchAll(
    /\.((?:[^.[\\]|\\.)+)|\['((?:[^'\\]|\\.)*)'\]|\[(-?\d+|\*)\]|\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]/g,
  )) {
    const key = (name ?? quoted)?.replace(/\\(.)/g, "$1");
    if (key !== undefined) steps.push((from) => (Object.hasOwn(fieldsOf(from), key) ? fieldsOf(from)[key] : undefined));
    else if (index !== undefined) steps.push((from) => listOf(from).at(index === "*" ? 0 : Number(index)));
    else if (field !== undefined) {
      const read = pathOf(`.${field}`);
      steps.push((from) => listOf(from).find((each) => isFields(each) && String(read(each)) === value));
    }
  }
  return (object) => steps.reduce((value, step) => step(value), object);
}
