import { opaque, type Type } from "../../types/type.ts";
import { Special, type Value } from "../../values/value.ts";

/** How a quantity is written: `1k`, `1Ki`, `1e3`. */
export type QuantityFormat = "decimal" | "binary" | "exponent";

const type = opaque("kubernetes.Quantity");
const maxInt = 2n ** 63n - 1n;
const fitsInt = (value: bigint): boolean => value <= maxInt && value >= -maxInt - 1n;

/** An exact decimal number, as Kubernetes writes amounts of memory, CPU and so on. */
export class Quantity extends Special {
  /** The number is $digits × 10^$exponent. */
  readonly $digits: bigint;
  readonly $exponent: number;
  readonly $format: QuantityFormat;
  /** Whether Kubernetes holds it in 64 bits; one that it holds otherwise is never an integer for it. */
  readonly $is64: boolean;

  constructor(digits: bigint, exponent: number, format: QuantityFormat, is64: boolean) {
    super();
    this.$digits = digits;
    this.$exponent = exponent;
    this.$format = format;
    this.$is64 = is64;
  }

  get $type(): Type {
    return type;
  }

  $equals(other: Value): boolean {
    return other instanceof Quantity && compareQuantities(this, other) === 0;
  }

  override toString(): string {
    return formatQuantity(this);
  }
}

export const quantityOfInt = (value: bigint): Quantity => new Quantity(value, 0, "exponent", true);

/** No amount of anything has more digits. Kubernetes sets no limit. */
const maxDigits = 1000;
const nano = -9;
/** A decimal number of up to 18 digits is sure to fit into 64 bits. */
const sureDigits = 18;

const exponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const powers: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/** `1.5Gi`, `100m`, `1e3`; undefined where the text is none. Less than a billionth is rounded up. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([a-zA-Z]*|[eE][+-]?\d+)$/.exec(text);
  if (match === null || text === "" || text.length > maxDigits) return undefined;
  const [, sign, zerosAndWhole = "", fraction = "", suffix = ""] = match;
  const whole = zerosAndWhole.replace(/^0+/, "") || "0";
  const digits = BigInt(`${whole}${fraction}`);
  const signed = sign === "-" ? -digits : digits;
  if (Object.hasOwn(powers, suffix)) return binaryQuantity(signed, whole.length, fraction.length, powers[suffix] ?? 0);
  const isSuffix = Object.hasOwn(exponents, suffix);
  if (!isSuffix && !/^[eE][+-]?\d/.test(suffix)) return undefined;
  const scale = isSuffix ? (exponents[suffix] ?? 0) : Number(suffix.slice(1));
  const exponent = scale - fraction.length;
  if (exponent > maxDigits) return undefined;
  const format = isSuffix ? "decimal" : "exponent";
  if (whole.length + fraction.length <= sureDigits && exponent >= nano)
    return new Quantity(signed, exponent, format, true);
  return roundedUp(signed, exponent, format);
}

/** Kubernetes keeps one of few enough digits in 64 bits, and caps what goes beyond them. */
function binaryQuantity(digits: bigint, whole: number, fraction: number, power: number): Quantity {
  const value = digits << BigInt(power);
  const isShort = fraction === 0 && whole <= 14 - 3 * (power / 10);
  if (isShort && fitsInt(value)) return new Quantity(value, 0, "binary", true);
  const size = abs(digits);
  if (compareNumbers(size << BigInt(power), -fraction, maxInt, 0) > 0) {
    return new Quantity(digits < 0n ? -maxInt : maxInt, 0, "binary", false);
  }
  const isBelowOne = size > 0n && compareNumbers(size << BigInt(power), -fraction, 1n, 0) < 0;
  return roundedUp(value, -fraction, isBelowOne ? "decimal" : "binary");
}

