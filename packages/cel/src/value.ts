import { type CelList, type CelMap, type CelValue, isCelList, isCelMap, isCelType, isCelUint } from "@bufbuild/cel";

// The evaluator accepts its own list and map types by these symbols. Wrapping
// each object as it is reached costs a fraction of converting the whole
// input first, and lets a JSON integer be a CEL int.
const mapTag: unique symbol = Symbol.for("@bufbuild/cel/map") as never;
const listTag: unique symbol = Symbol.for("@bufbuild/cel/list") as never;

/** A JSON value as a CEL value: whole numbers are ints, other numbers doubles. */
export function toCel(value: unknown): CelValue | undefined {
  switch (typeof value) {
    case "number":
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    case "object":
      if (value === null || value instanceof Uint8Array) return value;
      if (Array.isArray(value)) return new JsonList(value) as unknown as CelList;
      return new JsonMap(value as Readonly<Record<string, unknown>>) as unknown as CelMap;
    case "string":
    case "boolean":
    case "bigint":
      return value;
    default:
      return undefined;
  }
}

class JsonList {
  readonly source: readonly unknown[];

  constructor(source: readonly unknown[]) {
    this.source = source;
  }

  get [listTag](): true {
    return true;
  }

  get size(): number {
    return this.source.length;
  }

  get(index: number): CelValue | undefined {
    return Number.isInteger(index) ? toCel(this.source[index]) : undefined;
  }

  *values(): IterableIterator<CelValue> {
    for (const element of this.source) yield toCel(element) ?? null;
  }

  [Symbol.iterator](): IterableIterator<CelValue> {
    return this.values();
  }
}

class JsonMap {
  readonly source: Readonly<Record<string, unknown>>;

  constructor(source: Readonly<Record<string, unknown>>) {
    this.source = source;
  }

  get [mapTag](): true {
    return true;
  }

  get size(): number {
    return Object.keys(this.source).length;
  }

  // Own fields only: `constructor` and `__proto__` are fields like any other.
  get(key: unknown): CelValue | undefined {
    return typeof key === "string" && Object.hasOwn(this.source, key) ? toCel(this.source[key]) : undefined;
  }

  // Kubernetes does not tell a null field from an absent one, so `has` and `in` do not either.
  has(key: unknown): boolean {
    return typeof key === "string" && Object.hasOwn(this.source, key) && (this.source[key] ?? null) !== null;
  }

  keys(): IterableIterator<string> {
    return Object.keys(this.source).values();
  }

  *values(): IterableIterator<CelValue> {
    for (const key of Object.keys(this.source)) yield toCel(this.source[key]) ?? null;
  }

  *entries(): IterableIterator<[string, CelValue]> {
    for (const key of Object.keys(this.source)) yield [key, toCel(this.source[key]) ?? null];
  }

  forEach(callback: (value: CelValue, key: string, map: unknown) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }

  [Symbol.iterator](): IterableIterator<[string, CelValue]> {
    return this.entries();
  }
}

/** The inverse: see Program.evaluate for how each type comes back. */
export function fromCel(value: CelValue): unknown {
  switch (typeof value) {
    case "bigint":
      return fromInteger(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "string":
    case "boolean":
      return value;
    default:
      return fromObject(value);
  }
}

function fromInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function fromObject(value: CelValue & (object | null)): unknown {
  if (value === null || value instanceof JsonMap || value instanceof JsonList)
    return value === null ? null : value.source;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (isCelUint(value)) return fromInteger(value.value);
  if (isCelList(value)) return Array.from(value, fromCel);
  if (isCelMap(value)) return Object.fromEntries(Array.from(value, ([key, item]) => [mapKey(key), fromCel(item)]));
  if (isCelType(value)) return value.name;
  const { seconds, nanos } = value.message as unknown as Instant;
  return value.desc.typeName === "google.protobuf.Timestamp" ? timestamp(seconds, nanos) : duration(seconds, nanos);
}

const mapKey = (key: unknown): string => (isCelUint(key) ? String(key.value) : String(key));

interface Instant {
  readonly seconds: bigint;
  readonly nanos: number;
}

function timestamp(seconds: bigint, nanos: number): string {
  return new Date(Number(seconds) * 1000).toISOString().replace(".000Z", `${fraction(nanos)}Z`);
}

/** Seconds and nanoseconds of a duration have the same sign. */
function duration(seconds: bigint, nanos: number): string {
  const negative = seconds < 0n || nanos < 0;
  return `${negative ? "-" : ""}${negative ? -seconds : seconds}${fraction(Math.abs(nanos))}s`;
}

const fraction = (nanos: number): string =>
  nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
