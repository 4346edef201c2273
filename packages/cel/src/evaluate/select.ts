import { isMap, lookUp } from "../values/map.ts";
import { Failure, none, Optional, type Value } from "../values/value.ts";
import type { Frame, Step } from "./frame.ts";

/**
 * Names that a list, bytes or any object has of its own accord: reading those of a value
 * takes a look at what the value is.
 */
export function isInherited(field: string): boolean {
  return field in Array.prototype || field in Uint8Array.prototype || field in Object.prototype;
}

/** The value of a field; `missing` where it is not there, or where the value can have none. */
export function fieldOf(value: Value, field: string, missing: Failure): Value {
  if (value instanceof Failure) return value;
  if (value instanceof Optional) {
    if (value.$value === undefined) return none;
    return optionalField(value.$value, field, missing);
  }
  const found = lookUp(value, field);
  if (found !== undefined) return found;
  return missing;
}

/** `value.?field`: an optional. */
export function optionalField(value: Value, field: string, missing: Failure): Value {
  if (value instanceof Failure) return value;
  if (value instanceof Optional) return value.$value === undefined ? none : optionalField(value.$value, field, missing);
  const found = lookUp(value, field);
  if (found !== undefined) return found instanceof Optional ? found : new Optional(found);
  return isMap(value) ? none : missing;
}

/**
 * The fields of a value one below the other. The everyday case, objects all the way, is a loop;
 * anything else goes on field by field.
 * @param missing for each field, what comes where it is not there.
 */
export function path(operand: Step, fields: readonly string[], missing: readonly Failure[]): Step {
  const length = fields.length;
  if (fields.some(isInherited)) {
    return (frame) => {
      let value = operand(frame);
      for (let index = 0; index < length; index++) {
        value = fieldOf(value, fields[index] as string, missing[index] as Failure);
      }
      return value;
    };
  }
  return (frame) => {
    let value = operand(frame);
    for (let index = 0; index < length; index++) {
      const found: Value | undefined =
        typeof value === "object" && value !== null
          ? (value as { readonly [field: string]: Value | undefined })[fields[index] as string]
          : undefined;
      value = found === undefined ? fieldOf(value, fields[index] as string, missing[index] as Failure) : found;
    }
    return value;
  };
}

/** `has(operand.field)` */
export function presence(operand: Step, field: string, missing: Failure, nullIsAbsent: boolean): Step {
  return (frame: Frame) => {
    const value = operand(frame);
    if (value instanceof Failure) return value;
    const container = value instanceof Optional ? value.$value : value;
    if (container === undefined) return false;
    const found = lookUp(container, field);
    if (found !== undefined) return !(nullIsAbsent && found === null);
    return isMap(container) ? false : missing;
  };
}
