export type { Reads } from "./analysis/reads.ts";
export { compile, type Outcome, type Program } from "./compile.ts";
export type { Environment } from "./environment.ts";
export { CelError, type CelErrorKind, EvaluationError } from "./errors.ts";
export { formatType, type StructField, type Structs, type Type } from "./types/type.ts";
