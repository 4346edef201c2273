import { CelError, compile, type Environment } from "./index.ts";

/** What the expression is refused with; throws where it compiles. */
export function compileError(source: string, environment: Environment): CelError {
  try {
    compile(source, environment);
  } catch (error) {
    if (error instanceof CelError) return error;
    throw error;
  }
  throw new Error(`${source} compiles`);
}
