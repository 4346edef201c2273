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
} from "../types/type.ts";
import { TypeValue, type Value } from "../values/value.ts";
import { conversions } from "./conversions.ts";
import { operators } from "./operators.ts";
import type { Library } from "./overload.ts";
import { texts } from "./texts.ts";
import { times } from "./times.ts";

const types: Readonly<Record<string, Type>> = {
  bool: BOOL,
  bytes: BYTES,
  double: DOUBLE,
  int: INT,
  list: listOf(DYN),
  map: mapOf(DYN, DYN),
  null_type: NULL,
  string: STRING,
  type: typeOf(DYN),
  uint: UINT,
  "google.protobuf.Duration": DURATION,
  "google.protobuf.Timestamp": TIMESTAMP,
};

/** Everything that the specification calls standard; comparisons and logic the evaluator does itself. */
export const standard: Library = {
  name: "standard",
  overloads: [...operators, ...texts, ...conversions, ...times],
  constants: new Map(
    Object.entries(types).map(([name, of]) => [name, { type: typeOf(of), value: new TypeValue(of) as Value }]),
  ),
};
