import { isMap, lookUp } from "../values/map.ts";
import { Failure, none, Optional, type PlainObject, Special, type Value } from "../values/value.ts";
import type { Frame, Step } from "./frame.ts";
import { knownReader, type Reader, readerOf } from "./readers.ts";

/**
 * Names that a list, bytes or any object has of its own accord: reading those of a value
 * takes a look at what the value is.
 */
function isInherited(field: string): boolean {
  // In backticks a field may be a number, which is what a list's elements are called by.
  return /^\d/.test(field) || field in Array.prototype || field in Uint8Array.prototype || field in Object.prototype;
}

/** The value of a field; `missing` where it is not there, or where the value can have none. */
function fieldOf(value: Value, field: string, missing: Failure): Value {
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

/** A field that is not inherited, the way to read it, and what comes where it is not there. */
interface Field {
  readonly name: string;
  readonly read: Reader;
  readonly missing: Failure;
}

/** `fieldOf` for a field that is not inherited. */
function plainField(value: Value, field: Field): Value {
  if (typeof value === "object" && value !== null) {
    const found = field.read(value as PlainObject);
    if (found !== undefined) return found;
    if (!(value instanceof Special)) return field.missing;
  }
  return fieldOf(value, field.name, field.missing);
}

/**
 * The fields of a value one below the other. The everyday case, objects all the way, is written
 * out for up to three, which is twice as fast as a loop; anything else goes on field by field.
 * @param operand a step, or the slot that the value is in.
 * @param missing for each field, what comes where it is not there.
 */
export function path(operand: Step | number, names: readonly string[], missing: readonly Failure[]): Step {
  if (names.length > 3) return path(path(operand, names.slice(0, 3), missing), names.slice(3), missing.slice(3));
  const fields = names.map(
    (name, index): Field => ({ name, read: readerOf(name), missing: missing[index] as Failure }),
  );
  if (names.some(isInherited)) {
    return (frame) => {
      let value = typeof operand === "number" ? (frame.slots[operand] as Value) : operand(frame);
      for (const field of fields) value = fieldOf(value, field.name, field.missing);
      return value;
    };
  }
  const [first, second, third] = fields as [Field, Field, Field];
  if (typeof operand === "number") {
    if (names.length === 1) return (frame) => plainField(frame.slots[operand] as Value, first);
    if (names.length === 2) return (frame) => plainField(plainField(frame.slots[operand] as Value, first), second);
    return (frame) => plainField(plainField(plainField(frame.slots[operand] as Value, first), second), third);
  }
  if (names.length === 1) return (frame) => plainField(operand(frame), first);
  if (names.length === 2) return (frame) => plainField(plainField(operand(frame), first), second);
  return (frame) => plainField(plainField(plainField(operand(frame), first), second), third);
}

/** `has(operand.field)` */
export function presence(operand: Step, field: string, missing: Failure, nullIsAbsent: boolean): Step {
  const inherited = isInherited(field);
  const read = knownReader(field);
  return (frame: Frame) => {
    const value = operand(frame);
    if (!inherited && typeof value === "object" && value !== null) {
      // Without a reader of its own, asking is quicker than reading where the answer is no.
      if (read !== undefined || Object.hasOwn(value, field)) {
        const found = read === undefined ? (value as PlainObject)[field] : read(value as PlainObject);
        if (found !== undefined) return !(nullIsAbsent && found === null);
      }
      if (!(value instanceof Special)) return Array.isArray(value) ? missing : false;
    }
    if (value instanceof Failure) return value;
    const container = value instanceof Optional ? value.$value : value;
    if (container === undefined) return false;
    const found = lookUp(container, field);
    if (found !== undefined) return !(nullIsAbsent && found === null);
    return isMap(container) ? false : missing;
  };
}
