import { formatType } from "../types/type.ts";
import { entriesOf, isMap } from "../values/map.ts";
import { isNumber } from "../values/number.ts";
import { Duration, formatDuration, formatTimestamp, Timestamp } from "../values/time.ts";
import { typeOfValue } from "../values/type-of.ts";
import { asDouble, asInt, Failure, TypeValue, Uint, type Value } from "../values/value.ts";

const clause = /%(?:(%)|(?:\.(\d+))?([\s\S]?))/g;
/** Digits after the point where none are asked for. */
const precision = 6;

/** `"%s has %d".format([...])`, after the strings extension's own rules. */
export function format(pattern: string, values: readonly Value[]): Value {
  let failure: Failure | undefined;
  let index = 0;
  const text = pattern.replace(
    clause,
    (whole, percent: string | undefined, digits: string | undefined, verb: string) => {
      if (percent !== undefined || failure !== undefined) return "%";
      if (!"sdfebxXo".includes(verb) || verb === "") {
        failure = new Failure(`${whole} is no format: these are %s %d %f %e %b %x %X %o`);
        return "";
      }
      const value = values[index++];
      if (value === undefined) {
        failure = new Failure(`${whole} is the format of value ${index}, and there are ${values.length}`);
        return "";
      }
      const formatted = one(verb, value, digits === undefined ? precision : Number(digits));
      if (formatted instanceof Failure) failure = formatted;
      return formatted instanceof Failure ? "" : formatted;
    },
  );
  return failure ?? text;
}

function one(verb: string, value: Value, digits: number): string | Failure {
  switch (verb) {
    case "s":
      return textOf(value);
    case "d":
      return isNumber(value) ? numberText(value) : wrong(verb, value);
    case "f":
    case "e": {
      const number = asDouble(value);
      if (number === undefined) return wrong(verb, value);
      if (!Number.isFinite(number)) return String(number);
      return verb === "f" ? fixed(number, Math.min(digits, 100)) : exponential(number, Math.min(digits, 100));
    }
    case "b":
      return typeof value === "boolean" ? String(Number(value)) : (inBase(value, 2) ?? wrong(verb, value));
    case "o":
      return inBase(value, 8) ?? wrong(verb, value);
    default: {
      const bytes =
        typeof value === "string" ? Buffer.from(value) : value instanceof Uint8Array ? Buffer.from(value) : undefined;
      const hex = bytes === undefined ? inBase(value, 16) : bytes.toString("hex");
      return hex === undefined ? wrong(verb, value) : verb === "X" ? hex.toUpperCase() : hex;
    }
  }
}

function wrong(verb: string, value: Value): Failure {
  return new Failure(`%${verb} does not format a value of the type ${formatType(typeOfValue(value))}`);
}

function inBase(value: Value, base: number): string | undefined {
  return (value instanceof Uint ? value.$value : asInt(value))?.toString(base);
}

/** Go rounds a tie to the even digit, where `toFixed` takes the larger number. */
function fixed(number: number, digits: number): string {
  // Which toFixed writes with an exponent.
  if (Math.abs(number) >= 1e21) return `${BigInt(number)}${digits === 0 ? "" : `.${"0".repeat(digits)}`}`;
  const text = number.toFixed(digits);
  const exact = Math.abs(number).toFixed(100);
  const rest = exact.slice(exact.indexOf(".") + 1 + digits);
  if (!/^50*$/.test(rest)) return text;
  const cut = digits === 0 ? exact.slice(0, exact.indexOf(".")) : exact.slice(0, exact.indexOf(".") + 1 + digits);
  if (!/[02468]$/.test(cut)) return text;
  return number < 0 ? `-${cut}` : cut;
}

function exponential(number: number, digits: number): string {
  return number.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2");
}

function numberText(value: Value): string {
  const double = asDouble(value);
  if (double === undefined) return String(value instanceof Uint ? value.$value : value);
  // Without an exponent, however large.
  if (Number.isInteger(double) && Math.abs(double) >= 1e21) return BigInt(double).toString();
  return Object.is(double, -0) ? "-0" : String(double);
}

const utf8 = new TextDecoder();

function textOf(value: Value): string | Failure {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return value;
  if (isNumber(value)) return numberText(value);
  if (value instanceof Uint8Array) return utf8.decode(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return formatType(value.$of).replace(/\(.*/s, "");
  if (Array.isArray(value)) return bracketed("[", value.map(textOf), "]");
  if (isMap(value)) {
    const entries = Array.from(entriesOf(value), ([key, each]) => {
      const [left, right] = [textOf(key), textOf(each)];
      return left instanceof Failure ? left : right instanceof Failure ? right : `${left}: ${right}`;
    });
    return bracketed(
      "{",
      entries.sort((a, b) => (String(a) < String(b) ? -1 : 1)),
      "}",
    );
  }
  return wrong("s", value);
}

function bracketed(open: string, parts: readonly (string | Failure)[], close: string): string | Failure {
  const failure = parts.find((part) => part instanceof Failure);
  return failure ?? `${open}${parts.join(", ")}${close}`;
}
