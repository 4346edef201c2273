import {
  TestAllTypesSchema as all2,
  TestAllTypes_NestedEnumSchema as enum2,
  GlobalEnumSchema as global2,
  TestAllTypes_NestedGroupSchema as group2,
  TestAllTypes_NestedMessageSchema as inner2,
  NestedTestAllTypesSchema as nested2,
  TestRequiredSchema as required2,
} from "@bufbuild/cel-spec/cel/expr/conformance/proto2/test_all_types_pb.js";
import {
  TestAllTypesSchema as all3,
  TestAllTypes_NestedEnumSchema as enum3,
  GlobalEnumSchema as global3,
  TestAllTypes_NestedMessageSchema as inner3,
  NestedTestAllTypesSchema as nested3,
} from "@bufbuild/cel-spec/cel/expr/conformance/proto3/test_all_types_pb.js";
import { wellKnownMessages } from "../src/library/messages.ts";
import type { Constant, Library, Message } from "../src/library/overload.ts";
import {
  BOOL,
  BYTES,
  DOUBLE,
  DYN,
  INT,
  listOf,
  mapOf,
  STRING,
  type StructField,
  type Structs,
  structOf,
  type Type,
  typeOf,
  UINT,
} from "../src/types/type.ts";
import { duration, timestamp } from "../src/values/time.ts";
import { double, TypeValue, Uint, type Value } from "../src/values/value.ts";

// The messages that the tests are written over, as structs of JSON: enough to check every
// expression's types, and to read fields where presence does not matter.

type Field = (typeof all2.fields)[number];

/** The type of a message by its full name. */
export function messageType(name: string): Type {
  if (name === "google.protobuf.Any") return DYN;
  if (name === "google.protobuf.NullValue") return INT;
  return wellKnownMessages.messages?.get(name)?.type ?? structOf(name);
}

function typeOfField(field: Field, prefix: string): Type {
  switch (field.fieldKind) {
    case "list":
      return listOf(typeOfItem(field, prefix));
    case "map":
      return mapOf(scalars[field.mapKey] ?? INT, typeOfItem(field, prefix));
    default:
      return typeOfItem(field, prefix);
  }
}

function typeOfItem({ message, scalar }: Field, prefix: string): Type {
  if (message !== undefined) return messageType(message.typeName.replace(/^cel\.expr\.conformance\.proto[23]/, prefix));
  return scalar === undefined ? INT : (scalars[scalar] ?? INT);
}

/** By protobuf's numbers for the types of fields. */
const scalars: Readonly<Record<number, Type>> = {
  1: DOUBLE,
  2: DOUBLE,
  4: UINT,
  6: UINT,
  7: UINT,
  8: BOOL,
  9: STRING,
  12: BYTES,
  13: UINT,
};

/** What a field that is not set gives. */
function zero(field: Field, type: Type): Value {
  if (field.fieldKind === "enum") return 0;
  switch (type.kind) {
    case "bool":
      return false;
    case "int":
      return 0;
    case "uint":
      return new Uint(0n);
    case "double":
      return double(0);
    case "string":
      return "";
    case "bytes":
      return new Uint8Array();
    case "list":
      return [];
    case "map":
      return {};
    case "timestamp":
      return timestamp(0, 0);
    case "duration":
      return duration(0n);
    case "struct":
      return {};
    default:
      return null;
  }
}

function messageOf(fields: readonly Field[], name: string, prefix: string): Message {
  const types = new Map(fields.map((field) => [field.name, typeOfField(field, prefix)]));
  // The one field that only cel-go's own copy of the messages has.
  if (name.endsWith(".NestedGroup")) types.set("nested_id", INT);
  const zeros = fields.map((field): [string, Value] => [field.name, zero(field, types.get(field.name) ?? DYN)]);
  return { type: structOf(name), fields: types, make: (given) => Object.fromEntries([...zeros, ...given]) };
}

const anyFields = new Map([
  ["type_url", STRING],
  ["value", BYTES],
]);
const messages = new Map<string, Message>([
  ["google.protobuf.Any", { type: DYN, fields: anyFields, make: Object.fromEntries }],
  ["google.protobuf.Empty", { type: structOf("google.protobuf.Empty"), fields: new Map(), make: Object.fromEntries }],
  [
    "google.protobuf.FieldMask",
    {
      type: structOf("google.protobuf.FieldMask"),
      fields: new Map([["paths", listOf(STRING)]]),
      make: Object.fromEntries,
    },
  ],
]);
const constants = new Map<string, Constant>();

for (const prefix of [
  "cel.expr.conformance.proto2",
  "google.expr.proto2.test",
  "cel.expr.conformance.proto3",
  "google.expr.proto3.test",
]) {
  const is2 = prefix.includes("proto2");
  for (const { typeName, fields } of is2 ? [all2, inner2, group2, nested2, required2] : [all3, inner3, nested3]) {
    const name = typeName.replace(/^cel\.expr\.conformance\.proto[23]/, prefix);
    messages.set(name, messageOf(fields, name, prefix));
    constants.set(name, { type: typeOf(structOf(name)), value: new TypeValue(structOf(name)) });
  }
  for (const { typeName, values } of is2 ? [global2, enum2] : [global3, enum3]) {
    const name = typeName.replace(/^cel\.expr\.conformance\.proto[23]/, prefix);
    for (const { name: value, number } of values) constants.set(`${name}.${value}`, { type: INT, value: number });
  }
}

export const testMessages: Library = { name: "test messages", overloads: [], messages, constants };

export const testStructs: Structs = {
  fields: (struct) => {
    const fields = messages.get(struct)?.fields;
    return fields && new Map<string, StructField>(Array.from(fields, ([name, type]) => [name, { type }]));
  },
};
