import { checkedInt, checkedUint } from "../values/number.ts";
import {
  type Duration,
  formatDuration,
  formatTimestamp,
  parseDuration,
  parseTimestamp,
  type Timestamp,
  timestamp,
} from "../values/time.ts";
import { typeOfValue } from "../values/type-of.ts";
import { asDouble, asInt, double, Failure, TypeValue, type Uint, type Value } from "../values/value.ts";
import { fromBytes, toBytes } from "./cost.ts";
import { fn, type Overload } from "./overload.ts";

const same = (value: Value): Value => value;
const cannot = (text: string, type: string) => new Failure(`${JSON.stringify(text)} is no ${type}`);

/** From one type to another. */
export const conversions: readonly Overload[] = [
  fn("bool", "(bool) -> bool", same),
  fn("bool", "(string) -> bool", parseBool),

  fn("bytes", "(bytes) -> bytes", same),
  fn("bytes", "(string) -> bytes", (text: string) => new Uint8Array(Buffer.from(text)), toBytes),

  fn("double", "(double) -> double", same),
  fn("double", "(int) -> double", (value: number | bigint) => double(Number(value))),
  fn("double", "(uint) -> double", (value: Uint) => double(Number(value.$value))),
  fn("double", "(string) -> double", parseDouble),

  fn("duration", "(duration) -> duration", same),
  fn("duration", "(string) -> duration", (text: string) => parseDuration(text) ?? cannot(text, "duration")),

  fn("dyn", "(A) -> dyn", same),

  fn("int", "(int) -> int", same),
  fn("int", "(uint) -> int", (value: Uint) => checkedInt(value.$value)),
  fn("int", "(double) -> int", (value: Value) => wholePart(value, checkedInt, "int")),
  fn("int", "(string) -> int", (text: string) =>
    /^[+-]?\d+$/.test(text) ? checkedInt(BigInt(text)) : cannot(text, "int"),
  ),
  fn("int", "(timestamp) -> int", (time: Timestamp) => time.$seconds),

  fn("string", "(string) -> string", same),
  fn("string", "(bool) -> string", String),
  fn("string", "(int) -> string", String),
  fn("string", "(uint) -> string", (value: Uint) => String(value.$value)),
  fn("string", "(double) -> string", (value: Value) => formatDouble(asDouble(value) ?? Number.NaN)),
  fn("string", "(bytes) -> string", decodeUtf8, fromBytes),
  fn("string", "(timestamp) -> string", formatTimestamp),
  fn("string", "(duration) -> string", (value: Duration) => formatDuration(value)),

  fn("timestamp", "(timestamp) -> timestamp", same),
  fn("timestamp", "(string) -> timestamp", (text: string) => parseTimestamp(text) ?? cannot(text, "timestamp")),
  fn("timestamp", "(int) -> timestamp", (seconds: number | bigint) => timestamp(Number(seconds), 0)),

  fn("type", "(A) -> type<A>", (value: Value) => new TypeValue(typeOfValue(value))),

  fn("uint", "(uint) -> uint", same),
  fn("uint", "(int) -> uint", (value: Value) => checkedUint(asInt(value) ?? -1n)),
  fn("uint", "(double) -> uint", (value: Value) => wholePart(value, checkedUint, "uint")),
  fn("uint", "(string) -> uint", (text: string) =>
    /^\+?\d+$/.test(text) ? checkedUint(BigInt(text)) : cannot(text, "uint"),
  ),
];

/** The words of Go's ParseBool. */
function parseBool(text: string): Value {
  if (["true", "True", "TRUE", "t", "T", "1"].includes(text)) return true;
  if (["false", "False", "FALSE", "f", "F", "0"].includes(text)) return false;
  return cannot(text, "bool");
}

function parseDouble(text: string): Value {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? double(value) : new Failure("the double is out of range");
  }
  if (/^nan$/i.test(text)) return Number.NaN;
  if (/^\+?inf(inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  return /^-inf(inity)?$/i.test(text) ? Number.NEGATIVE_INFINITY : cannot(text, "double");
}

/** The specification leaves the bounds out: they are no doubles that an int could be told from its neighbours by. */
function wholePart(value: Value, checked: (value: bigint) => Value, type: "int" | "uint"): Value {
  const number = asDouble(value) ?? Number.NaN;
  const inRange = type === "int" ? Math.abs(number) < 2 ** 63 : number >= 0 && number < 2 ** 64;
  return inRange ? checked(BigInt(Math.trunc(number))) : new Failure(`the ${type} is out of range`);
}

/** As Go's strconv writes it: the fewest digits, with an exponent from 1e6 on and below 1e-4. */
function formatDouble(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  if (Number.isNaN(value)) return "NaN";
  const exponential = value.toExponential();
  const exponent = Number(exponential.slice(exponential.indexOf("e") + 1));
  if (exponent >= -4 && exponent < 6) return String(value);
  return exponential.replace(/e([+-])(\d)$/, "e$10$2");
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): Value {
  try {
    return utf8.decode(bytes);
  } catch {
    return new Failure("the bytes are no UTF-8");
  }
}
