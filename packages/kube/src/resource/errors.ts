/** A request that cannot be built; the message names the resource and the parameter. Nothing was sent. */
export class RequestValidationError extends Error {
  override readonly name = "RequestValidationError";
}
