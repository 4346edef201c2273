export { DecodeError } from "./errors.ts";
export { decodeEvents, EventDecoder } from "./frames.ts";
export {
  type FieldPath,
  type IdentityField,
  type Projected,
  type Projection,
  project,
  projectionOf,
} from "./projection.ts";
