import { formatType } from "../src/types/type.ts";
import { equal } from "../src/values/equal.ts";
import { CelMap, entriesOf, isMap, lookUp, sizeOfMap } from "../src/values/map.ts";
import { parseDuration, parseTimestamp } from "../src/values/time.ts";
import { typeOfValue } from "../src/values/type-of.ts";
import { double, int, TypeValue, Uint, type Value } from "../src/values/value.ts";
import type { TestValue } from "./cases.ts";
import { testMessages } from "./messages.ts";

/** The value that a test writes in protobuf's JSON. */
export function testValue(test: TestValue): Value {
  const [[kind, given] = []] = Object.entries(test);
  switch (kind) {
    case "nullValue":
      return null;
    case "boolValue":
    case "stringValue":
      return given as boolean | string;
    case "int64Value":
      return int(BigInt(given as string));
    case "uint64Value":
      return new Uint(BigInt(given as string));
    case "doubleValue":
      return double(Number(given));
    case "bytesValue":
      return bytes(given);
    case "listValue":
      return ((given as { values?: TestValue[] }).values ?? []).map(testValue);
    case "mapValue": {
      const map = new CelMap();
      const { entries = [] } = given as { entries?: { key: TestValue; value: TestValue }[] };
      for (const { key, value } of entries) map.$add(testValue(key), testValue(value));
      return map;
    }
    case "typeValue":
      return new TypeValue({ kind: "struct", name: given as string });
    case "objectValue": {
      const { "@type": url, value, ...fields } = given as { "@type": string; value?: unknown };
      return messageValue(url.replace("type.googleapis.com/", ""), value, fields);
    }
    default:
      throw new Error(`a value of the kind ${kind}`);
  }
}

function messageValue(name: string, value: unknown, fields: object): Value {
  switch (name) {
    case "google.protobuf.Timestamp":
      return parseTimestamp(value as string) as Value;
    case "google.protobuf.Duration":
      return parseDuration(value as string) as Value;
    case "google.protobuf.BytesValue":
      return bytes(value);
    case "google.protobuf.Int32Value":
    case "google.protobuf.Int64Value":
      return int(BigInt(value as string | number));
    case "google.protobuf.UInt32Value":
    case "google.protobuf.UInt64Value":
      return new Uint(BigInt(value as string | number));
    default: {
      if (name.startsWith("google.protobuf.")) return protobufJson(value);
      const make = testMessages.messages?.get(name)?.make;
      if (make === undefined) throw new Error(`a message ${name}`);
      // Of the messages that are given, fields are ints at most.
      return make(
        new Map(Object.entries(fields).map(([field, json]) => [snakeCase(field), int(BigInt(json as string))])),
      );
    }
  }
}

const bytes = (base64: unknown): Value => new Uint8Array(Buffer.from(base64 as string, "base64"));
const snakeCase = (field: string): string =>
  field.replace(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`).replace(/_(\d+)/, "$1");

/** The JSON of protobuf's Struct, Value and ListValue: its numbers are doubles. */
function protobufJson(json: unknown): Value {
  if (typeof json === "number") return double(json);
  if (Array.isArray(json)) return json.map(protobufJson);
  if (typeof json !== "object" || json === null) return json as Value;
  return Object.fromEntries(Object.entries(json).map(([field, value]) => [field, protobufJson(value)]));
}

/** Whether they are the same and of the same types in every part. */
export function same(value: Value, wanted: Value): boolean {
  if (wanted instanceof TypeValue) {
    return value instanceof TypeValue && formatType(value.$of).replace(/\(.*/, "") === formatType(wanted.$of);
  }
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(value) && value.length === wanted.length && wanted.every((each, index) => same(value[index], each))
    );
  }
  if (isMap(wanted)) {
    if (!isMap(value) || sizeOfMap(value) !== sizeOfMap(wanted)) return false;
    for (const [key, each] of entriesOf(wanted)) {
      const found = lookUp(value, key);
      if (found === undefined || !same(found, each)) return false;
    }
    return true;
  }
  if (Number.isNaN(wanted)) return Number.isNaN(value);
  return formatType(typeOfValue(value)) === formatType(typeOfValue(wanted)) && equal(value, wanted);
}
