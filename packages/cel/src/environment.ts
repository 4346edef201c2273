/** The types of CEL's values, by their names in the language. `dyn` is any of them. */
export type CelType =
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "list"
  | "map"
  | "null_type"
  | "timestamp"
  | "duration"
  | "type"
  | "dyn";

/** What an expression may name. */
export interface Environment {
  /**
   * Variables and their types. A Kubernetes object is `dyn`. A `timestamp` is
   * given as an RFC 3339 string or a Date, a `duration` as a string ("1.5s"),
   * `bytes` as a Uint8Array; everything else as the JSON value it is.
   */
  readonly variables: Readonly<Record<string, CelType>>;
}
