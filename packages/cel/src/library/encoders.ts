import { Failure, type Value } from "../values/value.ts";
import { scanOnly } from "./cost.ts";
import { fn, type Library } from "./overload.ts";

/** Base64, with padding or without where it is read. */
export const encoders: Library = {
  name: "encoders",
  overloads: [
    fn("base64.encode", "(bytes) -> string", (bytes: Uint8Array) => Buffer.from(bytes).toString("base64"), scanOnly),
    fn("base64.decode", "(string) -> bytes", decode, scanOnly),
  ],
};

function decode(text: string): Value {
  const digits = text.replace(/={1,2}$/, "");
  const isPadded = digits.length !== text.length;
  const isWhole = digits.length % 4 !== 1 && (!isPadded || text.length % 4 === 0);
  if (!isWhole || !/^[A-Za-z0-9+/]*$/.test(digits)) return new Failure("the text is no base64");
  return new Uint8Array(Buffer.from(text, "base64"));
}
