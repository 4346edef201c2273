export { DecodeError } from "./errors.ts";
export { decodeEvents, EventDecoder } from "./frames.ts";
