import type { IncomingMessage, ServerResponse } from "node:http";
import type { Registry } from "../registry/target.ts";

/** A request that is dealt with, and what with. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly registry: Registry;
}
