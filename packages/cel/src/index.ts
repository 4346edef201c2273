/**
 * Expressions of the Common Expression Language (CEL) over JSON objects: compiled once,
 * evaluated many times.
 *
 * @module @kubecast/cel
 */

export type { SizedKind, Sizes } from "./analysis/cost.ts";
export type { Reads } from "./analysis/reads.ts";
export { compile, type Explanation, type Outcome, type Program } from "./compile.ts";
export type { Environment } from "./environment.ts";
export { EvaluationError } from "./evaluate/errors.ts";
export type { ExplainedPart, PartValue } from "./evaluate/explain.ts";
export {
  type SchemaOptions,
  type SchemaTypes,
  type StructuralSchema,
  structsOfSchema,
} from "./kubernetes/schema.ts";
export type { Range } from "./library/cost.ts";
export type {
  Bind,
  Call,
  Comprehension,
  Constant,
  Element,
  Entry,
  Expr,
  Identifier,
  ListLiteral,
  Literal,
  MapLiteral,
  MessageLiteral,
  Place,
  Select,
} from "./syntax/ast.ts";
export { CelError, type CelErrorKind } from "./syntax/errors.ts";
export { type ParseLimits, parse } from "./syntax/parser.ts";
export { unparse } from "./syntax/unparse.ts";
export { formatType, type StructField, type Structs, type Type } from "./types/type.ts";