/** To billionths, away from zero. */
function roundedUp(digits: bigint, exponent: number, format: QuantityFormat): Quantity {
  if (digits === 0n) return new Quantity(0n, Math.max(exponent, nano), format, false);
  if (exponent >= nano) return new Quantity(digits * 10n ** BigInt(exponent - nano), nano, format, false);
  const places = nano - exponent;
  const size = abs(digits);
  // More places than digits leave the least there is.
  const rounded = places > String(size).length ? 1n : ceiling(size, 10n ** BigInt(places));
  return new Quantity(digits < 0n ? -rounded : rounded, nano, format, false);
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
const ceiling = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;

export function compareQuantities(a: Quantity, b: Quantity): number {
  return compareNumbers(a.$digits, a.$exponent, b.$digits, b.$exponent);
}

function compareNumbers(a: bigint, aExponent: number, b: bigint, bExponent: number): number {
  const least = Math.min(aExponent, bExponent);
  const x = a * 10n ** BigInt(aExponent - least);
  const y = b * 10n ** BigInt(bExponent - least);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The sum takes the first one's format, unless that is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const format = a.$digits === 0n ? b.$format : a.$format;
  if (a.$is64 && b.$is64) {
    if (b.$digits === 0n) return new Quantity(a.$digits, a.$exponent, format, true);
    if (a.$digits === 0n) return new Quantity(b.$digits, b.$exponent, format, true);
  }
  const exponent = Math.min(a.$exponent, b.$exponent);
  const x = a.$digits * 10n ** BigInt(a.$exponent - exponent);
  const y = b.$digits * 10n ** BigInt(b.$exponent - exponent);
  const is64 = a.$is64 && b.$is64 && fitsInt(x) && fitsInt(y) && fitsInt(x + y);
  return new Quantity(x + y, exponent, format, is64);
}

export function negated({ $digits, $exponent, $format, $is64 }: Quantity): Quantity {
  return new Quantity(-$digits, $exponent, $format, $is64);
}

/** Its value, where Kubernetes gives it as an int: `1k` is one, `1000m` and `1.5Gi` are none. */
export function integerOf({ $digits, $exponent, $is64 }: Quantity): bigint | undefined {
  if (!$is64 || $exponent < 0) return undefined;
  const value = $digits * 10n ** BigInt($exponent);
  return fitsInt(value) ? value : undefined;
}

export function floatOf({ $digits, $exponent }: Quantity): number {
  return Number($digits) * Number(`1e${$exponent}`);
}

/** In Kubernetes' canonical form: no fraction, the largest suffix. */
export function formatQuantity(quantity: Quantity): string {
  const { $digits, $exponent, $format } = quantity;
  if ($digits === 0n) return "0";
  const isSmall = compareNumbers(abs($digits), $exponent, 1024n, 0) < 0;
  if ($format === "binary" && !isSmall) {
    const whole = wholeOf(quantity);
    if (whole !== undefined) return formatBinary(whole);
  }
  let digits = $digits;
  let exponent = $exponent;
  while (digits % 10n === 0n) {
    digits /= 10n;
    exponent++;
  }
  const excess = ((exponent % 3) + 3) % 3;
  digits *= 10n ** BigInt(excess);
  exponent -= excess;
  const suffix = Object.keys(exponents).find((name) => exponents[name] === exponent);
  const written = $format === "exponent" || suffix === undefined ? (exponent === 0 ? "" : `e${exponent}`) : suffix;
  return `${digits}${written}`;
}

function formatBinary(value: bigint): string {
  let digits = value;
  let power = 0;
  while (digits % 1024n === 0n && power < 60) {
    digits /= 1024n;
    power += 10;
  }
  return `${digits}${Object.keys(powers).find((name) => powers[name] === power) ?? ""}`;
}

function wholeOf({ $digits, $exponent }: Quantity): bigint | undefined {
  if ($exponent >= 0) return $digits * 10n ** BigInt($exponent);
  const scale = 10n ** BigInt(-$exponent);
  return $digits % scale === 0n ? $digits / scale : undefined;
}
