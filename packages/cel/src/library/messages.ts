import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  STRING,
  TIMESTAMP,
  type Type,
  typeOf,
  UINT,
  wrapperOf,
} from "../types/type.ts";
import { duration, timestamp } from "../values/time.ts";
import { asDouble, asInt, double, Failure, TypeValue, Uint, type Value } from "../values/value.ts";
import type { Constant, Library, Message } from "./overload.ts";

type Check = (value: Value) => Value;

const inRange =
  (bits: 32 | 64): Check =>
  (value) => {
    const whole = asInt(value) ?? 0n;
    return BigInt.asIntN(bits, whole) === whole ? value : new Failure(`${whole} does not fit into ${bits} bits`);
  };

const unsignedInRange =
  (bits: 32 | 64): Check =>
  (value) => {
    const whole = value instanceof Uint ? value.$value : 0n;
    return BigInt.asUintN(bits, whole) === whole ? value : new Failure(`${whole} does not fit into ${bits} bits`);
  };

const toFloat: Check = (value) => double(Math.fround(asDouble(value) ?? Number.NaN));
const same: Check = (value) => value;

/** A scalar in a message of its own: as a value it is the scalar. */
function wrapper(of: Type, zero: Value, check: Check = same): Message {
  return {
    type: wrapperOf(of),
    fields: new Map([["value", of]]),
    make: (fields) => check(fields.get("value") ?? zero),
  };
}

function secondsAndNanos(fields: ReadonlyMap<string, Value>): { seconds: bigint; nanos: bigint } {
  return { seconds: asInt(fields.get("seconds") ?? 0) ?? 0n, nanos: asInt(fields.get("nanos") ?? 0) ?? 0n };
}

const timeFields = new Map([
  ["seconds", INT],
  ["nanos", INT],
]);

const struct = mapOf(STRING, DYN);
const list = listOf(DYN);

const messages: ReadonlyMap<string, Message> = new Map(
  Object.entries({
    BoolValue: wrapper(BOOL, false),
    BytesValue: wrapper(BYTES, new Uint8Array()),
    DoubleValue: wrapper(DOUBLE, double(0)),
    FloatValue: wrapper(DOUBLE, double(0), toFloat),
    Int32Value: wrapper(INT, 0, inRange(32)),
    Int64Value: wrapper(INT, 0, inRange(64)),
    UInt32Value: wrapper(UINT, new Uint(0n), unsignedInRange(32)),
    UInt64Value: wrapper(UINT, new Uint(0n), unsignedInRange(64)),
    StringValue: wrapper(STRING, ""),
    Timestamp: {
      type: TIMESTAMP,
      fields: timeFields,
      make: (fields) => {
        const { seconds, nanos } = secondsAndNanos(fields);
        return timestamp(Number(seconds), Number(nanos));
      },
    },
    Duration: {
      type: DURATION,
      fields: timeFields,
      make: (fields) => {
        const { seconds, nanos } = secondsAndNanos(fields);
        return duration(seconds * 1_000_000_000n + nanos);
      },
    },
    ListValue: { type: list, fields: new Map([["values", list]]), make: (fields) => fields.get("values") ?? [] },
    Struct: { type: struct, fields: new Map([["fields", struct]]), make: (fields) => fields.get("fields") ?? {} },
    Value: {
      type: DYN,
      fields: new Map<string, Type>([
        ["null_value", DYN],
        ["number_value", DOUBLE],
        ["string_value", STRING],
        ["bool_value", BOOL],
        ["struct_value", struct],
        ["list_value", list],
      ]),
      make: (fields) => {
        if (fields.size > 1) return new Failure("a google.protobuf.Value has one field");
        const [field] = fields;
        return field === undefined || field[0] === "null_value" ? null : field[1];
      },
    },
  } satisfies Record<string, Message>).map(([name, message]) => [`google.protobuf.${name}`, message]),
);

const constants: ReadonlyMap<string, Constant> = new Map<string, Constant>([
  ...Array.from(messages, ([name, { type }]): [string, Constant] => [
    name,
    { type: typeOf(type), value: new TypeValue(type) },
  ]),
  ["google.protobuf.NullValue", { type: typeOf(NULL), value: new TypeValue(NULL) }],
  ["google.protobuf.NullValue.NULL_VALUE", { type: INT, value: 0 }],
]);

/** The messages of protobuf that stand for what JSON has: wrappers of scalars, Struct, Value, ListValue, Timestamp, Duration. */
export const wellKnownMessages: Library = { name: "messages", overloads: [], constants, messages };
