import type { Reads } from "@kubecast/cel";
import type { KubeObject, Resource } from "@kubecast/kube";
import { type FieldType, structType } from "@kubecast/kube/fields";

/** What stands in a message in place of a value that must not leave the process. */
export const redacted = "[redacted]";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
/** Secrets and ConfigMaps have these. */
const dataFields = ["data", "stringData", "binaryData"];

function holdsData({ group, plural }: Resource): boolean {
  return group === "" && (plural === "secrets" || plural === "configmaps");
}

/**
 * Whether what is read of an object can hold the data of Secrets and ConfigMaps,
 * values of environment variables, or copies of either. Where the type is not
 * known, it may.
 */
export function mayReadConfidential(resource: Resource, reads: true | Reads, type: FieldType | undefined): boolean {
  if (reads === true) return true;
  if (holdsData(resource) && dataFields.some((field) => field in reads)) return true;
  return anyConfidential(reads, type);
}

function anyConfidential(reads: true | Reads, type: FieldType | undefined): boolean {
  if (reads === true) return type === undefined || !isHarmless(type);
  for (const [name, below] of Object.entries(reads)) {
    if (name === "env" || name === "managedFields" || name === lastApplied) return true;
    if (name === "annotations" && (below === true || "[]" in below)) return true;
    if (anyConfidential(below, fieldOf(type, name))) return true;
  }
  return false;
}

/** Values that hold no environment: all but objects, and lists and maps of such. */
function isHarmless(type: FieldType): boolean {
  if ("element" in type) return isHarmless(type.element);
  return !("struct" in type) && type.shape !== "object" && type.shape !== "any";
}

/** What a field that a type does not have can hold. */
const nothing: FieldType = { shape: "string" };

function fieldOf(type: FieldType | undefined, name: string): FieldType | undefined {
  if (type === undefined) return undefined;
  if ("element" in type) return type.element;
  return "struct" in type ? (structType(type.struct)?.fields.get(name)?.type ?? nothing) : undefined;
}

/** Blots out, in place, all that must not leave the process. Keys and names stay. */
export function redact(resource: Resource, object: KubeObject): void {
  const fields = object as KubeObject & Record<string, unknown>;
  if (holdsData(resource)) for (const field of dataFields) blot(fields[field]);
  delete object.metadata.managedFields;
  redactBelow(object);
}

function redactBelow(value: unknown): void {
  if (Array.isArray(value)) {
    for (const element of value) redactBelow(element);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, below] of Object.entries(value)) {
    if (key === "env" && Array.isArray(below)) {
      for (const variable of below) if (isObject(variable) && "value" in variable) variable.value = redacted;
    } else if (key === lastApplied) {
      (value as Record<string, unknown>)[key] = redacted;
    } else {
      redactBelow(below);
    }
  }
}

function blot(data: unknown): void {
  if (isObject(data)) for (const key of Object.keys(data)) data[key] = redacted;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
