/** Bytes arrived that are not what the API promises. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
