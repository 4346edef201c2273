import type { JSONSchemaProps } from "../types/apiextensions/v1.ts";

const forbidden = [
  ...["$ref", "definitions", "dependencies", "deprecated", "discriminator", "id", "patternProperties"],
  ...["readOnly", "writeOnly", "xml", "$schema", "additionalItems", "uniqueItems"],
];
const types = ["object", "array", "string", "integer", "number", "boolean"];

/**
 * What keeps a schema from being structural, as the Kubernetes documentation has the rules
 * ("Specifying a structural schema"), each with its path.
 */
export function faultsOf(schema: JSONSchemaProps, path = "root"): string[] {
  const faults = forbidden.filter((key) => key in schema).map((key) => `${path}: ${key} is forbidden`);
  const untyped = schema["x-kubernetes-int-or-string"] || schema["x-kubernetes-preserve-unknown-fields"];
  if (schema.type === undefined ? !untyped : !types.includes(schema.type)) faults.push(`${path}: no type`);
  if (schema["x-kubernetes-int-or-string"] && schema.type) faults.push(`${path}: a type beside int-or-string`);
  if (schema.additionalProperties === false) faults.push(`${path}: additionalProperties is false`);
  if (schema.additionalProperties !== undefined && schema.properties)
    faults.push(`${path}: properties and additional ones`);
  if (schema.properties && schema.type !== "object") faults.push(`${path}: properties of no object`);
  if ((schema.type === "array") !== (schema.items !== undefined)) faults.push(`${path}: an array and its items`);
  if (typeof schema.exclusiveMinimum === "number") faults.push(`${path}: exclusiveMinimum is a boolean`);
  if (schema.enum && schema.nullable) faults.push(`${path}: no null is in any enum`);
  for (const part of [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), schema.not ?? {}]) {
    for (const key of ["description", "type", "default", "additionalProperties", "nullable", "properties", "items"]) {
      if (key in part) faults.push(`${path}: ${key} within a junctor`);
    }
  }
  for (const name of schema.required ?? []) {
    if (schema.properties && !(name in schema.properties)) faults.push(`${path}: requires ${name}, which is none`);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    faults.push(...faultsOf(property, `${path}.${name}`));
  if (typeof schema.additionalProperties === "object")
    faults.push(...faultsOf(schema.additionalProperties, `${path}.*`));
  if (schema.items && !Array.isArray(schema.items)) faults.push(...faultsOf(schema.items, `${path}[]`));
  return faults;
}
