import { badRequest } from "../api/status-error.ts";

/** Where a list goes on: at which revision (-1 for the newest) and from which key. */
export interface ContinueToken {
  readonly revision: number;
  readonly start: string;
}

export function encodeContinue(token: ContinueToken): string {
  const json = JSON.stringify({ v: "meta.k8s.io/v1", rv: token.revision, start: token.start });
  return Buffer.from(json).toString("base64url");
}

/** Throws a 400 for what `encodeContinue` did not make. */
export function decodeContinue(text: string): ContinueToken {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    const { v, rv, start } = Object(token);
    if (v === "meta.k8s.io/v1" && Number.isSafeInteger(rv) && typeof start === "string") return { revision: rv, start };
  } catch {
    // Not JSON: as invalid as JSON of another shape.
  }
  throw badRequest("invalid continue token: continue key is not valid");
}
