export { compile, type Program } from "./compile.ts";
export type { CelType, Environment } from "./environment.ts";
export { CelError, type CelErrorKind, EvaluationError } from "./errors.ts";
export type { Reads } from "./reads.ts";
