import { badRequest } from "./status-error.ts";

/** A JSON object as it came from a client: nothing of its shape is sure. */
export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object that the value is, or one without fields. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The list that the value is, or one without items. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of the list that the value is. */
export function objectsOf(value: unknown): Fields[] {
  return listOf(value).map(fieldsOf);
}

/** `what` begins the message of the 400. The parser's own words stay out of it: they quote the body. */
export function parseJson(body: Buffer, what: string): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw badRequest(`${what}: json parse error${body.length === 0 ? ": the body is empty" : ""}`);
  }
}
